"""What the subcommand ``casefile`` does: every pixel's Jacobian of a pair through networks, as one HTML file."""

from __future__ import annotations

import argparse
from datetime import date

from flask import Flask
from tqdm import tqdm

from dashboard.report.case_file import case_file
from dashboard.report.case_windows import (
    CaseNetwork,
    about_part,
    case_windows,
    part_bytes,
    reach_of,
    refuse_large,
)
from dashboard.report.commands import chosen_settings, named_pair
from dashboard.report.export_request import network_names
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from fusion.cli.arguments import check_place, report
from fusion.cli.inputs import ChosenNetwork, own_networks, refuse_misfits
from fusion.data.outgoing.origin import BURNT_IN
from fusion.data.outgoing.unnamed import unnamed
from fusion.method.checkpoints import write_whole
from saliency import checked_on_pair, fused_image, locality
from saliency.geometry.masks import bounds, rectangle
from saliency.geometry.window import Window, check_pixel, whole

REMEDY = (
    "give a --rectangle of at most about {side} × {side} pixels, fewer networks, a smaller picture or a smaller "
    "--reach"
)
"""What helps where a file would become too large."""


def run_case_file(args: argparse.Namespace) -> None:
    """Write a case file as the command line says."""
    check_place(args.out)
    service = SaliencyService(chosen_settings(args), Flask(__name__))
    try:
        pair = named_pair(args, service)
        chosen = _chosen(args, service)
        refuse_misfits(chosen, pair)
        area = _area(args.rectangle, pair)
        networks = [_case_network(each, pair, args.reach) for each in chosen]
        refuse_large([each.reach for each in networks], area, REMEDY)
        parts = [_part(each, pair, area) for each in networks]
        write_whole(args.out, case_file(unnamed(pair), area, networks, parts, date.today()))
        print(f"wrote {args.out}")
        report(BURNT_IN)
    finally:
        service.jobs.close()


def _chosen(args: argparse.Namespace, service: SaliencyService) -> list[ChosenNetwork]:
    """The networks that are named, and those that somebody brings."""
    named = network_names(args.networks or "") if args.networks or not args.own else ()
    loaded = [service.network_pool.get(name) for name in named]
    found = [ChosenNetwork(each.name, each.network, each.weights) for each in loaded] + own_networks(args)
    network_names(",".join(each.name for each in found))  # no more than there is room for
    return found


def _area(text: str | None, pair: ImagePair) -> Window:
    """The fused pixels that are asked about."""
    if text is None:
        return whole(pair.shape)
    try:
        top, left, bottom, right = map(int, text.split(","))
    except ValueError:
        raise InputError(f"--rectangle takes ROW,COL,ROW,COL, two opposite corners, not {text!r}.") from None
    for corner in ((top, left), (bottom, right)):
        check_pixel(corner, pair.shape)
    return bounds(rectangle((top, left), (bottom, right), pair.shape))


def _case_network(chosen: ChosenNetwork, pair: ImagePair, reach: int | None) -> CaseNetwork:
    network = checked_on_pair(chosen.network, pair)
    if reason := locality(network).reason:
        report(f"{chosen.name}: {reason}")
    reaches = reach_of(chosen.name, network, pair, reach)
    return CaseNetwork(chosen.name, chosen.weights, network, fused_image(network, pair), reaches)


def _part(asked: CaseNetwork, pair: ImagePair, area: Window) -> tuple[bytes, bytes]:
    """A network's part of the file, with a progress bar."""
    pixels = area.shape[0] * area.shape[1]
    with tqdm(desc=f"Jacobians, {asked.name}", unit="pixel", total=pixels) as bar:
        for found in case_windows(asked, pair, area):
            bar.update(found.done - bar.n)
    about = about_part(asked, found, pair)
    print(
        f"{asked.name}: {sum(about['lengths']) / pixels / 1024:.3f} KiB a pixel; a value differs by at most "
        f"{found.error:.2g}, {found.relative:.2%} of its window's largest"
    )
    return part_bytes(asked, found, about)
