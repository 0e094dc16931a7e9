"""How long does one Jacobian take, at 256×256 and 4096×4096, and how much longer the plain way?

The plain way is the full image's forward and backward pass, in float32, in the same run. Where its memory
would not do it is left out, and said so. Both are also held to float64 on the CPU, at 256×256. Where the
derivative at a pair is kept (``saliency.network.grid_derivatives``), crops_ms is the same pixels' time before,
made_ms what it takes to find it, and kept_mib how much it holds. block_ms and block_crops_ms are a pixel's time
in blocks of 8×8 neighbours.
"""

from __future__ import annotations

import copy
import time
from functools import partial
from typing import Any

import numpy as np
from torch import nn
from tqdm import tqdm

from benchmarks.timing import (
    available_bytes,
    milliseconds,
    network,
    pair_of,
    parse,
    random_pixels,
    report,
    summary,
)
from fusion.data.pairs import ImagePair
from saliency import jacobian, locality
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.derivatives.kept_slopes import keep_derivative, kept_derivative
from saliency.network.device import free_bytes

SIDES = (256, 4096)
WARM_UP = 5
BLOCK = 8
"""Rows and columns of neighbours that are asked for together."""


def main() -> None:
    """Time every method at every size; print a table."""
    args = parse(__doc__, pixels=100)
    rows = []
    for name in tqdm(args.methods, desc="methods", leave=False):
        net, weights = network(name, args.checkpoints, args.device)
        for side in SIDES[: 1 if args.quick else None]:
            about = {"method": name, "weights": weights, "device": args.device, "side": side}
            timing = timed(net, pair_of(side), args.pixels, repeats=1 if args.quick else 3)
            rows.append(about | {"radius": locality(net).radius} | timing)
    report(rows, args.json)


def timed(net: nn.Module, pair: ImagePair, pixels: int, repeats: int) -> dict[str, Any]:
    """One row: the fast way over many pixels, the plain way over a few, and how far they differ."""
    places = random_pixels(pair.shape[0], pixels)
    crops = on_crops(net, pair, places)
    for pixel in places[:WARM_UP]:
        jacobian(net, pair, pixel)
    fast = summary([milliseconds(partial(jacobian, net, pair, pixel)) for pixel in places])
    block = in_blocks(net, pair, places)
    row = {**fast, **crops, "block_ms": block, **compared(net, pair, places[:repeats], fast["median_ms"])}
    return row | {"from_float64": from_float64(net, pair, places[0]) if pair.shape[0] == SIDES[0] else None}


def on_crops(net: nn.Module, pair: ImagePair, places: list[tuple[int, int]]) -> dict[str, float | None]:
    """The times without what is kept for a pair, which is kept afterwards; None where nothing is."""
    for pixel in places[:WARM_UP]:
        jacobian(net, pair, pixel)
    times = [milliseconds(partial(jacobian, net, pair, pixel)) for pixel in places]
    block = in_blocks(net, pair, places)
    made = milliseconds(partial(keep_derivative, net, pair))
    at = kept_derivative(net, pair, locality(net))
    if at is None:
        return dict.fromkeys(("crops_ms", "block_crops_ms", "made_ms", "kept_mib"))
    kept = sum(each.nbytes for slopes in at.slopes for each in slopes)
    return {
        "crops_ms": float(np.median(times)),
        "block_crops_ms": block,
        "made_ms": made,
        "kept_mib": kept / 2**20,
    }


def in_blocks(net: nn.Module, pair: ImagePair, places: list[tuple[int, int]]) -> float:
    """A pixel's time in blocks of neighbours."""
    times = []
    for row, col in places[: max(len(places) // 8, 1)]:
        top, left = (min(place, length - BLOCK) for place, length in zip((row, col), pair.shape, strict=True))
        block = [(top + down, left + across) for down in range(BLOCK) for across in range(BLOCK)]
        times.append(milliseconds(partial(jacobian_batch, net, pair, block)) / len(block))
    return float(np.median(times))


def from_float64(net: nn.Module, pair: ImagePair, pixel: tuple[int, int]) -> float:
    """How far the fast way's Jacobian is from full-image autograd in float64 on the CPU."""
    exact = full_image_jacobian(copy.deepcopy(net).double().cpu(), pair, pixel)
    return difference(jacobian(net, pair, pixel).full(), exact.full())


def compared(net: nn.Module, pair: ImagePair, places: list[tuple[int, int]], fast: float) -> dict[str, Any]:
    """The plain way's time, its ratio to the fast median, and the largest relative difference."""
    need = graph_bytes(net, pair)
    if need > 0.7 * (available_bytes() if (free := free_bytes(net)) is None else free):
        tqdm.write(f"{type(net).__name__} at {pair.shape}: the plain way needs {need / 2**30:.0f} GiB; skipped")
        return {"plain_ms": None, "ratio": None, "difference": None}
    times, differences = [], []
    for pixel in places:
        start = time.perf_counter()
        plain = full_image_jacobian(net, pair, pixel)
        times.append((time.perf_counter() - start) * 1000)
        differences.append(difference(jacobian(net, pair, pixel).full(), plain.full()))
    typical = float(np.median(times))
    return {"plain_ms": typical, "ratio": typical / fast, "difference": max(differences)}


def difference(found: tuple[np.ndarray, np.ndarray], expected: tuple[np.ndarray, np.ndarray]) -> float:
    """The largest difference, relative to the largest derivative."""
    largest = max(float(np.abs(image).max()) for image in expected)
    worst = max(float(np.abs(one - other).max()) for one, other in zip(found, expected, strict=True))
    return worst / largest if largest else worst


def graph_bytes(net: nn.Module, pair: ImagePair) -> float:
    """About how much memory the full image's graph takes: every layer's output, once more for gradients."""
    outputs = sum(layer.out_channels for layer in net.modules() if isinstance(layer, nn.Conv2d))
    norms = sum(layer.num_features for layer in net.modules() if isinstance(layer, nn.BatchNorm2d))
    return 4.0 * (4 + 2 * outputs + 2 * norms) * pair.first.size


if __name__ == "__main__":
    main()
