"""What ``python -m saliency region`` and ``trust`` do: a region's figures for several methods, a trust card."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
from tqdm import tqdm

from fusion.cli.arguments import check_place, report
from fusion.cli.inputs import chosen_network, chosen_pair, own_networks, refuse_misfits, registered_network
from fusion.data.csv_table import csv_table
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import write_whole
from saliency.cli.saliency_commands import SHAPES
from saliency.cli.saliency_maps import checked
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.region_rows import region_rows_stream
from saliency.geometry.masks import Mask, labelled, read_mask, ring
from saliency.geometry.region_shapes import drawn
from saliency.measures.region_figures import region_table
from saliency.measures.region_report import RegionReport, region_report
from saliency.measures.requirements import REQUIREMENTS, ranked
from saliency.receptive_field.locality import locality
from saliency.validation.misregistration import ShareUnderMoves, share_under_moves
from saliency.validation.trust_card import trust_checks

DRAWN = {"outline": "outline", "rectangle": "rect", "disk": "disk"}
"""How a drawn region is written, by the flag that gives its numbers."""


def run_region(args: argparse.Namespace) -> None:
    """Report a region for every method asked for, with a progress bar each."""
    pair = chosen_pair(args)
    region = chosen_region(args, pair)
    ring(region, args.ring)
    if args.out is not None:
        check_place(args.out)
    chosen = [registered_network(name, args.checkpoints) for name in args.methods] + own_networks(args)
    if not chosen:
        raise InputError("Name what to ask: --methods, --network or both.")
    refuse_misfits(chosen, pair)
    networks = {each.name: checked(each, pair).network for each in chosen}
    reports = {}
    for name, network in networks.items():
        if reason := locality(network).reason:
            report(reason)
        with tqdm(desc=name, unit="pixel", total=int(region.sum())) as bar:
            for rows in region_rows_stream(network, pair, region):
                bar.update(rows.done - bar.n)
        reports[name] = region_report(rows, pair, fused_image(network, pair), args.ring)
    for name, found in reports.items():
        print(region_readout(name, found, pair.names))
    print(requirements_readout(reports))
    if args.out is not None:
        write_whole(args.out, csv_table(*region_table(reports, pair.names)).encode())
        print(f"wrote {args.out}")


def chosen_region(args: argparse.Namespace, pair: ImagePair) -> Mask:
    """The one region that the flags describe."""
    given = [shape for shape in SHAPES if getattr(args, shape) is not None]
    if len(given) != 1:
        raise InputError("Name one region: --label, --mask, --outline, --rectangle or --disk.")
    if args.label is not None:
        return labelled(pair, args.label)
    if args.mask is not None:
        return read_mask(args.mask, pair.shape)
    shape, corners = next((word, getattr(args, flag)) for flag, word in DRAWN.items() if flag in given)
    return drawn(f"{shape}:{corners}", pair.shape)


def region_readout(name: str, found: RegionReport, names: tuple[str, str]) -> str:
    """One method's figures as lines of text."""
    lines = [f"{name}: {found.pixels} pixels, {_part(found.leakage)} of the influence from outside"]
    for input_index, modality in enumerate(names):
        lines.append(
            f"  {modality}: share {_part(found.share[input_index])}, "
            f"leakage {_part(found.leakages[input_index])}, "
            f"guidance mean {found.guidance_mean[input_index]:+.4f}, "
            f"mean size {found.guidance_size[input_index]:.4f}"
        )
    lines.append(f"  guidance: {found.correlation}")
    stands = ", ".join(
        f"{image} {_number(None if each is None else each.weber)} / {_number(None if each is None else each.cnr)}"
        for image, each in zip((*names, "fused"), found.contrasts, strict=True)
    )
    return "\n".join([*lines, f"  contrast (Weber / CNR) against a ring of {found.ring_width:g} pixels: {stands}"])


def requirements_readout(reports: Mapping[str, RegionReport]) -> str:
    """The four requirements with every method's number and rank, and what each is."""
    lines = []
    for number, requirement in enumerate(REQUIREMENTS, 1):
        best = "higher is better" if requirement.higher_is_better else "lower is better"
        lines.append(f"{number}. {requirement.name} ({best}): {requirement.formula}")
        for name, standing in ranked(requirement, reports).items():
            rank = "not defined here" if standing.rank is None else f"rank {standing.rank}"
            lines.append(f"   {name}: {_number(standing.value)}, {rank}")
    return "\n".join(lines)


def _part(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    return "undefined" if value is None or not np.isfinite(value) else f"{value:+.3f}"


def run_trust(args: argparse.Namespace) -> None:
    """Print a trust card, one check as each is done."""
    pair = chosen_pair(args)
    chosen = chosen_network(args)
    refuse_misfits([chosen], pair)
    for check in trust_checks(chosen.network, pair, args.pixel):
        verdict = {True: "PASS", False: "WARN", None: "NOT APPLICABLE"}[check.passed]
        print(f"{verdict}: {check.name}. {check.measured}\n      {check.meaning}", flush=True)
    print(_misregistration(share_under_moves(chosen.network, pair, args.pixel), pair.names))


def _misregistration(found: ShareUnderMoves, names: tuple[str, str]) -> str:
    """What one pixel of misregistration does to the share."""
    one, two = names
    if found.change is None or found.worst is None:
        return "MISREGISTRATION: there is no finite share to change."
    return (
        f"MISREGISTRATION: one pixel changes the share of {one}, {found.share:.1%}, by up to "
        f"{100 * found.change:.1f} percentage points ({found.worst.said(two)}).\n      {two} was moved by a "
        "pixel to each of its eight neighbouring places."
    )
