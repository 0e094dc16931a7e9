"""Computed guidance that survives a restart: raw bytes with a checksum, never pickle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import IO, Any

import numpy as np
from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache
from flask_caching.backends.filesystemcache import FileSystemCache
from numpy.typing import NDArray

from fusion import InputError

FOLDER = "guidance-images"
"""A folder of our own inside the chosen one: the cache deletes old files, and only its own may be there."""
ENTRIES = 400
"""Files that a cache holds, if nothing else is said."""
SLICES = 4000
"""Guidance that is kept: of some twenty series of two hundred slices, half a megabyte each at 256 × 256."""
MEMORY_ONLY = "memory-"
"""What stands under keys that begin so is never written to the disk."""
Images = tuple[NDArray[np.float32], NDArray[np.float32]]


class CheckedBytes(BaseSerializer):
    """Writes bytes behind their SHA-256; whatever does not match it when read is as if it were not there."""

    def dump(self, value: Any, f: IO[bytes], protocol: int = 0) -> None:  # noqa: ARG002  # as its base has it
        """Write ``value`` (bytes; flask-caching also keeps a count of its files, an int)."""
        data = b"i" + str(value).encode() if isinstance(value, int) else b"b" + value
        f.write(hashlib.sha256(data).digest() + data)

    def load(self, f: IO[bytes]) -> Any:
        """The value, or None where a single bit differs from what was written."""
        content = f.read()
        digest, data = content[:32], content[32:]
        if hashlib.sha256(data).digest() != digest:
            return None
        return int(data[1:]) if data[:1] == b"i" else data[1:]


class CheckedFiles(FileSystemCache):
    """flask-caching's file system cache with `CheckedBytes` in place of pickle."""

    serializer = CheckedBytes()  # type: ignore[assignment]  # cachelib names its own class, not the base

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> CheckedFiles:
        """Build the cache from flask-caching's configuration."""
        del app, args
        return cls(cache_dir=config["CACHE_DIR"], threshold=config["CACHE_THRESHOLD"], **kwargs)


def checked_cache(server: Flask, folder: Path, what: str, entries: int = ENTRIES) -> Cache:
    """A cache of so many ``entries`` in ``folder``, which its owner alone may read.

    Raises
    ------
    InputError
        The folder cannot be made; the sentence says that ``what`` cannot be kept there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise InputError(
            f"{what} cannot be kept in {folder} ({error.strerror}); choose another folder with --cache."
        ) from error
    config = {
        "CACHE_TYPE": "dashboard.cache.disk.CheckedFiles",
        "CACHE_DIR": str(folder),
        "CACHE_THRESHOLD": entries,
        "CACHE_DEFAULT_TIMEOUT": 0,
    }
    return Cache(server, config=config)


class GuidanceStore:
    """Finished guidance images on disk, by a key that hashes everything they came from."""

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = checked_cache(server, folder / FOLDER, "Computed guidance", SLICES)
        self._server = server

    def get(self, key: str) -> Images | None:
        """Both guidance images kept under ``key``, or None where they are missing or damaged."""
        with self._server.app_context():
            content = self._cache.get(key)
        return None if content is None else _unpacked(key, content)

    def put(self, key: str, images: Images) -> None:
        """Keep two float32 (H, W) images under ``key``, unless it is `MEMORY_ONLY`."""
        if key.startswith(MEMORY_ONLY):
            return
        header = json.dumps({"key": key, "shape": images[0].shape}).encode() + b"\n"
        with self._server.app_context():
            self._cache.set(key, header + b"".join(image.astype("<f4").tobytes() for image in images), timeout=0)

    def discard(self, key: str) -> None:
        """Keep nothing under ``key`` any more."""
        with self._server.app_context():
            self._cache.delete(key)


def _unpacked(key: str, content: bytes) -> Images | None:
    header, _, data = content.partition(b"\n")
    try:
        about = json.loads(header)
        if about["key"] != key:  # a file put in another's place
            return None
        first, second = np.frombuffer(data, dtype="<f4").reshape(2, *about["shape"]).astype(np.float32)
    except (ValueError, KeyError, TypeError):  # a file of another program
        return None
    return first, second
