"""Threads that compute in the background; the interpreter must not end while one of them does."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Hashable
from threading import Thread

END_WITHIN = 5.0
"""Seconds that the program waits for what they are in the middle of when it ends."""


class WorkerThreads(dict[Hashable, Thread]):
    """By what they work on; not for several threads at once, but for the queue that has it.

    Parameters
    ----------
    close : callable
        Called when the program ends: it tells the threads to end, and waits for them.
    """

    def __init__(self, close: Callable[[], None]) -> None:
        super().__init__()
        self._close = close

    def employ(self, key: Hashable, name: str, work: Callable[[], None]) -> None:
        """Have a thread do ``work``, unless the one of ``key`` still works."""
        if not self:
            atexit.register(self._close)
        found = self.get(key)
        if found is None or not found.is_alive():
            self[key] = Thread(target=work, name=name, daemon=True)
            self[key].start()

    def join(self) -> None:
        """Wait until they have ended, at most `END_WITHIN` seconds."""
        deadline = time.monotonic() + END_WITHIN
        for thread in list(self.values()):
            thread.join(timeout=max(deadline - time.monotonic(), 0))
