"""What ``python -m saliency attribution`` does: one attribution method for one fused pixel or region."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
from torch import nn
from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.attribution.integrated_gradients import integrated_gradients_stream
from saliency.attribution.local_attribution import diffusion_index, local_attribution_stream
from saliency.attribution.result import Attribution
from saliency.attribution.smoothgrad import smooth_gradients_stream
from saliency.cli.map_figures import attribution_figure
from saliency.cli.region import chosen_region
from saliency.cli.saliency_commands import SHAPES, WAYS
from saliency.cli.saliency_maps import chosen, report_fallback, write_results
from saliency.defaults import FIRST_BLUR, NOISE
from saliency.derivatives.target import PixelOrRegion
from saliency.geometry.window import check_pixel


def run_attribution(args: argparse.Namespace) -> None:
    """Compute one attribution as the command line says, with a progress bar."""
    of, pair = chosen(args)
    network = of.network
    asked, name = _asked(args, pair)
    report_fallback(network)
    start = time.perf_counter()
    longest = args.samples if args.by == "smooth" else args.steps
    with tqdm(desc=WAYS[args.by], unit="gradient", total=longest) as bar:
        for partial in _stream(args, network, pair, asked):
            found = partial
            bar.update(found.steps - bar.n)
    seconds = time.perf_counter() - start
    arrays = {
        "first": found.first,
        "second": found.second,
        "window": np.array(found.area),
        "shape": np.array(found.shape),
        "fused": np.float64(found.value),
        "by": args.by,
        "baseline": np.float64(np.nan if found.baseline is None else found.baseline),
        "error": np.float64(np.nan if found.error is None else found.error),
        "steps": np.int64(found.steps),
    }
    write_results(args, of, pair, arrays, attribution_figure(found, pair, name, args.display, args.gamma))
    print(attribution_readout(found, pair.names, f"{name} by {WAYS[args.by]}", seconds))


def _asked(args: argparse.Namespace, pair: ImagePair) -> tuple[PixelOrRegion, str]:
    """The one pixel or region that the flags describe, and what to call it."""
    region = any(getattr(args, shape) is not None for shape in SHAPES)
    if region == (args.pixel is not None):
        raise InputError(f"Name one pixel or one region: --pixel, --{', --'.join(SHAPES[:-1])} or --{SHAPES[-1]}.")
    if region:
        mask = chosen_region(args, pair)
        return mask, f"mean of {int(mask.sum())} pixels"
    row, col = check_pixel(args.pixel, pair.shape)
    return (row, col), f"pixel (row {row}, column {col})"


def _stream(
    args: argparse.Namespace, network: nn.Module, pair: ImagePair, asked: PixelOrRegion
) -> Iterator[Attribution]:
    if args.by == "smooth":
        sigma = NOISE if args.sigma is None else args.sigma
        return smooth_gradients_stream(network, pair, asked, args.samples, sigma, args.seed)
    if args.by == "local":
        sigma = FIRST_BLUR if args.sigma is None else args.sigma
        return local_attribution_stream(network, pair, asked, sigma, args.bound, args.steps)
    return integrated_gradients_stream(network, pair, asked, args.baseline, args.bound, args.steps)


def attribution_readout(found: Attribution, names: tuple[str, str], title: str, seconds: float) -> str:
    """The attribution in a few lines of text."""
    lines = [f"{title}: y = {found.value:.4f}  ({found.steps} gradients in {seconds:.1f} s)"]
    for modality, values in zip(names, (found.first, found.second), strict=True):
        precise = values.astype(np.float64)
        lines.append(f"{modality}: sum {precise.sum():+.4f}, sum of sizes {np.abs(precise).sum():.4f}")
    if found.baseline is not None and found.bound is not None:
        change = found.value - found.baseline
        state = "complete" if found.is_complete else "NOT complete, take more --steps"
        lines.append(
            f"baseline: y = {found.baseline:.4f}, change {change:+.4f}, attributions miss it by "
            f"{found.residual:+.1e} (error {found.error:.1e}, bound {found.bound:.1e}: {state})"
        )
    spread = diffusion_index(found)
    lines.append("diffusion index: " + ("undefined, no pixel matters" if spread is None else f"{spread:.3f}"))
    return "\n".join(lines)
