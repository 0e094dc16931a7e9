"""A file that one process at a time may write, or whose lock says that one does what others leave to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def locked(path: Path) -> Iterator[BinaryIO]:
    """The file at ``path``, for its owner only, to be read and appended to; others wait until the block ends."""
    with _opened(path) as file:
        _lock(file)
        try:
            yield file
        finally:
            file.flush()
            _unlock(file)


def taken(path: Path) -> BinaryIO | None:
    """The file at ``path``, locked until `given_back` or until this process ends; None where another has it."""
    while True:
        file = _opened(path)
        if not _lock_now(file):
            file.close()
            return None
        if _is_at(path, file):
            return file
        file.close()  # who had it before has removed it since it was opened here


def given_back(path: Path, file: BinaryIO) -> None:
    """Remove a file that was `taken`, and let others have it."""
    if sys.platform == "win32":
        file.close()  # what is open cannot be removed there
    with suppress(OSError):  # somebody has it again, or has removed the folder
        path.unlink()
    file.close()


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "rb+")


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    _FAR = 2**62  # a lock keeps others from reading there: it lies behind all that is written

    def _lock(file: BinaryIO) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)

    def _lock_now(file: BinaryIO) -> bool:
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _lock_now(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
