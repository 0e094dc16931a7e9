"""The end of the program while threads still compute.

The interpreter stops a daemon thread when it returns from torch, and C++ answers with "terminate called": the
program would end as aborted.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from contextlib import suppress

END_WITHIN = 5.0
"""Seconds that computations have to come to their end."""


def end_threads(within: float = END_WITHIN) -> None:
    """Wait for the daemon threads; where one goes on, or Ctrl-C is pressed again, end the process with code 0.

    What was to be done later is not done any more: nobody waits for a timer.
    """
    deadline = time.monotonic() + within
    others = [each for each in threading.enumerate() if each.daemon and each is not threading.current_thread()]
    for each in others:
        if isinstance(each, threading.Timer):
            each.cancel()
    with suppress(KeyboardInterrupt):
        for each in others:
            each.join(timeout=max(deadline - time.monotonic(), 0))
    if any(each.is_alive() for each in others):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
