"""Memory that is given back: how many pools the C library's allocator keeps for the server's threads."""

from __future__ import annotations

import ctypes
import sys

ARENA_MAX = -8
"""glibc's number for the setting ``M_ARENA_MAX`` of ``mallopt``."""
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
