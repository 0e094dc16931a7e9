"""What is saved where all pixels of a pair share a part of their derivatives: UAAFusion.

Three programs of their own answer pixel after pixel in turn, so that all meet the same machine: by autograd
through the whole of the network's rearranged copy (``plain``); by `saliency.jacobian`, for which what all pixels
share was found before (``single``); with the graph that is left kept from the pixel before (``kept``). What came
first, once for the pair and its checks, took ``before_s``. Seconds are medians; ``gib`` is what the program held
at most, itself and torch included. ``difference`` is the largest from the plain way, as a part of the largest
derivative; ``in_float64`` the same on a small pair in float64.

    python -m benchmarks.shared --threads 1 --side 256 --json shared.json
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from benchmarks.timing import network, pair_of, parse, random_pixels, report
from fusion.data.pairs import ImagePair
from saliency import Jacobian, Locality, jacobian
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.whole_image import WholeImage
from saliency.examination.measured_cost import resident
from saliency.geometry.window import Pixel
from saliency.network.optimized import optimized
from saliency.network.pair_function import prepared
from saliency.receptive_field.locality import remember

NAME = "UAAFusion"
SIDE, SMALL = 256, 96
WHOLE = Locality(0, is_local=False, reason="It sees the whole image.")
"""Known, and no part of what is timed."""


WAYS = ("plain", "single", "kept")


def main() -> None:
    """Ask all programs in turn; print a table. With ``--way`` be one of them."""
    args = parse(__doc__, pixels=5, extra=("--way", "--side"))
    side = 64 if args.quick else int(args.side or SIDE)
    net, _ = network(NAME, args.checkpoints)
    remember(net, WHOLE)
    if args.way:
        answer(net, pair_of(side), args.way)
        return
    words = ["--threads", str(args.threads), "--checkpoints", str(args.checkpoints), "--side", str(side)]
    found = rows(net, random_pixels(side, args.pixels), words)
    report([{"network": NAME, "side": side} | row for row in found], args.json)


def answer(net: nn.Module, pair: ImagePair, way: str) -> None:
    """Say how long what comes first took, then read pixels and files, and write each Jacobian to its file."""
    faster = optimized(net)
    start = time.perf_counter()
    ask = asked(way, net, faster, pair)
    say(before_s=time.perf_counter() - start)
    for line in sys.stdin:
        row, col, file = line.split()
        start = time.perf_counter()
        found = ask((int(row), int(col)))
        seconds = time.perf_counter() - start
        np.save(file, np.stack(found.full()))
        say(seconds=seconds, gib=(resident("VmHWM") or 0) / 2**30)


def asked(way: str, net: nn.Module, faster: nn.Module, pair: ImagePair) -> Callable[[Pixel], Jacobian]:
    """How a pixel's Jacobian is had."""
    if way == "plain":
        return partial(full_image_jacobian, faster, pair)
    if way == "kept":
        return WholeImage(net, pair).jacobian
    prepared(net, pair)
    return partial(jacobian, net, pair)


def say(**words: float) -> None:
    """A line to who started this program."""
    print(json.dumps(words), flush=True)


def rows(net: nn.Module, pixels: list[Pixel], words: list[str]) -> list[dict[str, Any]]:
    """A row for each way."""
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    gib, off = dict.fromkeys(WAYS, 0.0), dict.fromkeys(WAYS, 0.0)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        programs = {way: stack.enter_context(program(way, words)) for way in WAYS}
        before = {way: heard(each)["before_s"] for way, each in programs.items()}
        for pixel in pixels:
            for way, each in programs.items():
                tell(each, f"{pixel[0]} {pixel[1]} {folder}/{way}.npy")
                said = heard(each)
                times[way].append(said["seconds"])
                gib[way] = said["gib"]
                found, plain = (np.load(f"{folder}/{which}.npy") for which in (way, "plain"))
                off[way] = max(off[way], difference(found, plain))
    seconds = {way: float(np.median(each)) for way, each in times.items()}
    exact = in_float64(net)
    return [
        {
            "way": way,
            "before_s": before[way],
            "pixel_s": seconds[way],
            "ratio": seconds["plain"] / seconds[way],
            "gib": gib[way],
            "difference": off[way],
            "in_float64": None if way == "plain" else exact,
        }
        for way in WAYS
    ]


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
    """Another of this program, as one of the ways."""
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
