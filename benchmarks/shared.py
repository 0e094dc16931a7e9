"""What is saved where all pixels of a pair share a part of their derivatives: UAAFusion at 256×256.

Two programs of their own answer pixel after pixel in turn, so that both meet the same machine: one by autograd
through the whole of the network's rearranged copy, the other with what all pixels share found before (``once_s``,
its checks included). Seconds are medians; ``gib`` is what each program held at most, itself and torch included.
``difference`` is the largest between the two, as a part of the largest derivative; ``in_float64`` the same on a
small pair in float64.

    python -m benchmarks.shared --threads 1 --json shared.json
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from torch import nn

from benchmarks.timing import network, pair_of, parse, random_pixels, report
from fusion.data.pairs import ImagePair
from saliency import Jacobian, Locality, jacobian
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.examination.measured_cost import resident
from saliency.geometry.window import Pixel
from saliency.network.optimized import optimized
from saliency.network.pair_function import prepared
from saliency.receptive_field.locality import remember

NAME = "UAAFusion"
SIDE, SMALL = 256, 96
WHOLE = Locality(0, is_local=False, reason="It sees the whole image.")
"""Known, and no part of what is timed."""


def main() -> None:
    """Ask both programs in turn; print a table. With ``--way`` be one of the two."""
    args = parse(__doc__, pixels=5, extra=("--way",))
    side = 64 if args.quick else SIDE
    net, _ = network(NAME, args.checkpoints)
    remember(net, WHOLE)
    if args.way:
        answer(net, pair_of(side), args.way)
        return
    words = ["--threads", str(args.threads), "--checkpoints", str(args.checkpoints), *["--quick"] * args.quick]
    report([row(net, random_pixels(side, args.pixels), words)], args.json)


def answer(net: nn.Module, pair: ImagePair, way: str) -> None:
    """Say what came before the first pixel, then read pixels and files, and write each Jacobian to its file."""
    start = time.perf_counter()
    faster = optimized(net)
    middle = time.perf_counter()
    if way == "shared":
        prepared(net, pair)
    say(rearranged_s=middle - start, once_s=time.perf_counter() - middle)
    for line in sys.stdin:
        row, col, file = line.split()
        start = time.perf_counter()
        found = asked(way, net, faster)(pair, (int(row), int(col)))
        seconds = time.perf_counter() - start
        np.save(file, np.stack(found.full()))
        say(seconds=seconds, gib=(resident("VmHWM") or 0) / 2**30)


def asked(way: str, net: nn.Module, faster: nn.Module) -> Callable[[ImagePair, Pixel], Jacobian]:
    """How a pixel's Jacobian is had."""
    if way == "shared":
        return lambda pair, pixel: jacobian(net, pair, pixel)
    return lambda pair, pixel: full_image_jacobian(faster, pair, pixel)


def say(**words: float) -> None:
    """A line to who started this program."""
    print(json.dumps(words), flush=True)


def row(net: nn.Module, pixels: list[Pixel], words: list[str]) -> dict[str, Any]:
    """One row."""
    times: dict[str, list[float]] = {"plain": [], "shared": []}
    gib, off = {"plain": 0.0, "shared": 0.0}, 0.0
    with (
        tempfile.TemporaryDirectory() as folder,
        program("plain", words) as plain,
        program("shared", words) as shared,
    ):
        once = {way: heard(each) for way, each in (("plain", plain), ("shared", shared))}
        for pixel in pixels:
            for way, each in (("plain", plain), ("shared", shared)):
                tell(each, f"{pixel[0]} {pixel[1]} {folder}/{way}.npy")
                said = heard(each)
                times[way].append(said["seconds"])
                gib[way] = said["gib"]
            off = max(off, difference(*(np.load(f"{folder}/{way}.npy") for way in ("shared", "plain"))))
    by_plain, by_shared = (float(np.median(each)) for each in times.values())
    return {
        "network": NAME,
        "plain_s": by_plain,
        "shared_s": by_shared,
        "ratio": by_plain / by_shared,
        "once_s": once["shared"]["once_s"],
        "plain_gib": gib["plain"],
        "shared_gib": gib["shared"],
        "difference": off,
        "in_float64": in_float64(net),
    }


def in_float64(net: nn.Module) -> float:
    """The largest difference on a small pair, at a corner, on a border and inside."""
    exact, pair = copy.deepcopy(net).double(), pair_of(SMALL)
    remember(exact, WHOLE)
    pixels = [(0, 0), (SMALL - 1, SMALL // 3), (SMALL // 2, SMALL // 2)]
    found = ((jacobian(exact, pair, each), full_image_jacobian(exact, pair, each)) for each in pixels)
    return max(difference(*(np.stack(J.full()) for J in both)) for both in found)


def difference(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    """As a part of the largest derivative."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@contextmanager
def program(way: str, words: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Another of this program, as one of the two."""
    command = [sys.executable, "-m", "benchmarks.shared", "--way", way, *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        if process.stdin is not None:
            process.stdin.close()


def tell(process: subprocess.Popen[str], line: str) -> None:
    """Send a line."""
    if process.stdin is not None:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> dict[str, float]:
    """What it says next; nothing comes from a program that failed, which is an error here."""
    line = process.stdout.readline() if process.stdout is not None else ""
    said: dict[str, float] = json.loads(line)
    return said


if __name__ == "__main__":
    main()
