"""Waiting for something to come about, with a limit that no busy machine reaches."""

import time

PATIENCE = 300.0
"""Seconds after which something that is waited for is taken not to come."""


def until(is_so, seconds=PATIENCE, pause=None):
    """Ask until ``is_so()`` gives something that is true, and return it.

    Between two questions ``pause`` is called; without one the interpreter is left to whoever computes.
    """
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, "it never came about"
        if pause:
            pause()
        else:
            time.sleep(0.01)
    return found
