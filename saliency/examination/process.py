"""Examining a network in a process of its own, with limits on time and memory.

Code that somebody brings may hang, or take all the memory there is, or end the program it runs in.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO

from fusion.method.own_network import OwnNetwork
from saliency.defaults import EXAMINATION_MINUTES
from saliency.examination.finding import Examination, Finding, Outcome, examination_of
from saliency.examination.points import not_done_after
from saliency.network.graph_memory import available_bytes

SHARE = 0.75
"""The part of the available memory that an examination may take, unless another limit is given."""
LAST_WORDS = 20_000
"""Characters of what it wrote for the log that are kept."""
PROGRAM = "import sys; sys.path.append({path!r}); from saliency.examination.child import main; main()"
"""Run apart from what lies where a person is: a file there must not stand in for one of ours."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Examined:
    """Which network is examined: a registered one by its name, or a brought one.

    Attributes
    ----------
    method : str
        The registered method's name; empty for a brought network.
    checkpoints : Path
        Where its weights lie.
    own : OwnNetwork or None
    """

    method: str = ""
    checkpoints: Path = Path()
    own: OwnNetwork | None = None


@dataclass(frozen=True)
class Limits:
    """What an examination may take.

    Attributes
    ----------
    minutes : float
    gigabytes : float or None
        Of memory; None for three quarters of what is available at its start.
    """

    minutes: float = EXAMINATION_MINUTES
    gigabytes: float | None = None


def examine(examined: Examined, limits: Limits | None = None) -> Iterator[Examination]:
    """The examination as it grows; the last one has nothing left to do. Closing the iterator ends the process.

    Never raises for what the network does: hanging, ending the process and running out of memory are findings.
    """
    limits = limits or Limits()
    latest = Examination(doing="code")
    yield latest
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as log, _running(examined, limits, log) as child:
        for line in child.lines:
            latest = examination_of(json.loads(line))
            yield latest
        code = child.process.wait()
        _log_words(log)
    if latest.doing:
        why = _why(code, limits, is_late=child.is_late)
        outcome = Outcome.NOT_DONE if child.is_late else Outcome.FAILED
        rest = not_done_after(latest.doing, "Not reached.")
        yield Examination((*latest.findings, Finding(latest.doing, outcome, why), *rest))


@dataclass(eq=False)
class _Child:
    process: subprocess.Popen[str]
    is_late: bool = False

    @property
    def lines(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def end(self) -> None:
        self.is_late = True
        self.process.kill()


@contextmanager
def _running(examined: Examined, limits: Limits, log: IO[str]) -> Iterator[_Child]:
    """The process, which ends with the block at the latest, or after its time."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM.format(path=str(Path(__file__).parents[2]))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
    )
    child = _Child(process)
    timer = Timer(60 * limits.minutes, child.end)
    timer.daemon = True
    try:
        timer.start()
        assert process.stdin is not None
        process.stdin.write(json.dumps(_request(examined, limits)) + "\n")
        process.stdin.flush()  # left open: the process ends where it is closed, be it by this program's end
        yield child
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


def _request(examined: Examined, limits: Limits) -> dict[str, str | int | None]:
    own = examined.own
    return {
        "method": examined.method,
        "checkpoints": str(examined.checkpoints),
        "code": own.code if own else "",
        "weights": str(own.weights) if own and own.weights else "",
        "bytes": _available() if limits.gigabytes is None else int(limits.gigabytes * 2**30),
    }


def _available() -> int | None:
    """Bytes that an examination may take of what the system has; None where it does not tell."""
    free = available_bytes()
    return None if free is None else int(SHARE * free)


def _why(code: int, limits: Limits, *, is_late: bool) -> str:
    """Why the process ended before its examination."""
    if is_late:
        return (
            f"The examination's {limits.minutes:g} minutes were over; let `fusevis examine` have more --minutes, "
            "or run it while the computer is less busy."
        )
    if code < 0:
        name = signal.Signals(-code).name
        return f"The system ended its process ({name}): memory ran out, or compiled code of its own failed."
    return f"It ended the process it runs in (exit code {code}); take out what calls sys.exit or os._exit."


def _log_words(log: IO[str]) -> None:
    """What the process told, its tracebacks among it, goes into this program's log."""
    log.seek(0)
    words = log.read()[-LAST_WORDS:].strip()
    if words:
        logger.info("the examination's process:\n%s", words)
