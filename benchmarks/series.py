"""How fast is a pointer answered while the guidance of a whole series is computed in the background?

A case of slices of 256 × 256 pixels. A client points at one of them 30 times a second, without a pause
(``steady``) or ten times before a rest of half a second (``bursts``), in turn with the series paused and with
it computing, several times over: ``times`` is how many times as long the median and the 95th percentile are
beside it. ``cores`` is how many the server kept busy meanwhile: beside the series it must be well above 0 where
the pointer rests, or nothing was measured.

    python -m benchmarks.series --seconds 8 --json series.json
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.client import Client, Server, serving
from benchmarks.timing import milliseconds, report
from benchmarks.users import finish
from fusion import phantom

SLICES = 60
PACE = 1 / 30
"""Seconds from a move to the next …"""
RESTS = MappingProxyType({"steady": (10**9, 0.0), "bursts": (10, 0.5)})
"""… and how many there are before how long a rest."""
SETTLED = 1.0
"""Seconds after which a series that was paused, or goes on, has done so."""
Times = dict[tuple[str, bool], list[float]]
"""Milliseconds of moves by how the pointer moves, and whether the series is computed."""


def main() -> None:
    """Measure each network; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8, help="how long the pointer moves, per turn")
    parser.add_argument("--turns", type=int, default=4, help="times that each is measured")
    parser.add_argument("--methods", nargs="+", default=["MaskNet", "DeepPedestrian"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="a second a turn: does it run?")
    args = parser.parse_args()
    seconds, turns = (1.0, 1) if args.quick else (args.seconds, args.turns)
    report([row for name in args.methods for row in measure(name, seconds, turns)], args.json)


def measure(network: str, seconds: float, turns: int) -> list[dict[str, Any]]:
    """Two rows for each way to move: without the series, and beside it."""
    with ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        slices = write_case(own / "study")
        finish(own / "cache", slices[0], [network], (own / "study",))
        server = stack.enter_context(serving(own / "cache", ("--pairs", str(own / "study"))))
        client = stack.enter_context(Client(server))
        client.jacobian(slices[0], network, (128, 128))
        client.series(slices[-1], network, "start")
        found: Times = {}
        cores: Times = {}
        pixels = np.random.default_rng(1).integers(256, size=(100_000, 2)).tolist()
        point = partial(_pointed, server, partial(client.jacobian, slices[0], network), iter(pixels), seconds)
        for _, is_beside, how in itertools.product(range(turns), (False, True), RESTS):
            client.series(slices[-1], network, "start" if is_beside else "pause")
            time.sleep(SETTLED)
            times, busy = point(*RESTS[how])
            found.setdefault((how, is_beside), []).extend(times)
            cores.setdefault((how, is_beside), []).append(busy)
        done = client.series(slices[-1], network, "pause")["done"]
    return [_row(network, how, found, cores, done, is_beside) for how in RESTS for is_beside in (False, True)]


def _pointed(
    server: Server,
    ask: Callable[[Sequence[int]], None],
    pixels: Iterator[Sequence[int]],
    seconds: float,
    count: int,
    rest: float,
) -> tuple[list[float], float]:
    """Milliseconds of each move, and how many cores the server kept busy."""
    start, before, times = time.perf_counter(), server.cpu_seconds(), []
    due = start
    for number in itertools.count(1):
        time.sleep(max(due - time.perf_counter(), 0))
        if time.perf_counter() > start + seconds:
            return times, (server.cpu_seconds() - before) / (time.perf_counter() - start)
        times.append(milliseconds(partial(ask, next(pixels))))
        due = max(due + PACE, time.perf_counter()) + (rest if number % count == 0 else 0)
    raise AssertionError("it counts without end")


def _row(network: str, how: str, found: Times, cores: Times, done: int, is_beside: bool) -> dict[str, Any]:
    (median, p95), plain = (np.percentile(found[how, each], (50, 95)) for each in (is_beside, False))
    return {
        "network": network,
        "pointer": how,
        "beside": "series" if is_beside else None,
        "moves": len(found[how, is_beside]),
        "median_ms": float(median),
        "p95_ms": float(p95),
        "worst_ms": max(found[how, is_beside]),
        "median_times": float(median / plain[0]),
        "p95_times": float(p95 / plain[1]),
        "cores": float(np.mean(cores[how, is_beside])),
        "slices_done": done if is_beside else None,
    }


def write_case(folder: Path, case: str = "head", slices: int = SLICES, side: int = 256) -> list[str]:
    """A case of slices, each with noise of its own, so that no guidance of them is known; their ids."""
    rng, pair = np.random.default_rng(), phantom(seed=9, size=side)
    for number in range(1, slices + 1):
        for part, image in (("mri", pair.first), ("pet", pair.second)):
            (folder / part / case).mkdir(parents=True, exist_ok=True)
            grain = np.clip(image + 0.02 * rng.standard_normal(image.shape), 0, 1)
            Image.fromarray(np.round(255 * grain).astype(np.uint8)).save(
                folder / part / case / f"{number:04d}.png"
            )
    return [f"{folder.name}/{case}/{number:04d}" for number in range(1, slices + 1)]


if __name__ == "__main__":
    main()
