"""How long do guidance images take at 256×256, to the first picture and in all, and what would the plain way?

Compared with two things measured in the same run: one backward pass through the whole image, times the
number of passes (what colouring cannot beat), and the plain way of FuseVis, a forward and a backward pass
for every pixel. The plain way's total is extrapolated from a few pixels, not run.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from benchmarks.timing import milliseconds, network, pair_of, parse, random_pixels, report
from fusion.fusing import as_tensors
from fusion.pairs import ImagePair
from saliency import guidance_stream, locality
from saliency.jacobian import full_image_jacobian

SIDE = 256


def main() -> None:
    """Time every method; print a table."""
    args = parse(__doc__, pixels=5)
    side, repeats = (64 if args.quick else SIDE), (2 if args.quick else 5)
    rows = []
    for name in args.methods:
        net, weights = network(name, args.checkpoints)
        locality(net)  # measured once per network, not per image
        rows.append({"method": name, "weights": weights, "side": side} | timed(net, pair_of(side), repeats))
    report(rows, args.json)
    print("plain_s is extrapolated from a few pixels to all; ratios: plain to total, total to passes × one pass")


def timed(net: nn.Module, pair: ImagePair, repeats: int) -> dict[str, Any]:
    """One row."""
    start = time.perf_counter()
    first, passes = 0.0, 0
    for G in tqdm(guidance_stream(net, pair), desc=type(net).__name__, leave=False):
        first, passes = first or time.perf_counter() - start, G.total
    total = time.perf_counter() - start
    one_pass = float(np.median(backward_passes(net, pair, repeats)))
    places = random_pixels(pair.shape[0], repeats)
    plain = np.median([milliseconds(partial(full_image_jacobian, net, pair, pixel)) for pixel in places])
    plain_total = float(plain) * pair.first.size / 1000
    return {
        "passes": passes,
        "first_s": first,
        "total_s": total,
        "one_pass_ms": one_pass,
        "total_to_passes": total / (passes * one_pass / 1000),
        "plain_s": plain_total,
        "plain_to_total": plain_total / total,
    }


def backward_passes(net: nn.Module, pair: ImagePair, repeats: int) -> list[float]:
    """Milliseconds of single backward passes through one retained graph of the whole image."""
    inputs = [image.clone().requires_grad_() for image in as_tensors(net, pair)]
    fused = net(*inputs)
    seeds = torch.ones_like(fused)
    return [
        milliseconds(lambda: torch.autograd.grad(fused, inputs, seeds, retain_graph=True)) for _ in range(repeats)
    ]


if __name__ == "__main__":
    main()
