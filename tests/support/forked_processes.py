"""Processes forked from one that has loaded what workers and dashboards load and has done nothing yet.

Loading takes seconds of a core, and a test of lost workers starts three.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TextIO

CONTEXT = get_context("forkserver")
LOADED = (
    "tests.support.controlled_guidance",
    "tests.support.sharing_process",
    "dashboard.app",
    "dashboard.cli.serving",
    "dashboard.cli.worker",
    "dashboard.jobs.job_board",
    "dashboard.jobs.job_line",
    "dashboard.server.asgi_server",
    "dashboard.server.websocket",
    "dashboard.service.slice_worker",
)

Work = Callable[[list[str]], object]


class ForkedProcess:
    """Does ``work(words)`` and ends with what that gives; used as one of `subprocess`, its output a text.

    Its errors are a text too where they are asked for; else they go where those of the tests go.
    """

    def __init__(self, work: Work, words: list[str], *, tells_errors: bool = False) -> None:
        CONTEXT.set_forkserver_preload(list(LOADED))
        pipes = [CONTEXT.Pipe(duplex=False) for _ in range(2 if tells_errors else 1)]
        writers = [writer for _, writer in pipes]
        self._process = CONTEXT.Process(target=_worked, args=(writers, work, words), daemon=True)
        self._process.start()
        self.pid = self._process.pid
        self.stdout, *errors = map(_as_text, pipes)
        self.stderr = errors[0] if errors else None

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

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int | None:
        """How it ended, once it has or after so many seconds."""
        self._process.join(timeout)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str | None]:
        """All that it printed, and its errors where they are told."""
        printed = self.stdout.read()
        errors = self.stderr and self.stderr.read()
        self.wait(timeout)
        return printed, errors


def _as_text(pipe: tuple[Connection, Connection]) -> TextIO:
    """What comes out of a pipe whose other end is a child's by now."""
    reader, writer = pipe
    writer.close()
    with reader:
        return os.fdopen(os.dup(reader.fileno()), encoding="utf-8")


def _worked(writers: list[Connection], work: Work, words: list[str]) -> None:
    for number, writer in enumerate(writers, 1):
        os.dup2(writer.fileno(), number)
    sys.exit(work(words))
