"""What the subcommands of ``python -m saliency`` do: compute, write STEM.npz and STEM.png, print the read-out."""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from torch import nn
from tqdm import tqdm

from fusion.cli.arguments import report
from fusion.cli.inputs import ChosenNetwork, chosen_network, chosen_pair, refuse_misfits
from fusion.data.outgoing.quantity import GUIDANCE, JACOBIAN
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import write_whole
from saliency.cli.map_figures import guidance_figure, jacobian_figure
from saliency.cli.outgoing_maps import OutgoingMaps, outgoing_slice, write_outgoing
from saliency.cli.stem import target
from saliency.derivatives.estimated_guidance import estimated_guidance_stream
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.guidance import Guidance, guidance_stream, takes_few_passes
from saliency.derivatives.jacobian import Jacobian, jacobian
from saliency.geometry.window import check_pixel
from saliency.measures.display import check_display
from saliency.measures.guidance_correlation import NO_CORRELATION, Correlation, correlation
from saliency.measures.influence import Influence, influence
from saliency.network.graph_memory import graph_bytes
from saliency.receptive_field.locality import locality
from saliency.validation.checked_network import checked_on_pair
from saliency.validation.pair_check import MOST_BYTES

RESOLUTION = 150  # dots per inch


def run_jacobian(args: argparse.Namespace) -> None:
    """Compute one Jacobian as the command line says."""
    asked, pair = chosen(args)
    network = asked.network
    check_pixel(args.pixel, pair.shape)
    outgoing = outgoing_slice(args, pair)
    report_fallback(network)
    start = time.perf_counter()
    J = jacobian(network, pair, args.pixel)
    milliseconds = (time.perf_counter() - start) * 1000
    arrays = {
        "first": J.first,
        "second": J.second,
        "window": np.array(J.area),
        "shape": np.array(J.shape),
        "pixel": np.array(J.pixel),
        "fused": np.float32(J.fused),
    }
    draw = partial(jacobian_figure, J, mode=args.display, gamma=args.gamma)
    write_results(args, asked, pair, arrays, draw(pair=pair))
    if outgoing is not None:
        where = f"pixel row {J.pixel[0]}, column {J.pixel[1]}"
        write_outgoing(args, outgoing, asked, pair, OutgoingMaps(JACOBIAN, J.full(), draw, (where,)))
    print(jacobian_readout(J, influence(J), pair.names, milliseconds))


def write_guidance(args: argparse.Namespace, asked: ChosenNetwork, pair: ImagePair) -> None:
    """Compute both guidance images of a pair as the command line says, with a progress bar."""
    network = asked.network
    outgoing = outgoing_slice(args, pair)
    report_fallback(network)
    stream = _guidance_stream(network, pair, args.within)
    start = time.perf_counter()
    with tqdm(desc="guidance", unit="pass") as bar:
        for G in stream:
            bar.total = G.total
            bar.update()
    seconds = time.perf_counter() - start
    fused = fused_image(network, pair)
    arrays = {"first": G.first, "second": G.second, "fused": fused}
    if G.error is not None:
        arrays["error"] = np.array(G.error.largest, dtype=np.float32)
    off = "" if G.error is None else f"estimated, ± {G.error.largest:.2g} at {G.error.pixels} pixels"
    draw = partial(guidance_figure, G.first, G.second, fused, mode=args.display, gamma=args.gamma, note=off)
    write_results(args, asked, pair, arrays, draw(pair=pair))
    if outgoing is not None:
        details = (off,) if off else ()
        write_outgoing(args, outgoing, asked, pair, OutgoingMaps(GUIDANCE, (G.first, G.second), draw, details))
    effort = f"{G.total} passes in {seconds:.1f} s"
    print(
        f"{off}, {effort}\n{NO_CORRELATION}" if off else guidance_readout(correlation(G.first, G.second), effort)
    )


