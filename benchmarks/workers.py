"""How much sooner is the guidance of a series of 20 slices there with two workers than with one?

A case of slices of 128 × 128 pixels, none computed before, through real workers (``fusevis worker``) by a real
Redis server on this computer, in turn with one worker and with two, and by the dashboard itself for comparison.
``ratio`` is how many times as fast as one worker each is, by the median of the turns; ``load`` is the load average
before the first turn, of which the dashboard, Redis and the workers have no part. Two workers on two cores that
others use as well cannot reach 2.

    python -m benchmarks.workers --turns 3 --json workers.json
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.client import Client, serving
from benchmarks.series import write_case
from benchmarks.timing import report
from support.redis_server import redis_program, running_redis

SLICES, SIDE = 20, 128
WARM = 4
"""Slices of another case by which workers are made to load the network before each turn."""
PARTS = ("warm", WARM), ("timed", SLICES)
WITHIN = 600.0
"""Seconds in which a series has to be finished."""


def main() -> None:
    """Measure each network; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3, help="times that each is measured")
    parser.add_argument("--methods", nargs="+", default=["MaskNet"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="one turn: does it run?")
    args = parser.parse_args()
    program = redis_program()
    if program is None:
        sys.exit("redis-server is not installed: `make broker` installs Debian's package.")
    turns = 1 if args.quick else args.turns
    report([row for name in args.methods for row in measure(program, name, turns)], args.json)


def measure(program: str, network: str, turns: int) -> list[dict[str, Any]]:
    """A row for the dashboard itself, for one worker and for two."""
    load = os.getloadavg()[0]
    found: dict[int, list[float]] = {0: [], 1: [], 2: []}
    with tempfile.TemporaryDirectory() as name, running_redis(program) as redis:
        own = Path(name)
        cases = [
            (workers, *(write_case(own / "study", f"{part}{turn}{workers}", count, SIDE) for part, count in PARTS))
            for turn in range(turns)
            for workers in found
        ]
        own_words = ["--pairs", str(own / "study")]
        with serving(own / "alone", own_words) as server, Client(server) as client:
            for _, warm, slices in [each for each in cases if each[0] == 0]:
                _finished(client, warm, network)
                found[0].append(_finished(client, slices, network))
        words = [*own_words, "--jobs", redis.address]
        with serving(own / "shared", words) as server, Client(server) as client:
            for workers, warm, slices in [each for each in cases if each[0]]:
                with employed(workers, [*words, "--cache", str(own / "shared")]):
                    _finished(client, warm, network)
                    found[workers].append(_finished(client, slices, network))
    return [_row(network, workers, times, median(found[1]), load) for workers, times in found.items()]


@contextmanager
def employed(count: int, words: Sequence[str]) -> Iterator[list[subprocess.Popen[str]]]:
    """So many workers until the block ends, each ready."""
    command = [sys.executable, "-m", "dashboard.cli.fusevis", "worker", "--log-level", "error", *words]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        for each in workers:
            assert each.stdout is not None
            if not each.stdout.readline():
                raise RuntimeError("A worker did not start.")
        yield workers
    finally:
        for each in workers:
            each.terminate()
        for each in workers:
            each.wait()


def _finished(client: Client, slices: Sequence[str], network: str) -> float:
    """Seconds until the guidance of every slice is there."""
    start = time.perf_counter()
    client.series(slices[len(slices) // 2], network, "start")
    while time.perf_counter() < start + WITHIN:
        told = json.loads(client.get("/explore/series", pair=slices[0], network=network))
        if told["isOver"]:
            if told["done"] != len(slices):
                raise RuntimeError(f"{told['done']} of {len(slices)} slices: {told['failures'][:1]}")
            return time.perf_counter() - start
        time.sleep(0.05)
    raise RuntimeError("A series was not finished.")


def _row(network: str, workers: int, times: Sequence[float], one: float, load: float) -> dict[str, Any]:
    return {
        "network": network,
        "computed by": f"{workers} worker{'s' * (workers > 1)}" if workers else "the dashboard",
        "slices": SLICES,
        "side": SIDE,
        "turns": len(times),
        "seconds": median(times),
        "least_s": min(times),
        "most_s": max(times),
        "ratio": one / median(times),
        "load": load,
    }


if __name__ == "__main__":
    main()
