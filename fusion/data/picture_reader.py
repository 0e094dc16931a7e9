"""Pictures from people who are not known: read in a process of its own, which may take so much memory and time."""

from __future__ import annotations

import os
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion.data.volumes.voxel_reader import ReaderEndedError, ReaderProcess, ReadingLimits
from fusion.errors import InputError

LIMITS = ReadingLimits(seconds=20.0, megabytes=900)


class PictureReader:
    """Reads grey levels of one picture after another; a file that ends the decoder ends nothing else."""

    def __init__(self, limits: ReadingLimits = LIMITS) -> None:
        self._process = ReaderProcess(limits)

    def levels(self, content: bytes, name: str, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Grey levels (H, W) of the picture file ``content``, which sentences call ``name``.

        Raises
        ------
        InputError
            Its header says another size than ``shape`` (H, W), or it is no picture that can be read, or too much
            for the limits.
        """
        with tempfile.TemporaryDirectory() as folder:
            file, into = Path(folder) / "picture", Path(folder) / "levels.npy"
            file.write_bytes(content)
            request = {"ask": "levels", "file": os.fspath(file), "into": os.fspath(into), "shape": list(shape)}
            try:
                with closing(self._process.answers(request)) as answers:
                    for answer in answers:
                        if "refused" in answer:
                            raise InputError(answer["refused"].replace(str(file), name))
            except ReaderEndedError as error:
                raise InputError(f"{name} cannot be read: {error}") from error
            found: NDArray[np.float64] = np.load(into, allow_pickle=False)
            return found

    def close(self) -> None:
        """End the process, if there is one."""
        self._process.close()
