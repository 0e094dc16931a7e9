"""Processes that read files, which the services of one test process share.

Each catalogue starts a process for pictures and each search for volumes another one, a third of a core's second
apiece; tests make hundreds of catalogues.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from dashboard.service import pair_catalogue
from fusion.data.picture_reader import PictureReader
from fusion.data.volumes import found_volumes
from fusion.data.volumes.voxel_reader import ReadingLimits, VoxelReader


@contextmanager
def shared_readers() -> Iterator[None]:
    """Let the same processes read for all; one that ends is started again by the next question."""
    kept = cache(PictureReader)

    def reader(limits: ReadingLimits) -> PictureReader:
        is_plain = isinstance(limits, ReadingLimits)  # others are those of a test of limits
        return kept(limits) if is_plain else PictureReader(limits)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair_catalogue, "PictureReader", reader)
        patch.setattr(found_volumes, "VoxelReader", cache(VoxelReader))
        yield
