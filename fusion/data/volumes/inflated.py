"""A compressed file, inflated as far as it was asked for, into a file without a name."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryFile

_PART = 2**20  # bytes at a time


class Inflated:
    """Reads what a gzip file holds from ``start`` on in any order, and inflates each byte once."""

    def __init__(self, file: Path, start: int) -> None:
        self._packed = gzip.open(file)  # noqa: SIM115  (open as long as parts are asked for)
        self._packed.seek(start)
        self._kept = TemporaryFile()  # noqa: SIM115
        self._start, self._done, self._at = start, 0, 0

    def seek(self, place: int) -> None:
        """Go to a place of the inflated file, at ``start`` or behind."""
        self._at = place - self._start

    def read(self, size: int) -> bytes:
        """So many bytes, fewer where the file ends."""
        self._inflate(self._at + size)
        self._kept.seek(self._at)
        return self._kept.read(size)

    def _inflate(self, end: int) -> None:
        self._kept.seek(self._done)
        while self._done < end and (part := self._packed.read(min(_PART, end - self._done))):
            self._done += self._kept.write(part)
