"""How long do guidance images take at 256×256, to the first picture and in all, and what would the plain way?

Compared with two things measured in the same run. *Coloured*: a backward pass through the whole image, its
graph retained, times (radius + 1)²: what colouring alone costs. *Plain*, FuseVis's way: a forward and a
backward pass for every pixel. Both totals are one pass times a number, not run; so is the total itself of a
network that takes thousands of passes, of which then only some are made (``passes_made``).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from benchmarks.timing import milliseconds, network, pair_of, parse, random_pixels, report
from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors
from saliency import Guidance, guidance_stream, locality
from saliency.derivatives.jacobian import full_image_jacobian

SIDE = 256
MOST = 400
"""Passes made of a network that takes more."""
CHECKED = 3
"""Pixels held to float64."""


def main() -> None:
    """Time every method; print a table."""
    args = parse(__doc__, pixels=5)
    side, repeats = (64 if args.quick else SIDE), (2 if args.quick else 5)
    rows = []
    for name in args.methods:
        net, weights = network(name, args.checkpoints, args.device)
        about = {"method": name, "weights": weights, "side": side, "device": args.device}
        rows.append(about | timed(net, pair_of(side), repeats))
    report(rows, args.json)
    print("plain_s and coloured_s are one measured pass times their number; difference: from float64 on the CPU")


def timed(net: nn.Module, pair: ImagePair, repeats: int) -> dict[str, Any]:
    """One row."""
    found = locality(net)  # measured once per network, not per image
    for _ in islice(guidance_stream(net, pair), 2):  # a GPU loads its programs first, a CPU prepares the network
        pass
    start = time.perf_counter()
    stream = guidance_stream(net, pair)
    latest = next(stream)
    first = time.perf_counter() - start
    for partial_result in tqdm(islice(stream, MOST - 1), desc=type(net).__name__, leave=False):
        latest = partial_result
    total = (time.perf_counter() - start) * latest.total / latest.done
    one_pass = float(np.median(backward_passes(net, pair, repeats)))
    passes = (found.radius + 1) ** 2 if found.is_local else pair.first.size
    places = random_pixels(pair.shape[0], repeats)
    plain = np.median([milliseconds(partial(full_image_jacobian, net, pair, pixel)) for pixel in places])
    plain_total = float(plain) * pair.first.size / 1000
    return {
        "passes": latest.total,
        "passes_made": latest.done,
        "first_s": first,
        "total_s": total,
        "colours": passes,
        "one_pass_ms": one_pass,
        "coloured_s": passes * one_pass / 1000,
        "total_to_coloured": total / (passes * one_pass / 1000),
        "plain_s": plain_total,
        "plain_to_total": plain_total / total,
        "difference": difference(net, pair, latest),
    }


def backward_passes(net: nn.Module, pair: ImagePair, repeats: int) -> list[float]:
    """Milliseconds of single backward passes through one retained graph of the whole image."""
    one_pass = retained(net, pair)
    one_pass()
    return [milliseconds(one_pass) for _ in range(repeats)]


def retained(net: nn.Module, pair: ImagePair) -> Callable[[], list[torch.Tensor]]:
    """A backward pass through the graph of the whole image, which is kept for every call."""
    inputs = [image.clone().requires_grad_() for image in as_tensors(net, pair)]
    fused = net(*inputs)
    seeds = torch.ones_like(fused)

    def one_pass() -> list[torch.Tensor]:
        gradients = torch.autograd.grad(fused, inputs, seeds, retain_graph=True, materialize_grads=True)
        return [gradient.cpu() for gradient in gradients]  # a GPU's time counts when its result is here

    return one_pass


def difference(net: nn.Module, pair: ImagePair, found: Guidance) -> float:
    """The largest difference from full-image autograd in float64 on the CPU, relative to the largest value.

    At a few of the pixels that are known, the image's first and last among them.
    """
    exact = copy.deepcopy(net).double().cpu()
    known = np.argwhere(found.known)
    values, expected = [], []
    for row, col in known[np.linspace(0, len(known) - 1, CHECKED).astype(int)].tolist():
        values.append((found.first[row, col], found.second[row, col]))
        expected.append([image[row, col] for image in full_image_jacobian(exact, pair, (row, col)).full()])
    scale = max(float(np.nanmax(np.abs(image))) for image in (found.first, found.second))
    return float(np.abs(np.array(values) - np.array(expected)).max()) / scale


if __name__ == "__main__":
    main()
