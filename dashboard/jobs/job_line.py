"""The line in which jobs wait for workers: Celery's, over Redis, in JSON alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from dashboard.jobs.job_board import PATIENCE

if TYPE_CHECKING:
    from celery import Celery

TASK, QUEUE = "fusevis.guidance", "line"
WORKER_PATIENCE = 5.0
"""Seconds that a worker, whom nobody waits for, gives Redis."""
AGAIN = 0.5
"""Seconds before a worker of Celery's takes the place of one that has failed."""
RENEWED = 75
"""The code with which Celery's worker ends where another one is to take its place at once."""
REDELIVERED = 12 * 3600
"""Seconds after which Redis hands a job to another worker by itself; dashboards notice that long before."""

logger = logging.getLogger(__name__)


class JobLine:
    """Where a dashboard puts messages.

    Parameters
    ----------
    address : str
        Of Redis.
    name : str
        Of the line: with it begins whatever Celery puts into Redis.
    """

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self._app: Celery | None = None

    def put(self, message: str) -> None:
        """Put a message at the end of the line; whatever Celery raises where that fails."""
        app = self._app = self._app or _celery(self._address, self._name, PATIENCE)
        try:
            app.send_task(TASK, args=[message], queue=QUEUE, retry=False, ignore_result=True)
        except Exception:
            self._app = None  # its connections may be of a server that is gone
            raise


class LineWorker:
    """Takes messages from the line, one after the other, in Celery's worker.

    Parameters
    ----------
    address, name : str
        As of `JobLine`.
    take : callable
        Given each message.
    """

    def __init__(self, address: str, name: str, take: Callable[[object], None]) -> None:
        self._address, self._name, self._take = address, name, take

    def run(self) -> None:
        """Go on until this process is told to end; what is no message at all ends Celery's worker, not this."""
        from celery.worker import state

        while not is_ending():
            if state.should_stop == RENEWED:
                state.should_stop = None
            self._work_off()
            if state.should_stop is None:
                logger.warning("What stood in the line was no job, or Redis failed; the worker goes on.")
                time.sleep(AGAIN)

    def renew(self) -> None:
        """Connect anew after the present job: Celery waits for ever where Redis was away amid one."""
        from celery.worker import state

        if state.should_stop is None:
            state.should_stop = RENEWED

    def _work_off(self) -> None:
        from celery import Task

        app = _celery(self._address, self._name, WORKER_PATIENCE)

        @app.task(name=TASK, bind=True, acks_late=True, reject_on_worker_lost=True, ignore_result=True)
        def guidance(_self: Task, *args: object, **_words: object) -> None:
            self._take(args[0] if len(args) == 1 else None)

        app.Worker(
            pool_cls="solo",
            concurrency=1,
            queues=[QUEUE],
            loglevel="WARNING",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        ).start()


def is_ending() -> bool:
    """Whether this worker was told to end."""
    from celery.worker import state

    return state.should_stop not in (None, RENEWED) or state.should_terminate is not None


def _celery(address: str, name: str, patience: float) -> Celery:
    """One job at a time, in the process itself: torch's threads do not survive a fork. Nobody commands it."""
    from celery import Celery

    app = Celery("fusevis", broker=address, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        event_serializer="json",
        task_ignore_result=True,
        task_publish_retry=False,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=patience,
        broker_transport_options={
            "global_keyprefix": f"{name}:",
            "visibility_timeout": REDELIVERED,
            "socket_timeout": patience,
            "socket_connect_timeout": patience,
        },
    )
    return app
