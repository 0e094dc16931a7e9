"""For whom does this thread work? What stands in for a function is called by every service of a process."""

from __future__ import annotations

from collections.abc import Iterable
from threading import current_thread

from dashboard.jobs.queue import JobQueue


def works_for(queues: Iterable[JobQueue]) -> bool:
    """Whether the thread that asks is one of these queues' own; others of the process may be at work, too."""
    return any(current_thread() in queue._workers.values() for queue in queues)
