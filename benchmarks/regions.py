"""How long does a region of about 1,000 pixels take, every row of its Jacobian, and how much longer the plain way?

The plain way is FuseVis's: the full image's backward pass for each of the region's pixels. It is measured on a few
of them, its forward pass left out, and multiplied by their number: the figure is extrapolated, and says so.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from benchmarks.jacobian import graph_bytes
from benchmarks.timing import available_bytes, network, pair_of, parse, report
from fusion.data.pairs import ImagePair
from saliency import locality, region_rows_stream
from saliency.derivatives.jacobian import gradients_on, leaves
from saliency.geometry.masks import Mask, disk
from saliency.geometry.window import whole
from saliency.network.device import free_bytes

SIDE = 256
RADIUS = 18
"""Of the disk, in pixels; it holds 1,009 of them."""
REPEATS = 2
LONGEST = 20.0
"""Seconds after which a region that is not finished is extrapolated from the pixels done so far."""


def main() -> None:
    """Time every method on one disk; print a table."""
    args = parse(__doc__, pixels=5)
    pair = pair_of(SIDE)
    region = disk((SIDE // 2, SIDE // 2), RADIUS, pair.shape)
    rows = []
    for name in tqdm(args.methods, desc="methods", leave=False):
        net, weights = network(name, args.checkpoints, args.device)
        about = {"method": name, "weights": weights, "device": args.device, "side": SIDE}
        rows.append(about | timed(net, pair, region, args.pixels, 1 if args.quick else REPEATS))
    report(rows, args.json)


def timed(net: nn.Module, pair: ImagePair, region: Mask, pixels: int, repeats: int) -> dict[str, Any]:
    """One row: seconds for the whole region, the best of some repeats, and the plain way's, extrapolated."""
    found = locality(net)
    count = int(region.sum())
    if not found.is_local:
        return {"radius": None, "pixels": count, "seconds": None, "first_s": None, "measured_part": None} | plain(
            net, pair, region, pixels, None
        )
    times = [seconds(net, pair, region) for _ in range(repeats)]
    best, first, share = min(times)
    about = {"radius": found.radius, "pixels": count, "seconds": best, "first_s": first, "measured_part": share}
    return about | plain(net, pair, region, pixels, best)


def seconds(net: nn.Module, pair: ImagePair, region: Mask) -> tuple[float, float, float]:
    """For every row of the region's Jacobian, until the first, and which part of the pixels was measured.

    Beyond `LONGEST` the rest is extrapolated, and the part says so.
    """
    start, first, part = time.perf_counter(), 0.0, 1.0
    for rows in region_rows_stream(net, pair, region):
        spent = time.perf_counter() - start
        first, part = first or spent, rows.done / rows.total
        if spent > LONGEST:
            break
    return spent / part, first, part


def plain(net: nn.Module, pair: ImagePair, region: Mask, pixels: int, fast: float | None) -> dict[str, Any]:
    """The full image's backward pass for some of the region's pixels, times their number, and its ratio."""
    free = free_bytes(net)
    if graph_bytes(net, pair) > 0.7 * (available_bytes() if free is None else free):
        tqdm.write(f"{type(net).__name__} at {pair.shape}: the plain way does not fit into memory; skipped")
        return {"plain_each_ms": None, "plain_extrapolated_s": None, "ratio": None}
    places = np.random.default_rng(0).permutation(np.argwhere(region))[:pixels]
    with gradients_on():
        inputs = leaves(net, pair, whole(pair.shape))
        fused = net(*inputs)
    times = []
    for row, col in places.tolist():
        start = time.perf_counter()
        with gradients_on():
            torch.autograd.grad(fused[0, 0, row, col], inputs, retain_graph=True, allow_unused=True)
        times.append(time.perf_counter() - start)
    each = float(np.median(times))
    whole_region = each * int(region.sum())
    return {
        "plain_each_ms": 1000 * each,
        "plain_extrapolated_s": whole_region,
        "ratio": whole_region / fast if fast else None,
    }


if __name__ == "__main__":
    main()
