"""Streams of guidance whose passes a test lets through, and waiting for them."""

from threading import Event, Semaphore

import numpy as np

from saliency import Guidance
from tests.support.waiting import PATIENCE, until

PASSES = 4


class Stream:
    """A stream whose passes are let through one by one; it writes into its own arrays, as the real one does."""

    def __init__(self, value=1.0, log=None, passes=PASSES, is_open=True):
        self.value, self.log, self.passes = value, log if log is not None else [], passes
        self.started, self.ended = 0, Event()
        self.gate = Semaphore(1000 if is_open else 0)
        self.first = np.full((2, passes), np.nan, dtype=np.float32)

    def __call__(self):
        self.started += 1
        return self._run()

    def _run(self):
        known = np.zeros(self.first.shape, dtype=bool)
        try:
            for done in range(1, self.passes + 1):
                assert self.gate.acquire(timeout=PATIENCE)
                self.first[:, done - 1] = self.value * done
                known[:, done - 1] = True
                self.log.append((self.value, done))
                yield Guidance(self.first, -self.first, known, done, self.passes)
        finally:
            self.ended.set()


def finished(queue, key, stream):
    """Ask as the page does until the guidance is complete or has failed."""
    return asked_until(lambda snapshot: snapshot.is_complete or snapshot.failure, queue, key, stream)


def beyond(queue, key, stream, done):
    """Ask until more than ``done`` passes are made."""
    return asked_until(lambda snapshot: snapshot.done > done, queue, key, stream)


def asked_until(is_enough, queue, key, stream):
    """The first answer that is enough."""

    def ask():
        snapshot = queue.ask(key, stream)
        if is_enough(snapshot):
            return snapshot
        queue.wait(key, snapshot.done, 0.2)
        return None

    return until(ask)
