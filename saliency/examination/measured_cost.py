"""What asking a network costs on this computer: milliseconds, seconds and megabytes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fusion.synthetic.phantom import phantom
from saliency.derivatives.guidance import Guidance, guidance_stream
from saliency.derivatives.jacobian import jacobian
from saliency.examination.finding import Finding, Outcome
from saliency.examination.subject import SEED, Subject

SIDE = 256
"""Rows and columns of the pair that is asked about."""
REPEATED = 9
"""Jacobians that are timed, at most …"""
ENOUGH = 5.0
"""… and seconds after which no further one is begun; the same holds for passes of guidance."""
LONG = 1.0
"""Seconds of a Jacobian from which on a pointer cannot be followed."""
LONG_GUIDANCE = 600.0
"""Seconds of guidance images from which on they are a matter of patience."""
STATUS, PEAK_RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Cost:
    """What one network took for a pair of 256 × 256 pixels.

    Attributes
    ----------
    jacobian_seconds : float
        The shortest of up to nine: the computer may do something else besides.
    guidance_seconds : float
        Taken or, where it takes longer than a few seconds, estimated from its first passes.
    peak_bytes : int or None
        Memory that one Jacobian needed beside what was there before; None where the system does not tell.
    """

    jacobian_seconds: float
    guidance_seconds: float
    peak_bytes: int | None


def measured_cost(subject: Subject) -> Cost:
    """Time Jacobians and guidance of a phantom, and what memory a Jacobian takes."""
    pair = phantom(SEED, size=SIDE)
    peak = PeakMemory()
    with peak.watched():
        jacobian(subject.network, pair, (SIDE // 2, SIDE // 2))
    times: list[float] = []
    while len(times) < REPEATED and sum(times) < ENOUGH:
        start = time.perf_counter()
        jacobian(subject.network, pair, (SIDE // 2, SIDE // 2 - len(times)))
        times.append(time.perf_counter() - start)
    return Cost(min(times), _guidance_seconds(guidance_stream(subject.network, pair)), peak.bytes)


def _guidance_seconds(stream: Iterator[Guidance]) -> float:
    """Of the whole stream, from what its first passes take; the very first holds what all of them share."""
    start = time.perf_counter()
    first = seconds = 0.0
    for partial in stream:
        taken = time.perf_counter() - start
        if partial.done == 1:
            first = seconds = taken
            continue
        seconds = first + (taken - first) * (partial.total - 1) / (partial.done - 1)
        if taken - first >= ENOUGH:
            break
    return seconds


def cost(subject: Subject) -> Finding:
    """What does it cost to ask?"""
    found = measured_cost(subject)
    memory = "" if found.peak_bytes is None else f" and {_megabytes(found.peak_bytes)} beside what it holds"
    told = (
        f"Of a pair of {SIDE} × {SIDE} pixels, on this computer: a Jacobian {duration(found.jacobian_seconds)}"
        f"{memory}; guidance images {duration(found.guidance_seconds)}."
    )
    told += busy(os.getloadavg()[0] if hasattr(os, "getloadavg") else 0, os.cpu_count() or 1)
    is_slow = found.jacobian_seconds > LONG or found.guidance_seconds > LONG_GUIDANCE
    return Finding("cost", Outcome.LIMITED if is_slow else Outcome.RIGHT, told)


def busy(load: float, cores: int) -> str:
    """What is said of times that were taken while more ran than the computer has cores; empty where not.

    ``load`` is the average number of running processes over a minute, this one's threads among them.

    Examples
    --------
    >>> busy(5.2, 2), busy(2.1, 2)
    (' Other programs were running (load 5.2 on 2 cores): with the computer to itself it is faster.', '')
    """
    if load <= cores + 1:
        return ""
    others = f"Other programs were running (load {load:.1f} on {cores} cores)"
    return f" {others}: with the computer to itself it is faster."


def duration(seconds: float) -> str:
    """Seconds as a reader reads them.

    Examples
    --------
    >>> duration(0.0032), duration(0.93), duration(4.2), duration(840), duration(36000)
    ('3.2 ms', '930 ms', '4.2 s', '14 minutes', '10 hours')
    """
    if seconds < 1:
        return f"{_two_digits(1000 * seconds)} ms"
    if seconds < 90:
        return f"{_two_digits(seconds)} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.0f} hours"


def _two_digits(number: float) -> str:
    return f"{number:.1f}" if number < 10 else f"{number:.0f}"


def _megabytes(count: int) -> str:
    return f"{count / 2**20:,.0f} MB" if count >= 2**20 else "less than 1 MB"


class PeakMemory:
    """The process's largest resident memory while something runs, beside what it had before."""

    def __init__(self) -> None:
        self.bytes: int | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note in ``bytes`` what the block needs at most; None where the system does not tell."""
        try:
            PEAK_RESET.write_text("5")  # Linux: the highest mark is what is resident now (proc(5))
            before = resident("VmRSS")
        except OSError:
            before = None
        yield
        after = None if before is None else resident("VmHWM")
        self.bytes = None if before is None or after is None else max(after - before, 0)


def resident(name: str) -> int | None:
    """A line of this process's status, in bytes; None where the system does not tell."""
    if not STATUS.exists():
        return None
    lines = (line.split() for line in STATUS.read_text("ascii").splitlines())
    return next((1024 * int(words[1]) for words in lines if words[0] == f"{name}:"), None)
