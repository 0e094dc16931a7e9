"""Memory given back to the system: how many pools the C library keeps for threads, and what lies unused."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

ARENA_MAX = -8
"""glibc's number for the setting ``M_ARENA_MAX`` of ``mallopt``."""
PERIOD = 15.0
"""Seconds between two times that unused memory is given back."""
ARENAS = 2
"""Pools for all threads together: one a core."""


def limit_arenas(count: int = ARENAS) -> bool:
    """Let all threads take memory from ``count`` pools; whether the C library can do that (glibc).

    Left alone, glibc gives each of the server's threads a pool of its own, and each grows to the largest
    that its thread ever needed: hundreds of megabytes that nobody uses, filled only over thousands of
    requests. To be called before the threads start.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(ARENA_MAX, count) == 1


def trim() -> bool:
    """Give unused memory back to the system; whether the C library can do that (glibc).

    What a long computation freed stays with the program otherwise: gigabytes after a network that sees the whole
    image.
    """
    if not sys.platform.startswith("linux"):
        return False
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is None:
        return False
    malloc_trim(0)
    return True


@contextmanager
def trimmed(period: float = PERIOD) -> Iterator[None]:
    """Within the block, give unused memory back every ``period`` seconds, in a thread of its own."""
    is_over = Event()

    def work() -> None:
        while trim() and not is_over.wait(period):
            pass

    thread = Thread(target=work, name="memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
