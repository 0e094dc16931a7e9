"""Which pairs can be opened, by an id that stands in the address."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dashboard.cache.lru import LRUCache
from dashboard.server.error_handler import NotHereError
from dashboard.service.pair_changes import PairChanges, changes_of, plain_id
from dashboard.service.shown_paths import shown_without, without_folders
from fusion import ImagePair, InputError, PairFiles, nightscene, phantom, read_collection
from fusion.data.collection import Collection, SliceFiles
from fusion.data.naming import case_and_slice
from fusion.data.picture import MAX_PIXELS
from fusion.data.picture_reader import PictureReader, limits_for

logger = logging.getLogger(__name__)
REASONS = 3
"""Sentences of why volumes were refused that stand on the page."""
KEPT = 16
"""Pairs held in memory …"""
KEPT_BYTES = 512 * 2**20
"""… and how much they may take together; one is held however large."""


class DropGoneError(NotHereError):
    """What was dropped on a page is not here any more."""


@dataclass(frozen=True)
class PairEntry:
    """A pair that can be opened.

    Attributes
    ----------
    id : str
        Stands in the address, e.g. ``"phantom-3"``, ``"nightscene-1"`` or ``"mri_spect/25045"``.
    group, case, slice : str
        The collection, the patient or scene in it, and the slice; empty where a case is a single picture.
    names : tuple of two str
        The modalities, known before a file is opened.
    read : callable
        Reads the pair; raises InputError where its files cannot be used.
    change : str
        What was done to the pair of the files, in a few words; empty where nothing was.
    is_volume : bool
        Whether it is a slice of volumes.
    is_at_hand : callable
        Whether it can be read without decoding a whole volume.
    drop : str
        The secret of the drop that it is of; empty where it was there when the dashboard was started.
    small : callable or None
        Draws a generated pair in few pixels, for its thumbnail: whole, it takes a core up to two seconds.

    Examples
    --------
    >>> PairEntry("mri_pet/25045", "mri_pet", "25", "045", ("MRI", "PET"), lambda: None).path
    'mri_pet / 25 / 045'
    """

    id: str
    group: str
    case: str
    slice: str
    names: tuple[str, str]
    read: Callable[[], ImagePair]
    change: str = ""
    is_volume: bool = False
    is_at_hand: Callable[[], bool] = lambda: True
    drop: str = ""
    small: Callable[[], ImagePair] | None = None

    @property
    def is_generated(self) -> bool:
        """Whether no file holds it."""
        return self.group in (PHANTOMS, NIGHTSCENES)

    @property
    def title(self) -> str:
        """Which picture of its collection it is: case and slice."""
        return " / ".join(part for part in (self.case, self.slice) if part)

    @property
    def path(self) -> str:
        """Collection, case, slice and change: no other pair is called so. A generated one's name says its own."""
        path = self.title if self.is_generated else f"{self.group} / {self.title}"
        return f"{path} · {self.change}" if self.change else path

    def open(self) -> ImagePair:
        """The pair, called by its path; raises as ``read``."""
        return replace(self.read(), title=self.path)

    def read_small(self) -> ImagePair:
        """The pair for a thumbnail, in fewer pixels where that is cheaper; raises as ``read``."""
        return (self.small or self.read)()


