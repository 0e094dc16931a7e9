"""Bytes that survive a restart: files under a seal that only this computer's owner of the cache can make."""

from __future__ import annotations

import errno
import hashlib
import hmac
import logging
import os
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

logger = logging.getLogger(__name__)

ENDING, PART = ".sealed", ".part"
SEAL = 32
"""Bytes of a seal, and of the key that makes it."""
KEY_FILE = "seal.key"
ABANDONED_AFTER = 600.0
"""Seconds after which a file that is not finished is nobody's: of a full disk, or of a program that was ended."""
ROOM = 0.9
"""Part of the quota that is left after entries had to go, so that not every new one makes others go."""


@dataclass(frozen=True)
class CacheCounts:
    """What a cache was asked for since the program began.

    Attributes
    ----------
    hits, misses : int
        Entries that were there, and that were not; one that is damaged or forged counts as a miss, too.
    refused : int
        Damaged or forged ones.
    evictions : int
        Entries that had to go for others.
    failures : int
        Entries that could not be written.
    """

    hits: int = 0
    misses: int = 0
    refused: int = 0
    evictions: int = 0
    failures: int = 0


@dataclass(frozen=True)
class CacheSize:
    """What a cache takes of the disk."""

    files: int
    bytes: int


class SealedFiles:
    """Entries of bytes by name, each a file; the longest unused go where there are too many or too large ones.

    Parameters
    ----------
    folder : Path
        Of its own; made where it is not there, now and later. OSError where it cannot be made.
    entries, quota : int
        Files, and bytes of all of them, that it holds.
    version : str
        Part of every name: what other code has written is not found.
    """

    def __init__(self, folder: Path, entries: int, quota: int, version: str = "") -> None:
        self.folder, self._entries, self._quota, self._version = folder, entries, quota, version
        self._lock, self._counts = Lock(), CacheCounts()
        self._make_folder()
        self._key = seal_key(folder.parent)
        self._remove_abandoned()

    @property
    def counts(self) -> CacheCounts:
        """What it was asked for."""
        return self._counts

    def size(self) -> CacheSize:
        """What it takes of the disk now."""
        found = [stat.st_size for _, stat in self._found()]
        return CacheSize(len(found), sum(found))

    def get(self, name: str) -> bytes | None:
        """What was set under ``name``; None where nothing is, or where not each bit is as it was set."""
        path = self._path(name)
        try:
            content = path.read_bytes()
        except OSError:
            self._count(misses=1)
            return None
        data = content[SEAL:]
        if not hmac.compare_digest(content[:SEAL], self._seal(name, data)):
            logger.warning("An entry of the cache is damaged or not of this program; it is computed anew.")
            self._count(misses=1, refused=1)
            _remove(path)
            return None
        self._count(hits=1)
        self._touch(path)
        return data

    def set(self, name: str, data: bytes) -> None:
        """Keep ``data`` under ``name``; where that is not possible the log says so, and nothing is kept."""
        if len(data) + SEAL > self._quota:
            return
        part = self.folder / f"{secrets.token_hex(8)}{PART}"
        try:
            try:
                self._write(part, name, data)
            except FileNotFoundError:  # somebody has deleted the folder
                self._make_folder()
                _write_key(self.folder.parent / KEY_FILE, self._key)
                self._write(part, name, data)
            part.replace(self._path(name))
        except OSError:
            self._count(failures=1)
            logger.warning("Something computed cannot be kept in the cache.", exc_info=True)
            _remove(part)
        self._evict()

    def has(self, name: str) -> bool:
        """Whether something is kept under ``name``; whether it can be read is not looked at."""
        return self._path(name).exists()

    def delete(self, name: str) -> None:
        """Keep nothing under ``name`` any more."""
        _remove(self._path(name))

    def _path(self, name: str) -> Path:
        return self.folder / (hashlib.sha256(f"{self._version}|{name}".encode()).hexdigest() + ENDING)

    def _seal(self, name: str, data: bytes) -> bytes:
        """What only who holds the key can write before ``data``, and only under this name and version."""
        digest = hmac.new(
            self._key, f"{len(self._version)}|{self._version}|{len(name)}|{name}|".encode(), "sha256"
        )
        digest.update(data)
        return digest.digest()

    def _write(self, part: Path, name: str, data: bytes) -> None:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(self._seal(name, data))
            file.write(data)

    def _touch(self, path: Path) -> None:
        """Remember when it was used last."""
        try:
            os.utime(path)
        except OSError:  # a cache that may only be read, or another program has let it go
            logger.debug("When a cache's entry was used cannot be noted:", exc_info=True)

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self.folder.chmod(0o700)
        except OSError as error:
            if error.errno != errno.EROFS:  # what can be read there is of use all the same
                raise

    def _remove_abandoned(self) -> None:
        """Remove unfinished files that nobody writes, and what a version before seals has left."""
        for path, found in self._found():
            is_old = time.time() - found.st_mtime > ABANDONED_AFTER
            if path.suffix != ENDING and is_old:
                _remove(path)
        self._evict()

    def _evict(self) -> None:
        """Let the longest unused go until the others keep to the number and the quota."""
        found = sorted(self._found(), key=lambda each: each[1].st_mtime_ns)
        size, count = sum(stat.st_size for _, stat in found), len(found)
        if size <= self._quota and count <= self._entries:
            return
        for path, stat in found:
            if size <= ROOM * self._quota and count <= ROOM * self._entries:
                return
            _remove(path)
            size, count = size - stat.st_size, count - 1
            self._count(evictions=1)

    def _found(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        try:
            with os.scandir(self.folder) as listed:
                for each in listed:
                    try:
                        if each.is_file(follow_symlinks=False):
                            found.append((Path(each.path), each.stat(follow_symlinks=False)))
                    except FileNotFoundError:  # another process has let it go
                        continue
        except FileNotFoundError:
            return []
        return found

    def _count(self, **more: int) -> None:
        with self._lock:
            added = {name: getattr(self._counts, name) + number for name, number in more.items()}
            self._counts = replace(self._counts, **added)


def _remove(path: Path) -> None:
    """Remove a file, if it is there and the disk is not read only."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        logger.debug("A file of the cache cannot be removed:", exc_info=True)


def seal_key(folder: Path) -> bytes:
    """The key beside the caches in ``folder``, which their owner alone may read; made where there is none.

    Where it can be neither read nor written this run has a key of its own, and finds nothing of others.
    """
    path = folder / KEY_FILE
    for _ in range(2):
        key = _read_key(path)
        if key is not None and len(key) == SEAL:
            return key
        _write_key(path, secrets.token_bytes(SEAL))
    logger.warning("There is no key for the cache: what is computed now is not found later.")
    return secrets.token_bytes(SEAL)


def _read_key(path: Path) -> bytes | None:
    """What stands there, closed to others; None where nothing can be read. What is no key is removed."""
    try:
        key = path.read_bytes()
        if len(key) != SEAL:
            path.unlink()
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError:
        logger.debug("The cache's key cannot be read or closed:", exc_info=True)
        return None
    return key


def _write_key(path: Path, key: bytes) -> None:
    """Put a key there, whole, unless another process has just put its own."""
    part = path.with_name(f"{secrets.token_hex(8)}{PART}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        os.link(part, path)
    except OSError:
        logger.debug("The cache's key was not written:", exc_info=True)
    finally:
        _remove(part)
