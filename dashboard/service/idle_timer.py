"""Something that is done once nobody has asked for anything for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, Timer

REST = 60.0
"""Seconds without a question after which what is kept for the next one is let go."""


class IdleTimer:
    """Calls ``then`` once, when ``seconds`` have passed since `restart` was called last; for several threads.

    However often it is restarted, one thread waits.

    Parameters
    ----------
    then : callable
        Called in a thread of its own.
    seconds : float

    Examples
    --------
    >>> from threading import Event
    >>> is_idle = Event()
    >>> timer = IdleTimer(is_idle.set, seconds=0.01)
    >>> timer.restart()
    >>> is_idle.wait()
    True
    """

    def __init__(self, then: Callable[[], object], seconds: float = REST) -> None:
        self._seconds, self._then = seconds, then
        self._lock = Lock()
        self._end = 0.0
        self._timer: Timer | None = None

    def restart(self) -> None:
        """Somebody has asked just now."""
        with self._lock:
            self._end = time.monotonic() + self._seconds
            if self._timer is None:
                self._wait(self._seconds)

    def _wait(self, seconds: float) -> None:
        self._timer = Timer(seconds, self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        with self._lock:
            left = self._end - time.monotonic()
            if left > 0:
                self._wait(left)
                return
            self._timer = None
        self._then()
