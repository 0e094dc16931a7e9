"""Workers in processes of their own, forked from one that has loaded what a worker loads and has done nothing yet.

Loading takes seconds of a core, and a test of lost workers starts three.
"""

from __future__ import annotations

import os
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tests.support.controlled_guidance import work

CONTEXT = get_context("forkserver")
LOADED = (
    "tests.support.controlled_guidance",
    "dashboard.cli.worker",
    "dashboard.jobs.job_board",
    "dashboard.jobs.job_line",
    "dashboard.service.slice_worker",
)


class ForkedWorker:
    """What a test uses of a process: who it is, what it says, and its end."""

    def __init__(self, words: list[str]) -> None:
        CONTEXT.set_forkserver_preload(list(LOADED))
        reader, writer = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(target=_worked, args=(writer, words), daemon=True)
        self._process.start()
        writer.close()
        self.pid = self._process.pid
        self.stdout = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()

    def poll(self) -> int | None:
        """How it ended; None while it lives."""
        return self._process.exitcode

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int | None:
        """How it ended, once it has."""
        self._process.join(timeout)
        return self._process.exitcode


def _worked(writer: Connection, words: list[str]) -> None:
    os.dup2(writer.fileno(), 1)
    work(words)
