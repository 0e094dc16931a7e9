"""Guidance that is not finished, on disk: what is known of it, and at which pixels. Never taken for finished."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from flask import Flask

from dashboard.cache.disk import MEMORY_ONLY, checked_cache, is_shape, shaped_images
from saliency import Guidance
from saliency.derivatives.estimated_guidance import EstimatedGuidance

FOLDER = "unfinished-guidance"
ENTRIES = 40
"""Files of at most a few megabytes for pictures of usual size; the oldest goes for a new one."""


class UnfinishedGuidanceStore:
    """By the keys of finished guidance, in a folder of its own, under seals.

    What is estimated is not kept: going on from there takes the rows of tens of pixels as well.
    """

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = checked_cache(server, folder / FOLDER, "Unfinished guidance", ENTRIES)

    def get(self, key: str) -> Guidance | None:
        """What is known under ``key``; None where nothing is, or the file is damaged."""
        content = self._cache.get(key)
        return None if content is None else _unpacked(key, content)

    def put(self, key: str, found: Guidance) -> None:
        """Keep what is known of unfinished guidance under ``key``, unless it is `MEMORY_ONLY`."""
        if found.is_complete or isinstance(found, EstimatedGuidance) or key.startswith(MEMORY_ONLY):
            return
        about = {"key": key, "shape": found.known.shape, "done": found.done, "total": found.total}
        parts = [json.dumps(about).encode() + b"\n", np.packbits(found.known).tobytes()]
        parts += [image.astype("<f4").tobytes() for image in (found.first, found.second)]
        self._cache.set(key, b"".join(parts))

    def discard(self, key: str) -> None:
        """Keep nothing under ``key`` any more."""
        self._cache.delete(key)


def _unpacked(key: str, content: bytes) -> Guidance | None:
    header, _, data = content.partition(b"\n")
    try:
        about = json.loads(header)
        if about["key"] != key:  # a file put in another's place
            return None
        if not is_shape(about["shape"]) or not type(about["done"]) is type(about["total"]) is int:
            return None
        height, width = about["shape"]
        bits = -(-height * width // 8)
        known = np.unpackbits(np.frombuffer(data[:bits], np.uint8), count=height * width).astype(bool)
        images = shaped_images(data[bits:], about["shape"])
        return images and Guidance(*images, known.reshape(height, width), about["done"], about["total"])
    except (ValueError, KeyError, TypeError):  # a file of another program
        return None
