"""What the tests of files share: a way to write one."""

import itertools
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from fusion.data.volumes.voxel_reader import VoxelReader


@pytest.fixture
def write(tmp_path):
    """Write bytes, an array or a Pillow picture to a new file and return its path."""
    counter = itertools.count()

    def write(content, suffix=".png", **options):
        path = tmp_path / f"{next(counter)}{suffix}"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            picture = Image.fromarray(content) if isinstance(content, np.ndarray) else content
            picture.save(path, **options)
        return path

    return write


@pytest.fixture(scope="session")
def reader():
    """Processes that read volumes; where one is ended or dies, the next question starts it again."""
    with closing(VoxelReader()) as reader:
        yield reader
