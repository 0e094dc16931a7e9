"""What all pixels of a pair share of their derivatives, on disk: found in half a minute, read in a moment."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path

import numpy as np
import torch
from flask import Flask
from torch import Tensor

from dashboard.cache.disk import MEMORY_ONLY, checked_cache
from dashboard.cache.source_hash import source_hash
from saliency.network.summary_slopes import SummarySlopes

FOLDER = "summary-slopes"
ENTRIES = 64
"""Pairs; each takes some megabytes."""
LARGEST = 64 * 2**20
"""Bytes of a pair's slopes that are put on disk, before they are packed."""


class SlopesStore:
    """Finished slopes by the key of a view; those found by other code than this are not found again."""

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = checked_cache(server, folder / FOLDER, "What pixels of a pair share", ENTRIES)
        self._code = source_hash()

    def get(self, key: str) -> SummarySlopes | None:
        """What is kept of the view ``key``; None where it is missing or damaged."""
        content = self._cache.get(self._name(key))
        return None if content is None else _unpacked(self._name(key), content)

    def put(self, key: str, slopes: SummarySlopes) -> None:
        """Keep float32 slopes, if they are not kept already, not too large, and not `MEMORY_ONLY`."""
        parts = slopes.maps, slopes.values, slopes.slopes
        is_small = sum(each.nbytes for each in parts) <= LARGEST
        if key.startswith(MEMORY_ONLY) or not is_small or any(each.dtype != torch.float32 for each in parts):
            return
        if not self._cache.has(self._name(key)):
            self._cache.set(self._name(key), _packed(self._name(key), parts))

    def _name(self, key: str) -> str:
        return hashlib.sha256(f"{self._code}|{key}".encode()).hexdigest()


def _packed(name: str, parts: tuple[Tensor, ...]) -> bytes:
    header = json.dumps({"name": name, "shapes": [each.shape for each in parts]}).encode()
    data = b"".join(each.detach().cpu().numpy().astype("<f4").tobytes() for each in parts)
    return header + b"\n" + zlib.compress(data, level=1)  # many planes are 0


def _unpacked(name: str, content: bytes) -> SummarySlopes | None:
    header, _, data = content.partition(b"\n")
    try:
        about = json.loads(header)
        if about["name"] != name:  # a file put in another's place
            return None
        values = np.frombuffer(zlib.decompress(data), dtype="<f4").astype(np.float32)
        ends = np.cumsum([int(np.prod(shape)) for shape in about["shapes"]])
        parts = np.split(values, ends[:-1])
        shaped = [
            torch.from_numpy(part.reshape(shape)) for part, shape in zip(parts, about["shapes"], strict=True)
        ]
        return SummarySlopes(*shaped) if np.isfinite(values).all() else None
    except (ValueError, KeyError, TypeError, RuntimeError, zlib.error):  # a file of another program
        return None