def _guidance_stream(network: nn.Module, pair: ImagePair, within: float | None) -> Iterator[Guidance]:
    """Exact, or estimated ``within`` so many per cent where exact guidance takes a pass for each pixel."""
    found = locality(network)
    if found.crops(pair.shape) or (found.held is not None and takes_few_passes(network, pair)):
        return guidance_stream(network, pair)
    if within is not None and not found.is_local:
        return estimated_guidance_stream(network, pair, within / 100)
    passes = pair.shape[0] * pair.shape[1]
    report(
        f"That is a pass for each of the {passes} pixels; the bar tells how long, Ctrl-C ends it, and --within 3 "
        "estimates it to 3 %."
    )
    return guidance_stream(network, pair)


def chosen(args: argparse.Namespace) -> tuple[ChosenNetwork, ImagePair]:
    """The network and the pair, once everything that can be refused at once has been looked at."""
    check_look_and_place(args)
    asked, pair = chosen_network(args), chosen_pair(args)
    refuse_misfits([asked], pair)
    return checked(asked, pair), pair


def check_look_and_place(args: argparse.Namespace) -> None:
    """Refuse a look that there is not, and a place where nothing can be written."""
    check_display(args.display, args.gamma)
    if args.out.name in ("", "..", ".npz", ".png"):
        raise InputError(f"{args.out} names no file; write --out STEM, such as --out case30.")
    if not args.out.absolute().parent.is_dir():
        raise InputError(f"The folder {args.out.absolute().parent} does not exist; make it first.")


def checked(asked: ChosenNetwork, pair: ImagePair) -> ChosenNetwork:
    """The network, taken for one that sees the whole image where crops turn out to be wrong on this pair."""
    if locality(asked.network).crops(pair.shape) and graph_bytes(asked.network, pair.shape) > MOST_BYTES:
        report("Crops are compared with the whole image on this pair first; that takes a minute, once.")
    return replace(asked, network=checked_on_pair(asked.network, pair))


def report_fallback(network: nn.Module) -> None:
    """Say why a network is not local, where it is not."""
    if reason := locality(network).reason:
        report(reason)


def write_results(
    args: argparse.Namespace, asked: ChosenNetwork, pair: ImagePair, arrays: Mapping[str, Any], figure: Figure
) -> None:
    """Both files, each whole or not at all; the NPZ needs no pickle to be read."""
    origin: dict[str, Any] = {
        "method": asked.name,
        "weights_sha256": asked.weights,
        "pair_sha256": pair.content_hash,
        "pair": pair.title,
        "names": np.array(pair.names),
        "remarks": np.array(pair.sentences, dtype=np.str_),
    }
    if pair.origin is not None:
        origin["volumes"] = json.dumps(pair.origin.facts())
    data, picture = io.BytesIO(), io.BytesIO()
    contents: dict[str, Any] = {**arrays, **origin}
    np.savez_compressed(data, **contents)
    figure.savefig(picture, format="png", dpi=RESOLUTION)
    for suffix, buffer in ((".npz", data), (".png", picture)):
        write_whole(target(args.out, suffix), buffer.getvalue())
        print(f"wrote {target(args.out, suffix)}")


def jacobian_readout(J: Jacobian, found: Influence, names: tuple[str, str], milliseconds: float) -> str:
    """What the dashboard shows beside a pixel, as lines of text."""
    at = J.pixel[0] - J.area.top, J.pixel[1] - J.area.left
    lines = [f"pixel (row {J.pixel[0]}, column {J.pixel[1]})  y = {J.fused:.4f}  ({milliseconds:.1f} ms)"]
    rows = (
        (names[0], J.first[at], found.total_first, found.share_first, found.radius_first),
        (names[1], J.second[at], found.total_second, found.share_second, found.radius_second),
    )
    for name, own, total, share, radius in rows:
        share_text = "no share" if share is None else f"share {share:.1%}"
        radius_text = "no radius" if radius is None else f"90 % within {radius:.1f} pixels"
        own_text = "no slope here" if np.isnan(own) else f"∂y/∂x here {own:+.4e}"
        total_text = "no total" if np.isnan(total) else f"Σ|∂y/∂x| {total:.4e}"
        lines.append(f"{name}: {own_text}, {total_text}, {share_text}, {radius_text}")
    return "\n".join(lines)


def guidance_readout(found: Correlation, effort: str) -> str:
    """The correlations of the scatterplot and what they cost, as a line of text."""
    return f"{found}  ({found.count} pixels, {effort})"
