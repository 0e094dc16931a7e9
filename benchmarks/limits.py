"""What bounds a Jacobian and a guidance pass: how near are they to the most that these cores can do?

Multiplications are counted as torch runs them, and the time is taken, of three things at 256×256: the
Jacobian of one pixel on its shrinking window, forward and backward; one guidance pass as
`saliency.network.blockwise` makes it; and one as colouring alone would, backward through the whole image's
retained graph. The rate that comes of it stands beside the rate of a large 3×3 convolution and of a matrix
product on the same cores in the same run. ``limit_ms`` is what the counted work would take at the
convolution's rate, were there nothing else. Products with the padding's zeros are counted, though a library
may leave them out: on the small blocks of a blockwise pass they are many, and its rate can come out above the
peak.

The shares say where the time goes: convolutions forward and backward (torch.profiler), watching whether the
network changed, cutting out and converting the inputs, and the ``rest``: pointwise steps, rearranging,
autograd and Python. Times are minima; profiled runs are not those that are timed.

    python -m benchmarks.limits --threads 2 --json limits.json
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.profiler import ProfilerActivity, profile
from tqdm import tqdm

from benchmarks.guidance import retained
from benchmarks.timing import milliseconds, network, pair_of, parse, report
from fusion.data.pairs import ImagePair
from saliency import jacobian, locality
from saliency.derivatives.jacobian import leaves
from saliency.geometry.lattices import lattices_of
from saliency.geometry.window import single, whole
from saliency.network.blockwise import chunks_of, diagonal, linearised
from saliency.network.flops import multiplications_of
from saliency.network.optimized import optimized, optimized_plan

SIDE = 256
CONVOLVED = ((32, 256), (64, 256), (128, 128), (256, 128))
"""Channels, in and out, and side of the convolutions of which the fastest is the peak."""
MULTIPLIED = 1536
"""Side of the matrices whose product is timed beside it."""
FORWARD, BACKWARD = "aten::conv2d", "aten::convolution_backward"
"""What torch.profiler calls a convolution, with all that it calls, and its gradient."""


def main() -> None:
    """Count and time every trained local method; print a table."""
    args = parse(__doc__, pixels=60)
    peak, found = convolution_peak(), []
    for name in tqdm(args.methods, desc="methods", leave=False):
        net, weights = network(name, args.checkpoints, args.device)
        if weights == "trained" and locality(net).is_local:
            found += [{"method": name} | row for row in rows_of(net, pair_of(SIDE), args.pixels)]
            peak = max(peak, convolution_peak())  # shared cores are not equally fast all the time
    peaks = {"3×3 convolution": peak, "matrix product": product_peak()}
    rows = [against(row, peak) for row in found]
    heads = dict.fromkeys(rows[0]) if rows else {}
    report([*(heads | {"method": name, "gflop_s": rate} for name, rate in peaks.items()), *rows], args.json)
    print("mmul: million multiplications; of_peak: of the 3×3 convolution's rate; shares are parts of ms")


def convolution_peak() -> float:
    """GFLOP/s of the fastest of some 3×3 convolutions that are large enough to be nothing but arithmetic."""
    rates = []
    for channels, side in CONVOLVED:
        features = torch.rand(1, channels, side, side).contiguous(memory_format=torch.channels_last)
        weight = torch.rand(channels, channels, 3, 3).contiguous(memory_format=torch.channels_last)
        rates.append(_rate(partial(F.conv2d, features, weight, padding=1)))
    return max(rates)


def product_peak() -> float:
    """GFLOP/s of a large matrix product."""
    one, other = torch.rand(2, MULTIPLIED, MULTIPLIED)
    return _rate(lambda: one @ other)


def _rate(action: Callable[[], object], repeats: int = 8) -> float:
    action()
    return 2e-6 * multiplications_of(action) / min(milliseconds(action) for _ in range(repeats))


def rows_of(net: nn.Module, pair: ImagePair, repeats: int) -> list[dict[str, Any]]:
    """What a Jacobian and both kinds of guidance pass take; a network without a plan has no blockwise one."""
    pixel = pair.shape[0] // 2, pair.shape[1] // 2
    area = locality(net).window(single(pixel), pair.shape)
    beside = {"watching": partial(_watch, net), "converting": partial(leaves, optimized(net), pair, area)}
    works: dict[str, Callable[[], object]] = {
        "Jacobian": partial(jacobian, net, pair, pixel),
        "guidance pass, blockwise": blockwise_pass(net, pair),
        "guidance pass, whole image": retained(optimized(net), pair),
    }
    return [
        {"work": name}
        | measured(work, repeats if name == "Jacobian" else max(repeats // 10, 2))
        | _shares(work, beside if name == "Jacobian" else {})
        for name, work in works.items()
        if work is not None
    ]


def blockwise_pass(net: nn.Module, pair: ImagePair) -> Callable[[], object] | None:
    """One lattice of the guidance images as the CPU computes it, blockwise backwards; None without a plan."""
    plan, area = optimized_plan(net), whole(pair.shape)
    if plan is None:
        return None
    with torch.no_grad():
        at = linearised(plan, [leaf.detach() for leaf in leaves(optimized(net), pair, area)])
    lattice = lattices_of(area, plan.radius + 1)[0]

    def one_pass() -> None:
        with torch.no_grad():
            for part in chunks_of(at, lattice):
                diagonal(at, part)

    return one_pass


def measured(work: Callable[[], object], repeats: int) -> dict[str, Any]:
    """Multiplications, time and rate."""
    work()
    counted = multiplications_of(work)
    times = [milliseconds(work) for _ in range(repeats)]
    return {
        "mmul": counted / 1e6,
        "mflop": 2 * counted / 1e6,
        "ms": min(times),
        "median_ms": float(np.median(times)),
        "gflop_s": 2 * counted / min(times) / 1e6,
    }


def against(row: dict[str, Any], peak: float) -> dict[str, Any]:
    """The row, and what its work would take at the peak's rate, in GFLOP/s."""
    return row | {"limit_ms": row["mflop"] / peak, "of_peak": row["gflop_s"] / peak}


def _watch(net: nn.Module) -> None:
    """What a Jacobian asks before it trusts what it remembers of a network."""
    locality(net)
    optimized(net)


def _shares(
    work: Callable[[], object], beside: dict[str, Callable[[], object]], runs: int = 5
) -> dict[str, float]:
    """Parts of the time of ``work``: its convolutions, what is done ``beside`` them, and the rest."""
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        total = sum(milliseconds(work) for _ in range(runs))
    spent = {each.key: each.cpu_time_total / 1000 for each in seen.key_averages()}
    shares = {"forward": spent.get(FORWARD, 0.0) / total, "backward": spent.get(BACKWARD, 0.0) / total}
    alone = min(milliseconds(work) for _ in range(runs))
    for name in ("watching", "converting"):
        action = beside.get(name)
        shares[name] = min(milliseconds(action) for _ in range(runs)) / alone if action else 0.0
    return shares | {"rest": 1 - sum(shares.values())}


if __name__ == "__main__":
    main()
