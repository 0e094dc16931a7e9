"""Whether pictures can be read: a process is started for one, as for those of a person."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from threading import Lock

import numpy as np
from PIL import Image

from fusion import InputError
from fusion.data.picture_reader import PictureReader

SIDE = 16
"""Pixels of the picture that is read."""
GOOD_FOR, BAD_FOR = 300.0, 15.0
"""Seconds for which an answer stands: a trial takes a second of a core."""
SENTENCE = (
    "No process that reads pictures can be started: neither folders of pairs nor dropped files can be opened. "
    "The log says why at debug level."
)
logger = logging.getLogger(__name__)


class ReaderTrial:
    """Tries it now and then.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._turn = clock, Lock()
        self._until, self._found = -1.0, ""

    def problem(self) -> str:
        """A sentence where it cannot be done; empty where it can."""
        with self._turn:
            if self._clock() > self._until:
                self._found = "" if _is_read() else SENTENCE
                self._until = self._clock() + (BAD_FOR if self._found else GOOD_FOR)
            return self._found


def _is_read() -> bool:
    levels = np.arange(SIDE * SIDE, dtype=np.uint8).reshape(SIDE, SIDE)
    content = io.BytesIO()
    Image.fromarray(levels).save(content, "png")
    reader = PictureReader()
    try:
        found = reader.levels(content.getvalue(), "the trial's picture", (SIDE, SIDE))
    except (InputError, OSError) as error:
        logger.debug("Why no picture can be read:", exc_info=error)
        return False
    finally:
        reader.close()
    return bool(np.array_equal(found, levels))
