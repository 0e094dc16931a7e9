"""Processes forked from one that has loaded what workers load and has done nothing yet.

Loading takes seconds of a core, and a test of lost workers starts three.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection

CONTEXT = get_context("forkserver")
LOADED = (
    "tests.support.controlled_guidance",
    "tests.support.sharing_process",
    "dashboard.cli.worker",
    "dashboard.jobs.job_board",
    "dashboard.jobs.job_line",
    "dashboard.service.slice_worker",
)

Work = Callable[[list[str]], object]


class ForkedProcess:
    """Does ``work(words)`` and ends with what that gives; used as one of `subprocess`, its output a text."""

    def __init__(self, work: Work, words: list[str]) -> None:
        CONTEXT.set_forkserver_preload(list(LOADED))
        reader, writer = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(target=_worked, args=(writer, work, words), daemon=True)
        self._process.start()
        writer.close()
        self.pid = self._process.pid
        self.stdout = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it lives."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int | None:
        """How it ended, once it has or after so many seconds."""
        self._process.join(timeout)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """All that it printed."""
        printed = self.stdout.read()
        self.wait(timeout)
        return printed, None


def _worked(writer: Connection, work: Work, words: list[str]) -> None:
    os.dup2(writer.fileno(), 1)
    sys.exit(work(words))
