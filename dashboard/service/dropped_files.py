"""The files of one drop, as they come from a browser: one stream of bytes, cut by sizes that were told before."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any, BinaryIO

from fusion import InputError

PIECE = 4 * 2**20
"""Bytes of a request at most."""
_READ = 2**18


@dataclass(frozen=True)
class ToldFile:
    """A file that a browser is about to send: where it is to lie, and how many bytes it has."""

    path: PurePosixPath
    size: int


@dataclass(eq=False)
class DroppedFiles:
    """A folder that is filled with files in the order told; no byte goes anywhere else.

    Attributes
    ----------
    folder : Path
        Exists already, for nobody else to read.
    files : sequence of ToldFile
    received : int
        Bytes so far, of all files together.
    """

    folder: Path
    files: Sequence[ToldFile]
    received: int = 0
    _turn: Lock = field(default_factory=Lock, repr=False)
    _begun: int = 0  # files that exist
    _left: int = 0  # bytes of the last of them that are to come
    _is_removed: bool = False
    _hash: Any = field(default_factory=hashlib.sha256, repr=False)

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(each.size for each in self.files)

    @property
    def is_complete(self) -> bool:
        """Whether every file is there."""
        return self.received == self.total and self._begun == len(self.files)

    @property
    def content_hash(self) -> str:
        """SHA-256 of the bytes so far, one file after the other."""
        return self._hash.hexdigest()

    def take(self, at: int, stream: BinaryIO, length: int) -> int:
        """Write the next ``length`` bytes of ``stream``, which begin ``at`` that byte; how many there are now.

        Raises
        ------
        InputError
            They are not the next ones, or more than were told; or the disk takes no more.
        """
        with self._turn:
            is_next = at == self.received and 0 <= length <= min(PIECE, self.total - self.received)
            if self._is_removed or not is_next:
                raise InputError("These bytes are not the next ones of what was announced; drop the files again.")
            left = length
            try:
                self._go_on()
                while left and (block := stream.read(min(_READ, left))):
                    self._write(block)
                    left -= len(block)
            except OSError as error:
                raise InputError(f"The files cannot be kept ({error.strerror}); drop fewer.") from error
            if left:
                raise InputError("The connection ended amid a file; drop the files again.")
            return self.received

    def remove(self) -> None:
        """Remove the folder and the one around it, which is its own."""
        with self._turn:
            self._is_removed = True
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _write(self, block: bytes) -> None:
        """Append to the file that is open, and to those behind it."""
        view = memoryview(block)
        while view:
            here = view[: self._left]
            with (self.folder / self.files[self._begun - 1].path).open("ab") as file:
                file.write(here)
            self._hash.update(here)
            self.received += len(here)
            self._left -= len(here)
            view = view[len(here) :]
            self._go_on()

    def _go_on(self) -> None:
        """Create the next file where the one before is whole; of files without a byte all that are next."""
        while self._left == 0 and self._begun < len(self.files):
            told = self.files[self._begun]
            path = self.folder / told.path
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._begun, self._left = self._begun + 1, told.size
