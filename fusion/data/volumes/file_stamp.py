"""Is a file still the one whose header was read?"""

from __future__ import annotations

from pathlib import Path

from fusion.errors import InputError


def stamp_of(file: Path) -> tuple[int, int]:
    """When a file was written last, in ns, and its size."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size


def check_stamp(file: Path, stamp: tuple[int, int]) -> None:
    """Raise InputError where a file is gone or has changed since its stamp was taken."""
    try:
        same = stamp_of(file) == tuple(stamp)
    except OSError as error:
        raise InputError(f"A file of it cannot be opened ({error.strerror}); copy it there again.") from error
    if not same:
        raise InputError("It has changed since it was listed; open it again.")
