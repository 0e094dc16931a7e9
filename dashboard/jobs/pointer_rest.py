"""Work in the background makes way for a pointer that moves, and for the threads that answer people."""

from __future__ import annotations

import os
import sys
import time
from threading import get_native_id

YIELD_FOR = 0.04
"""Seconds the pointer has to rest before the next part starts …"""
YIELD_AT_MOST = 0.4
"""… and how long a part waits for that at most, unless its kind says otherwise."""
NICENESS = 10
"""How far the worker on parts stands behind the threads that answer people …"""
LEAST = 19
"""… and how far behind everything a thread can stand."""


class PointerRest:
    """When a pointer moved last."""

    def __init__(self) -> None:
        self._moved = 0.0

    def moved(self) -> None:
        """A pointer is moving."""
        self._moved = time.monotonic()

    def wait(self, at_most: float = YIELD_AT_MOST) -> None:
        """Return when the pointer has come to rest, or after so many seconds."""
        deadline = time.monotonic() + at_most
        while time.monotonic() < min(deadline, self._moved + YIELD_FOR):
            time.sleep(0.01)


def lower_priority() -> None:
    """Let the scheduler serve other threads before this one, where threads have priorities of their own.

    The program itself may have been started with less than the usual priority; nobody may raise that again.
    """
    if sys.platform == "linux":
        own = os.getpriority(os.PRIO_PROCESS, os.getpid())
        os.setpriority(os.PRIO_PROCESS, get_native_id(), min(own + NICENESS, LEAST))