class Catalogue:
    """The generated examples and a person's own pairs; opens them on demand and keeps the latest in memory.

    ``remarks`` has a sentence for each folder with pictures that found no partner, and why volumes were refused.
    ``same_space``: volumes paired by their names lie in one space where their files do not say so. ``unlisted``
    finds pairs that only who knows their id may open, ``dropped_with`` those of a drop, by its secret.
    Picture files are read in a process of their own: one that ends its decoder ends nothing else.
    """

    def __init__(
        self,
        phantoms: int,
        folders: tuple[Path, ...] = (),
        max_pixels: int = MAX_PIXELS,
        nightscenes: int = 0,
        *,
        same_space: bool = False,
        unlisted: Callable[[str], PairEntry | None] = lambda _: None,
        dropped_with: Callable[[str], Iterable[PairEntry]] = lambda _: (),
    ) -> None:
        self._unlisted, self._dropped_with = unlisted, dropped_with
        pictures = PictureReader(limits_for(max_pixels))
        self._entries = {entry.id: entry for entry in (*_phantoms(phantoms), *_nightscenes(nightscenes))}
        self.remarks: tuple[str, ...] = ()
        for folder in folders:
            collection = read_collection(folder, same_space=same_space)
            for files in collection:
                entry = entry_of(files, self._entries, max_pixels, pictures)
                entry = replace(entry, read=partial(_shown, entry.read, folder))
                self._entries[entry.id] = entry
            self.remarks += tuple(without_folders(each, (folder,)) for each in remarks_of(folder, collection))
        self._read: LRUCache[ImagePair] = LRUCache(KEPT, bytes_of, KEPT_BYTES)

    @property
    def entries(self) -> tuple[PairEntry, ...]:
        """Every pair, a person's own first."""
        return tuple(sorted(self._entries.values(), key=lambda entry: entry.is_generated))

    def pair(self, id: str) -> ImagePair:  # noqa: A002  # the word of the address
        """The pair called ``id``, titled by its path; InputError names the nearest where there is none."""
        return self._read.get(id, self.entry(id).open)

    def read_aside(self, id: str) -> ImagePair:  # noqa: A002
        """The same for what no page looks at: it is not kept, and pushes out nothing that is."""
        return self._read.peek(id) or self.entry(id).open()

    def entry(self, id: str) -> PairEntry:  # noqa: A002
        """What is known of the pair ``id`` without opening it; InputError as `pair`, or where a change is none."""
        if id in self._entries:
            return self._entries[id]
        plain, changes = changes_of(id)
        entry = self._entries.get(plain) or self._unlisted(plain)
        if entry is None:
            near = difflib.get_close_matches(plain, self._entries, n=1, cutoff=0.0)
            raise InputError(f"There is no pair called {plain!r}; the nearest is {near[0]!r}.")
        if not changes:
            return entry
        read = partial(_changed, partial(self.pair, plain), changes)
        names = entry.names[::-1] if changes.is_swapped else entry.names
        return replace(entry, id=id, names=names, change=changes.said(names), read=read, small=None)

    def let_go(self) -> None:
        """Hold none of them in memory; who asks for one again reads it again."""
        self._read.clear()

    def slices(self, id: str) -> tuple[str, ...]:  # noqa: A002
        """The pairs of the same case, this one among them, in their order and with what is changed of it."""
        entry, changes = self.entry(id), id.removeprefix(plain_id(id))
        among = self._dropped_with(entry.drop) if entry.drop else self._entries.values()
        return tuple(each.id + changes for each in among if (each.group, each.case) == (entry.group, entry.case))

    def forget(self, beginning: str) -> None:
        """Hold no pair in memory whose id begins so."""
        self._read.discard_where(lambda id_: str(id_).startswith(beginning))

    def is_open(self, id: str) -> bool:  # noqa: A002
        """Whether a pair is held in memory."""
        return id in self._read

    def has(self, id: str) -> bool:  # noqa: A002
        """Whether there is a pair ``id``; it is not opened."""
        return not self.why_absent(id)

    def why_absent(self, id: str) -> str:  # noqa: A002
        """What to say of an address that asks for the pair ``id``; nothing where that is here."""
        try:
            self.entry(id)
        except DropGoneError as error:
            return str(error)
        except InputError as error:
            logger.debug("A pair that is not here:", exc_info=error)
            return f"The address asks for the pair {id!r}, which is not here."
        return ""


def bytes_of(pair: ImagePair) -> int:
    """Memory that the pictures of a pair take."""
    pictures = (pair.first, pair.second, pair.first_color, pair.second_color, *pair.levels)
    return sum(picture.nbytes for picture in pictures if picture is not None)


def remarks_of(folder: Path, collection: Collection) -> tuple[str, ...]:
    """What to say of a folder besides its pairs: what found no partner, and why volumes were refused."""
    if not collection.unpaired:
        return _refusals(collection.refused)
    named = ", ".join(file.name for file in collection.unpaired[:3])
    alone = f"{folder}: no partner for {len(collection.unpaired)} pictures ({named} …)."
    return (alone, *_refusals(collection.refused))


def _refusals(reasons: tuple[str, ...]) -> tuple[str, ...]:
    """The first reasons, and how many more there are."""
    more = len(reasons) - REASONS
    return (*reasons[:REASONS], f"{more} more could not be used.") if more > 0 else reasons


def _shown(read: Callable[[], ImagePair], folder: Path) -> ImagePair:
    with shown_without((folder,)):
        return read()


def _changed(read: Callable[[], ImagePair], changes: PairChanges) -> ImagePair:
    return changes.applied(read())


PHANTOMS = "Phantoms (generated examples)"
NIGHTSCENES = "Night scenes (generated examples)"
_NIGHT = "Visible", "Infrared"
SMALL_PHANTOM = 96
"""Side of a phantom that is drawn for its thumbnail …"""
SMALL_NIGHTSCENE = 72, 96
"""… and rows and columns of a night scene."""


def _phantoms(count: int) -> list[PairEntry]:
    return [
        PairEntry(
            *(f"phantom-{seed}", PHANTOMS, f"Phantom {seed}", "", ("MRI", "PET"), partial(phantom, seed)),
            small=partial(phantom, seed, SMALL_PHANTOM),
        )
        for seed in range(1, count + 1)
    ]


def _nightscenes(count: int) -> list[PairEntry]:
    return [
        PairEntry(
            *(f"nightscene-{seed}", NIGHTSCENES, f"Night scene {seed}", "", _NIGHT, partial(nightscene, seed)),
            small=partial(nightscene, seed, SMALL_NIGHTSCENE),
        )
        for seed in range(1, count + 1)
    ]


def entry_of(files: PairFiles, taken: Container[str], max_pixels: int, pictures: PictureReader) -> PairEntry:
    """A person's own pair, read by ``pictures``; where two go by one name, a number tells them apart."""
    name, more, number = f"{files.group}/{files.title}", "", 1
    while name + more in taken:
        number += 1
        more = f" ({number})"
    case, slice_ = case_and_slice(files.title)
    parts = (case, slice_ + more) if slice_ else (case + more, "")
    read = partial(files.read, max_pixels=max_pixels, read=pictures.picture)
    entry = PairEntry(name + more, files.group, *parts, files.names, read)
    if not isinstance(files, SliceFiles):
        return entry
    volumes = files.volumes
    return replace(entry, is_volume=True, is_at_hand=lambda: volumes.is_open)
