"""Examinations of networks: one at a time, each in a process of its own; what they found is kept."""

from __future__ import annotations

import logging
from collections import deque
from threading import Lock, Thread

from dashboard.cache.examination_cache import ExaminationCache
from dashboard.service.network_pool import NetworkPool
from fusion import InputError
from saliency.examination.finding import Examination, Outcome
from saliency.examination.process import Examined, examine

WAITING = "its turn"
"""What is done for a network while another is examined."""

logger = logging.getLogger(__name__)


class Examinations:
    """What is known of the networks' examinations.

    That of a brought network is good until the program ends, as its code may change; others are kept by their
    weights' hash.
    """

    def __init__(self, pool: NetworkPool, kept: ExaminationCache) -> None:
        self._pool, self._kept = pool, kept
        self._latest: dict[str, Examination] = {}
        self._waiting: deque[str] = deque()
        self._worker: Thread | None = None
        self._lock = Lock()

    def look(self, name: str) -> Examination | None:
        """The examination as far as it is; None where there is none. Starts nothing.

        Raises
        ------
        InputError
            There is no such network, or it cannot be used.
        """
        name = self._pool.name_of(name)
        with self._lock:
            found = self._latest.get(name)
        if found is not None or name in self._pool.own:
            return found
        _, weights = self._pool.unmeasured(name)
        return self._kept.get(name, weights)

    def ask(self, name: str) -> Examination:
        """The same, begun where there is none; InputError as `look`."""
        name = self._pool.name_of(name)
        found = self.look(name)
        if found is not None:
            return found
        with self._lock:
            if name not in self._latest:
                self._latest[name] = Examination(doing=WAITING)
                self._waiting.append(name)
            if self._worker is None:
                self._worker = Thread(target=self._work, name="examination", daemon=True)
                self._worker.start()
            return self._latest[name]

    def _work(self) -> None:
        """Examine what waits, until nothing does."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._worker = None
                    return
                name = self._waiting.popleft()
            try:
                self._examine(name)
            except Exception:
                logger.exception("The examination of a network failed")
                with self._lock:
                    del self._latest[name]

    def _examine(self, name: str) -> None:
        own = self._pool.own.get(name)
        asked = Examined(own=own) if own else Examined(name, self._pool.folder)
        for latest in examine(asked):
            with self._lock:
                self._latest[name] = latest
        logger.info("Examined %s: %d points", name, len(latest.findings))
        if own is None and not latest.of(Outcome.NOT_DONE):  # with more time or memory there is more to find
            self._keep(name, latest)

    def _keep(self, name: str, found: Examination) -> None:
        try:
            _, weights = self._pool.unmeasured(name)
        except InputError:  # its weights have gone meanwhile
            logger.info("The examination of %s is not kept", name, exc_info=True)
            return
        self._kept.put(name, weights, found)
