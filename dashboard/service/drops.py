"""Pictures that were dropped on a page: taken within limits, known to who has their secret, gone after a while."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import BinaryIO

from dashboard.service.dropped_files import DroppedFiles, ToldFile
from dashboard.service.dropped_names import safe_paths
from dashboard.service.dropped_pairs import DROPPED, DroppedPairs, UndeclaredError, read_dropped
from dashboard.service.pair_catalogue import DropGoneError, PairEntry
from dashboard.service.private_folder import PrivateFolder
from fusion import InputError
from fusion.data.picture import MAX_PIXELS
from fusion.data.picture_reader import PictureReader, limits_for
from fusion.data.volumes.voxel_reader import VoxelReader

logger = logging.getLogger(__name__)
_GONE = "What was dropped is not here any more: it was removed, or the server was started again; drop it anew."
_LOOKS = 60.0
"""Seconds between two looks for what has lasted long enough."""


@dataclass(frozen=True)
class DropLimits:
    """What is taken.

    Attributes
    ----------
    files, size : int
        Of one drop; size in bytes.
    drops, all_size : int
        Held at a time, and their bytes together.
    spare : int
        Bytes of the disk that are left to others.
    lasts : float
        Seconds after which a drop that nobody opened is removed …
    waits : float
        … and one that never became whole.
    """

    files: int = 4000
    size: int = 2**30
    drops: int = 64
    all_size: int = 4 * 2**30
    spare: int = 2**30
    lasts: float = 8 * 3600.0
    waits: float = 600.0


@dataclass(eq=False)
class _Drop:
    files: DroppedFiles
    touched: float
    owner: str | None
    found: DroppedPairs | None = None
    turn: Lock = field(default_factory=Lock)


class Drops:
    """All that was dropped on the pages of one server.

    Parameters
    ----------
    limits : DropLimits
    max_pixels : int
        Of a picture.
    forgotten : callable
        Told the beginning of the ids of pairs that are gone.
    asker : callable
        Who asks now, and may see their own drops alone; None for the program itself, and where nobody signs on.
    inside : Path, optional
        Where files are kept, instead of the system's temporary folder.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        limits: DropLimits | None = None,
        max_pixels: int = MAX_PIXELS,
        forgotten: Callable[[str], None] = lambda _: None,
        asker: Callable[[], str | None] = lambda: None,
        inside: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or DropLimits()
        self._max_pixels, self._forgotten, self._clock = max_pixels, forgotten, clock
        self._asker = asker
        self._folder, self._reader = PrivateFolder(inside), VoxelReader()
        self._pictures = PictureReader(limits_for(max_pixels))  # apart: what is dropped may take its time
        self._drops: dict[str, _Drop] = {}
        self._lock, self._end = Lock(), Event()
        self._sweeper: Thread | None = None

    def begin(self, number: int, files: Sequence[tuple[str, int]]) -> str:
        """Make room for ``files`` (path and bytes each), which their owner counts as drop ``number``; its secret.

        Raises
        ------
        InputError
            They are too many, too large, or none; or others take the room.
        """
        self.sweep()
        size = sum(each for _, each in files)
        self._check(len(files), size)
        secret = secrets.token_urlsafe(16)
        paths = safe_paths(name for name, _ in files)
        told = [ToldFile(path, length) for path, (_, length) in zip(paths, files, strict=True)]
        with self._lock:
            self._check_room(size)
            root = self._folder.path() / secret / f"Dropped {number}"
            root.mkdir(parents=True)
            self._drops[secret] = _Drop(DroppedFiles(root, told), self._clock(), self._asker())
            self._begin_to_sweep()
        return secret

    def take(self, secret: str, at: int, stream: BinaryIO, length: int) -> int:
        """Take the next bytes of a drop; see `DroppedFiles.take`."""
        drop = self._drop(secret)
        drop.touched = self._clock()
        return drop.files.take(at, stream, length)

    def pairs(self, secret: str, *, same_space: bool = False) -> DroppedPairs:
        """What a whole drop holds; raises as `read_dropped`, and the drop is removed unless a word may help."""
        drop = self._drop(secret)
        with drop.turn:
            if drop.found is not None:
                return drop.found
            if not drop.files.is_complete:
                raise InputError("Not all files have come; drop them again.")
            try:
                drop.found = read_dropped(
                    drop.files.folder,
                    secret,
                    self._max_pixels,
                    self._reader,
                    self._pictures,
                    same_space=same_space,
                )
            except UndeclaredError:
                raise
            except Exception:
                self.remove(secret)
                raise
        drop.touched = self._clock()
        logger.info("%d files were dropped; they make %d pairs.", len(drop.files.files), len(drop.found.entries))
        return drop.found

    def entries(self, secrets_: Iterable[str]) -> tuple[PairEntry, ...]:
        """The pairs of those of these drops that are here."""
        known = (self._seen(each) for each in dict.fromkeys(secrets_))
        return tuple(entry for drop in known if drop and drop.found for entry in drop.found.entries)

    def entry(self, pair_id: str) -> PairEntry | None:
        """The pair with that id, which is in use from now on; None where it is none of a drop.

        Raises
        ------
        InputError
            It was one of a drop, and is gone.
        """
        secret, _, number = pair_id.removeprefix(DROPPED).partition("/")
        if not pair_id.startswith(DROPPED) or not number:
            return None
        drop = self._seen(secret)
        entries = drop.found.entries if drop and drop.found else ()
        if drop is None or not (number.isascii() and number.isdigit() and 0 < int(number) <= len(entries)):
            raise DropGoneError(_GONE)
        drop.touched = self._clock()
        return entries[int(number) - 1]

    def content_hash(self, secret: str) -> str:
        """SHA-256 of all bytes of a drop, one file after the other."""
        return self._drop(secret).files.content_hash

    def remove_own(self, secret: str) -> None:
        """Remove a drop of who asks; nothing where it is gone."""
        if self._seen(secret):
            self.remove(secret)

    def remove(self, secret: str) -> None:
        """Remove a drop with its files, whoever asks; nothing where it is gone."""
        with self._lock:
            drop = self._drops.pop(secret, None)
        if drop is not None:
            drop.files.remove()
            self._forgotten(f"{DROPPED}{secret}/")

    def sweep(self) -> None:
        """Remove what has lasted long enough."""
        now = self._clock()
        for secret, drop in list(self._drops.items()):
            limit = self.limits.waits if drop.found is None else self.limits.lasts
            if now - drop.touched > limit:
                self.remove(secret)

    def close(self) -> None:
        """Remove everything."""
        self._end.set()
        for secret in list(self._drops):
            self.remove(secret)
        self._reader.close()
        self._pictures.close()
        self._folder.close()

    def _drop(self, secret: str) -> _Drop:
        drop = self._seen(secret)
        if drop is None:
            raise DropGoneError(_GONE)
        return drop

    def _seen(self, secret: str) -> _Drop | None:
        """The drop, if it is here and who asks may know."""
        drop, asker = self._drops.get(secret), self._asker()
        return drop if drop and asker in (None, drop.owner) else None

    def _check(self, count: int, size: int) -> None:
        if not count:
            raise InputError("Nothing that can be read was dropped; drop pictures, volumes, or a folder of them.")
        if count > self.limits.files:
            raise InputError(f"{count:,} files were dropped, more than {self.limits.files:,}; drop fewer.")
        if size > self.limits.size:
            raise InputError(
                f"The files have {_megabytes(size)} MB, more than {_megabytes(self.limits.size)}; drop fewer, or "
                "start the dashboard with --pairs and their folder."
            )

    def _check_room(self, size: int) -> None:
        held = sum(each.files.total for each in self._drops.values())
        is_full = held + size > self.limits.all_size or len(self._drops) >= self.limits.drops
        if is_full or self._folder.free < size + self.limits.spare:
            raise InputError("There is no room for more dropped pictures on this server; remove some, or wait.")

    def _begin_to_sweep(self) -> None:
        if self._sweeper is None:
            self._sweeper = Thread(target=self._sweep_on, name="dropped pictures", daemon=True)
            self._sweeper.start()

    def _sweep_on(self) -> None:
        while not self._end.wait(_LOOKS):
            self.sweep()


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f}"
