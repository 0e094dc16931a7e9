"""What do networks that see the whole image cost: a Jacobian, guidance within an error, and their memory?

One that does so by a few numbers alone has exact guidance (`saliency.derivatives.low_rank`): what that rests on is
found once a pair (``found_s``), and a pointer's Jacobian then takes ``kept_ms``, beside ``graph_ms`` by a backward
pass through the retained graph of the whole image; ``ratio`` is of these two, asked in turn. Guidance of others is
estimated (`saliency.derivatives.estimated_guidance`) to within ``--within`` per cent of its largest value.
``error`` is what it says of itself, ``found`` the largest difference at further random pixels, both as a
part of the largest value. Beside it the plain way in the same run: a backward pass for each pixel through the
retained graph (``exact_s``), and FuseVis's, a forward and a backward pass each (``plain_s``); both are a few
measured passes times their number, not run. Memory is what came on top of what the process held before. UAAFusion
takes hours of a busy machine at 256×256: ``--side`` gives it smaller pictures.

    python -m benchmarks.whole --within 10 --side 256 --json whole.json
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from benchmarks.timing import milliseconds, network, pair_of, parse, random_pixels, report
from fusion.data.pairs import ImagePair
from saliency import Guidance, guidance_stream, jacobian, locality
from saliency.derivatives.estimated_guidance import estimated_guidance_stream
from saliency.derivatives.guidance import takes_few_passes
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.kept_slopes import keep_derivative, let_go_derivatives
from saliency.derivatives.whole_image import WholeImage
from saliency.examination.measured_cost import PeakMemory
from saliency.geometry.window import Pixel

SIDE = 256
KEPT = ("found_s", "graph_ms", "kept_ms", "ratio")
WITHIN = 10.0


class SqueezeExcite(nn.Module):
    """Weighs its features by what they are on average (Hu et al. 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.head, self.last = nn.Conv2d(2, 16, 3, padding=1), nn.Conv2d(16, 1, 3, padding=1)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 16, 1), nn.Sigmoid())

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W)."""
        features = torch.relu(self.head(torch.cat((first, second), 1)))
        fused: Tensor = self.last(self.gate(features) * features)
        return fused


class Normalised(nn.Module):
    """Layers each of whose channels is taken in units of its own spread over the picture."""

    def __init__(self) -> None:
        super().__init__()
        parts = [nn.Conv2d(2, 16, 3, padding=1), nn.InstanceNorm2d(16, affine=True), nn.ReLU()]
        parts += [nn.Conv2d(16, 16, 3, padding=1), nn.InstanceNorm2d(16, affine=True), nn.ReLU()]
        self.layers = nn.Sequential(*parts, nn.Conv2d(16, 1, 3, padding=1))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W)."""
        fused: Tensor = self.layers(torch.cat((first, second), 1))
        return fused


