"""Computed guidance that survives a restart: raw bytes under a seal, never pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from numpy.typing import NDArray

from dashboard.cache.sealed_files import SealedFiles
from dashboard.cache.source_hash import source_hash
from fusion import InputError

FOLDER = "guidance-images"
"""A folder of our own inside the chosen one: the cache deletes old files, and only its own may be there."""
ENTRIES = 400
"""Files that a cache holds, if nothing else is said …"""
QUOTA = 2**30
"""… and bytes of all of them."""
SLICES = 4000
"""Guidance that is kept: of some twenty series of two hundred slices, half a megabyte each at 256 × 256."""
MEMORY_ONLY = "memory-"
"""What stands under keys that begin so is never written to the disk."""
CACHES = "fusevis-caches"
"""Under this name the Flask server's ``extensions`` hold its caches by their folders' names: what they count."""
LARGEST_SIDE = 2**16
"""Of an image that is read back."""
Images = tuple[NDArray[np.float32], NDArray[np.float32]]


def checked_cache(
    server: Flask, folder: Path, what: str, entries: int = ENTRIES, quota: int = QUOTA, *, is_of_code: bool = True
) -> SealedFiles:
    """A cache of so many ``entries`` and bytes in ``folder``, which its owner alone may read.

    ``is_of_code``: whether what other code than this has written is not to be found.

    Raises
    ------
    InputError
        The folder cannot be made; the sentence says that ``what`` cannot be kept there.
    """
    try:
        found = SealedFiles(folder, entries, quota, source_hash() if is_of_code else "")
    except OSError as error:
        raise InputError(
            f"{what} cannot be kept in {folder} ({error.strerror}); choose another folder with --cache."
        ) from error
    server.extensions.setdefault(CACHES, {})[folder.name] = found
    return found


def shaped_images(data: bytes, shape: Any) -> Images | None:
    """Two float32 images of a ``shape`` (H, W) from ``data``; None where they are not that.

    Values may be NaN or infinite: where a derivative is undefined (√ at 0) that is what was computed, and the
    seal tells that nobody else has written it.
    """
    if not is_shape(shape) or len(data) != 8 * shape[0] * shape[1]:
        return None
    first, second = np.frombuffer(data, dtype="<f4").reshape(2, *shape).astype(np.float32)
    return first, second


def is_shape(shape: Any) -> bool:
    """Whether it is two whole numbers that an image's sides can be."""
    is_pair = isinstance(shape, list) and len(shape) == 2 and all(type(side) is int for side in shape)
    return is_pair and all(0 < side <= LARGEST_SIDE for side in shape)


class GuidanceStore:
    """Finished guidance images on disk, by a key that hashes everything they came from."""

    def __init__(self, server: Flask, folder: Path, quota: int = 8 * QUOTA) -> None:
        self._cache = checked_cache(server, folder / FOLDER, "Computed guidance", SLICES, quota)

    def get(self, key: str) -> Images | None:
        """Both guidance images kept under ``key``, or None where they are missing or damaged."""
        content = self._cache.get(key)
        return None if content is None else _unpacked(key, content)

    def put(self, key: str, images: Images) -> None:
        """Keep two float32 (H, W) images under ``key``, unless it is `MEMORY_ONLY`."""
        if key.startswith(MEMORY_ONLY):
            return
        header = json.dumps({"key": key, "shape": images[0].shape}).encode() + b"\n"
        self._cache.set(key, header + b"".join(image.astype("<f4").tobytes() for image in images))

    def has(self, key: str) -> bool:
        """Whether something is kept under ``key``; whether it can be read is not looked at."""
        return self._cache.has(key)

    def discard(self, key: str) -> None:
        """Keep nothing under ``key`` any more."""
        self._cache.delete(key)


def _unpacked(key: str, content: bytes) -> Images | None:
    header, _, data = content.partition(b"\n")
    try:
        about = json.loads(header)
        if about["key"] != key:  # a file put in another's place
            return None
        return shaped_images(data, about["shape"])
    except (ValueError, KeyError, TypeError):  # a file of another program
        return None
