"""Pictures from people who are not known: read in a process of its own, which may take so much memory and time."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.data.picture import MAX_PIXELS, Picture
from fusion.data.volumes.voxel_reader import ReaderEndedError, ReaderProcess, ReadingLimits
from fusion.errors import InputError

LIMITS = ReadingLimits(seconds=20.0, megabytes=900)
logger = logging.getLogger(__name__)


def limits_for(max_pixels: int) -> ReadingLimits:
    """What reading pictures of so many pixels may take: of every kind at most 119 bytes a pixel were measured.

    Examples
    --------
    >>> limits_for(1024 * 1024).megabytes
    428
    """
    return ReadingLimits(seconds=60.0, megabytes=300 + 128 * max_pixels // 2**20)


class PictureReader:
    """Reads one picture after another; a file that ends the decoder ends nothing else."""

    def __init__(self, limits: ReadingLimits = LIMITS) -> None:
        self._process = ReaderProcess(limits)

    def picture(self, path: Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
        """Tell which grey levels and colours a picture file holds; equal to `fusion.data.picture.read_picture`.

        Raises
        ------
        InputError
            As there, or where the decoder died, took too long or more memory than it may.
        """
        file = path.absolute()
        with tempfile.TemporaryDirectory() as folder:
            request = {"ask": "picture", "file": os.fspath(file), "into": folder, "max_pixels": max_pixels}
            told = self._answer(request, str(file), str(path))
            color = _array(Path(folder) / "color.npy") if told["has_color"] else None
            return Picture(_levels(folder), color, tuple(told["remarks"]))

    def levels(self, content: bytes, name: str, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Grey levels (H, W) of the picture file ``content``, which sentences call ``name``.

        Raises
        ------
        InputError
            Its header says another size than ``shape`` (H, W), or it is no picture that can be read, or too much
            for the limits.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "picture"
            file.write_bytes(content)
            request = {"ask": "levels", "file": os.fspath(file), "into": folder, "shape": list(shape)}
            self._answer(request, str(file), name)
            return _levels(folder)

    def _answer(self, request: Mapping[str, object], file: str, called: str) -> dict[str, Any]:
        """The last word of the answer; a refusal names the ``file`` as it is ``called``."""
        answer: dict[str, Any] = {}
        try:
            with closing(self._process.answers(request)) as answers:
                for answer in answers:
                    if "refused" in answer:
                        raise InputError(answer["refused"].replace(file, called))
        except ReaderEndedError as error:
            raise InputError(f"{called} cannot be read: {error}") from error
        return answer

    def close(self) -> None:
        """End the process, if there is one."""
        self._process.close()


def _levels(folder: str) -> NDArray[np.float64]:
    return _array(Path(folder) / "levels.npy")


def _array(file: Path) -> NDArray[Any]:
    """What the process wrote; Python 3.11 may fail where two threads read such headers at once, so once more."""
    try:
        found: NDArray[Any] = np.load(file, allow_pickle=False)
    except SystemError:
        logger.warning("An array's header was not read at first; it is read again.", exc_info=True)
        found = np.load(file, allow_pickle=False)
    return found
