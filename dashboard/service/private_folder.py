"""A temporary folder for this server alone, gone when it ends; one of a killed server goes at the next start."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

PREFIX = "fusevis-dropped-"
_LOCK = "in-use"
logger = logging.getLogger(__name__)


class PrivateFolder:
    """Readable by its owner only; it exists from the first time that it is asked for until it is closed.

    Parameters
    ----------
    inside : Path, optional
        Where it is made; the system's temporary folder if nothing is said.
    """

    def __init__(self, inside: Path | None = None) -> None:
        self._inside = inside or Path(tempfile.gettempdir())
        self._end: weakref.finalize[..., PrivateFolder] | None = None
        self._path: Path | None = None
        _remove_left(self._inside)

    @property
    def free(self) -> int:
        """Bytes that its disk has left."""
        return shutil.disk_usage(self._inside).free

    def path(self) -> Path:
        """Where it is."""
        if self._path is None:
            self._path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._inside))  # mode 0700
            lock = _locked(self._path / _LOCK)
            self._end = weakref.finalize(self, _ended, self._path, lock)
        return self._path

    def close(self) -> None:
        """Remove it with all that is in it."""
        if self._end is not None:
            self._end()
        self._path = self._end = None


def _ended(path: Path, lock: int | None) -> None:
    shutil.rmtree(path, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def _remove_left(inside: Path) -> None:
    """Remove the folders of servers of this user that were ended before they could do so."""
    if sys.platform == "win32":  # where no lock tells whether one still runs
        return
    for left in inside.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if left.is_symlink() or left.stat().st_uid != os.getuid():
                continue
            lock = _locked(left / _LOCK, is_new=False)
            if lock is not None:
                _ended(left, lock)
                logger.info("Dropped files of a server that was killed are removed.")


def _locked(path: Path, *, is_new: bool = True) -> int | None:
    """An open file that no other process has locked; it is unlocked when this one ends, however that happens."""
    if sys.platform == "win32":
        return None
    import fcntl

    opened = os.open(path, os.O_RDWR | (os.O_CREAT | os.O_EXCL if is_new else 0), 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        return None
    return opened