class Attention(nn.Module):
    """Adds what attention finds between squares of pixels: within windows of them, or everywhere."""

    def __init__(self, windows: int) -> None:
        super().__init__()
        self.windows, self.square = windows, 8
        self.into = nn.Conv2d(2, 24, self.square, self.square)
        self.out = nn.ConvTranspose2d(8, 1, self.square, self.square)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W)."""
        height, width = first.shape[-2:]
        multiple = self.square * max(self.windows, 1)
        padded = F.pad(torch.cat((first, second), 1), (0, -width % multiple, 0, -height % multiple))
        return 0.5 * (first + second) + self._attended(self.into(padded))[..., :height, :width]

    def _attended(self, tokens: Tensor) -> Tensor:
        n, _, height, width = tokens.shape
        rows, cols = (self.windows, self.windows) if self.windows else (height, width)
        parts = tokens.reshape(n, 24, height // rows, rows, width // cols, cols).permute(0, 2, 4, 3, 5, 1)
        query, key, value = parts.reshape(-1, rows * cols, 24).chunk(3, -1)
        found = F.scaled_dot_product_attention(query, key, value)
        found = found.reshape(n, height // rows, width // cols, rows, cols, 8).permute(0, 5, 1, 3, 2, 4)
        image: Tensor = self.out(found.reshape(n, 8, height, width))
        return image


SMALL: Mapping[str, Callable[[], nn.Module]] = {
    "squeeze and excitation": SqueezeExcite,
    "instance norm": Normalised,
    "attention in windows": partial(Attention, 4),
    "attention everywhere": partial(Attention, 0),
}
"""Untrained networks of the kinds that many have."""


def main() -> None:
    """Time every network; print a table."""
    args = parse(__doc__, pixels=5, extra=("--within", "--side"))
    within, side = float(args.within or WITHIN) / 100, 64 if args.quick else SIDE
    own_side = int(args.side or side)
    rows = []
    for name, build in SMALL.items():
        torch.manual_seed(0)
        rows.append(
            {"network": name} | timed(build().eval().requires_grad_(False), pair_of(side), within, args.pixels)
        )
    for name in () if args.quick else ("UAAFusion",):
        net, _ = network(name, args.checkpoints)
        rows.append({"network": name} | timed(net, pair_of(own_side), within, args.pixels))
    report(rows, args.json)


def timed(net: nn.Module, pair: ImagePair, within: float, pixels: int) -> dict[str, Any]:
    """One row."""
    places, memory = random_pixels(pair.shape[0], pixels), PeakMemory()
    is_local = locality(net).is_local
    with memory.watched():
        jacobian(net, pair, places[0])
    times = [milliseconds(partial(jacobian, net, pair, pixel)) for pixel in places]
    plain = [milliseconds(partial(full_image_jacobian, net, pair, pixel)) for pixel in places[:3]]
    is_exact = takes_few_passes(net, pair)
    kept = kept_beside_graph(net, pair, places) if is_exact and not is_local else dict.fromkeys(KEPT)
    let_go_derivatives(net)
    stream = guidance_stream(net, pair) if is_exact else estimated_guidance_stream(net, pair, within)
    start, held = time.perf_counter(), PeakMemory()
    with held.watched():
        *_, latest = tqdm(stream, desc=type(net).__name__, leave=False)
    seconds = time.perf_counter() - start
    pass_s = seconds / latest.total if kept["graph_ms"] is None else kept["graph_ms"] / 1000
    return {
        "side": pair.shape[0],
        "radius": locality(net).radius if is_local else None,
        "jacobian_ms": float(np.median(times)),
        "plain_ms": float(np.median(plain)),
        **kept,
        "jacobian_gib": gib(memory),
        "passes": latest.total,
        "guidance_s": seconds,
        "guidance_gib": gib(held),
        **errors(net, pair, latest),
        "exact_s": pass_s * pair.first.size if not is_local else seconds,
        "plain_s": float(np.median(plain)) * pair.first.size / 1000,
    }


def kept_beside_graph(net: nn.Module, pair: ImagePair, pixels: list[Pixel]) -> dict[str, float | None]:
    """What finding the derivative took, and a pixel by it and by the graph of the whole image, in turn."""
    image, start = WholeImage(net, pair), time.perf_counter()
    keep_derivative(net, pair)
    found = time.perf_counter() - start
    ways = image.jacobian, partial(jacobian, net, pair)
    times = [[milliseconds(partial(way, pixel)) for way in ways] for pixel in pixels]
    graph, kept = np.median(times, axis=0).tolist()
    return dict(zip(KEPT, (found, graph, kept, graph / kept), strict=True))


def gib(memory: PeakMemory) -> float | None:
    """The most that was taken, in GiB; None where the system does not tell."""
    return None if memory.bytes is None else memory.bytes / 2**30


def errors(net: nn.Module, pair: ImagePair, found: Guidance) -> dict[str, float | None]:
    """What guidance says of its error, and what is found elsewhere, as parts of its largest value."""
    largest = max(float(np.abs(each).max()) for each in (found.first, found.second))
    off = 0.0
    for pixel in random_pixels(pair.shape[0], 40)[-16:]:
        J = full_image_jacobian(net, pair, pixel)
        shown = found.first[pixel], found.second[pixel]
        off = max(off, *(abs(float(one - each[pixel])) for one, each in zip(shown, J.full(), strict=True)))
    said = None if found.error is None else found.error.largest / largest
    return {"error": said, "found": off / largest}


if __name__ == "__main__":
    main()
