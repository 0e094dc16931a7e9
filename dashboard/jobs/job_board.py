"""What dashboards and workers tell each other in Redis: which jobs are wanted, who works on them, who lives."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from dashboard.cache.sealed_words import SealedWords

if TYPE_CHECKING:
    from redis import Redis

PATIENCE = 0.2
"""Seconds that Redis has for an answer …"""
REST = 1.0
"""… and in which it is not asked again after it gave none."""
BEAT = 1.0
"""Seconds between two signs of life of a worker …"""
LIVES = 3.0
"""… and how long one holds: a worker is taken for lost so many seconds after its last."""
WANTED = 10.0
"""Seconds after the last question for a job in which it is wanted."""
WAITING = 120.0
"""Seconds in which a job that waits for a worker is taken to be in the line."""
KEPT = 86_400.0
RECORD, ALIVE = "job record", "worker"
_Value = TypeVar("_Value")
logger = logging.getLogger(__name__)


class BoardUnreachableError(Exception):
    """Redis gives no answer, or gave none a moment ago."""


class RecordState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    WORKED_ON = "worked on"
    LOST = "lost"
    """Its worker has given no sign of life for `LIVES`."""
    FAILED = "failed"


class JobBoard:
    """Sealed records in Redis, each for some time; what somebody else has put there counts as none.

    Whoever asks waits at most `PATIENCE`, and after a failure not at all for `REST`.

    Parameters
    ----------
    address : str
        As `dashboard.jobs.redis_address` has checked it.
    words : SealedWords
        Those with another cache have another board on the same server.

    Attributes
    ----------
    failures : int
        How many times Redis gave no answer.
    """

    def __init__(self, address: str, words: SealedWords) -> None:
        self._client, self._words = _client(address), words
        self.line = f"fusevis-{words.name_of('jobs')[:16]}"
        self.failures = 0
        self._rests_until = 0.0
        self._is_told = False

    # ---- for dashboards

    def look(self, key: str) -> RecordState | None:
        """How far the job ``key`` is, which is wanted; None where nobody has handed it out, or Redis forgot."""

        def asked(client: Redis) -> RecordState | None:
            client.set(self._name("wanted", key), 1, px=_milliseconds(WANTED))
            record = self._words.opened(RECORD, client.get(self._name("job", key))) or {}
            if record.get("key") != key or record.get("state") not in list(RecordState):
                return None
            state = RecordState(record["state"])
            is_lost = state is RecordState.WORKED_ON and not self._lives(client, record.get("worker", ""))
            return RecordState.LOST if is_lost else state

        return self._asked(asked)

    def note_waiting(self, key: str) -> None:
        """The job stands in the line."""
        self._note(key, RecordState.WAITING, lasts=WAITING)

    def workers(self) -> int:
        """How many workers give signs of life."""

        def asked(client: Redis) -> int:
            found = list(client.scan_iter(self._name("worker", "*"), count=100))
            return sum(self._lives(client, each.decode().rpartition(":")[2]) for each in found)

        return self._asked(asked)

    # ---- for workers

    def beat(self, worker: str) -> None:
        """The worker lives."""
        told = self._words.sealed(ALIVE, {"worker": worker})
        self._asked(lambda client: client.set(self._name("worker", worker), told, px=_milliseconds(LIVES)))

    def is_wanted(self, key: str) -> bool:
        """Whether a dashboard has asked for the job lately."""
        return bool(self._asked(lambda client: client.exists(self._name("wanted", key))))

    def note_worked_on(self, key: str, worker: str) -> None:
        """A worker is at the job."""
        self._note(key, RecordState.WORKED_ON, worker)

    def note_failed(self, key: str) -> None:
        """The job cannot be done; why stands elsewhere."""
        self._note(key, RecordState.FAILED)

    def forget(self, key: str) -> None:
        """The job is done, or given up, or what was wrong with it is told."""
        self._asked(lambda client: client.delete(self._name("job", key)))

    # ----

    def _note(self, key: str, state: RecordState, worker: str = "", lasts: float = KEPT) -> None:
        told = self._words.sealed(RECORD, {"key": key, "state": state, "worker": worker})
        self._asked(lambda client: client.set(self._name("job", key), told, px=_milliseconds(lasts)))

    def _lives(self, client: Redis, worker: str) -> bool:
        return self._words.opened(ALIVE, client.get(self._name("worker", worker))) == {"worker": worker}

    def _name(self, *parts: str) -> str:
        return ":".join((self.line, *parts))

    def _asked(self, ask: Callable[[Any], _Value]) -> _Value:
        """What Redis answers.

        Raises
        ------
        BoardUnreachableError
            It does not, or not in time.
        """
        from redis.exceptions import RedisError

        if time.monotonic() < self._rests_until:
            raise BoardUnreachableError
        try:
            found = ask(self._client)
        except (RedisError, OSError) as error:
            self._rests_until, self.failures = time.monotonic() + REST, self.failures + 1
            if not self._is_told:
                self._is_told = True
                logger.warning("Redis does not answer; no jobs are handed out.", exc_info=error)
            raise BoardUnreachableError from error
        if self._is_told:
            self._is_told = False
            logger.info("Redis answers again.")
        return found


def _client(address: str) -> Redis:
    """Asks once: a library's own tries again would take seconds."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    found: Redis = Redis.from_url(
        address, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
    return found


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)
