"""``python -m dashboard report`` and ``python -m dashboard figures``: figures and reports without a browser."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from flask import Flask
from tqdm import tqdm

from dashboard.components.choices import WINDOWS
from dashboard.imaging.colormaps import SEQUENTIAL
from dashboard.report.collect import collected
from dashboard.report.export_request import (
    FORMATS,
    METHODS,
    PAPER,
    PICTURES,
    ExportRequest,
    network_names,
    parse_export,
)
from dashboard.report.render import rendered
from dashboard.report.view import DisplayLook, ReportColumn
from dashboard.service.saliency_service import FusedPair, SaliencyService
from dashboard.settings import from_environment
from fusion import ImagePair, InputError
from fusion.cli.arguments import Words, add_pair, add_word, check_place, chosen_pair, report
from fusion.cli.running import run
from fusion.method.checkpoints import write_whole
from saliency import fused_image, locality
from saliency.cli.saliency_maps import pixel
from saliency.geometry.window import check_pixel
from saliency.measures.display import MODES

PATIENCE = 0.5
"""Seconds between two looks at guidance that is still computed."""


def main(arguments: list[str]) -> int:
    """Write one report or the paper's figures; see `fusion.cli.running.run` for the exit codes."""
    return run(
        "python -m dashboard",
        "Export figures, values and reports without a browser.",
        (_describe_report, _describe_figures),
        "nothing more was written",
        arguments,
    )


def _describe_report(words: Words) -> None:
    parser = add_word(
        words,
        "report",
        "a figure, its values, or a report of several pages",
        "Write one file: a report of several pages (PDF), the Explore screen, networks side by side (compare), "
        "one of Explore's panels, or one of the paper's figures, as picture or as values. Computed guidance is "
        "kept where the page keeps it, so nothing is computed twice.",
    )
    _add_choices(parser)
    parser.add_argument("--networks", default="MaskNet", metavar="NAMES", help="one to seven, with commas between")
    parser.add_argument("--what", choices=tuple(FORMATS), default="report", help="what is written")
    parser.add_argument("--panel", metavar="LETTER", help="which panel of Explore, a to q, for --what panel")
    parser.add_argument("--format", help="png, svg, pdf, csv or npz; else what the name of --out ends with")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    parser.set_defaults(run=_run_report)


def _describe_figures(words: Words) -> None:
    parser = add_word(
        words,
        "figures",
        "the paper's Figures 4 to 8 for a pair",
        "Write figure-4 (fused images), figure-5 (guidance images), figure-6 (guidance RGB), figure-7 (Jacobians) "
        "and figure-8 (scatterplots) in the arrangement of Kumar & Gumhold 2020: methods as rows, a group of "
        "columns for each --pixel.",
    )
    _add_choices(parser)
    parser.add_argument(
        "--networks", default=",".join(METHODS), metavar="NAMES", help="one to seven, with commas between"
    )
    parser.add_argument("--format", choices=PICTURES, default="pdf", help="of all five files")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into")
    parser.set_defaults(run=_run_figures)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    """Take what both commands need: a pair, pixels, and how they are displayed."""
    add_pair(parser)
    parser.add_argument("--pairs", type=Path, metavar="DIR", help="a folder of pairs, of which --pair names one")
    parser.add_argument("--pair", metavar="ID", help="its name there, or its id in the page's address")
    parser.add_argument(
        "--pixel",
        type=pixel,
        action="append",
        metavar="ROW,COL",
        help="the principal pixel, counted from 0 at the top left; else the centre; give it again for several in "
        "one of the paper's figures",
    )
    plain = DisplayLook()
    parser.add_argument(
        "--dpi", default=str(ExportRequest.dpi), help="dots per inch of a PNG and of scatterplots, 72 to 1200"
    )
    parser.add_argument("--gamma1", default=str(plain.gamma1), help="γ of the Jacobian images, 0.1 to 2")
    parser.add_argument("--gamma2", default=str(plain.gamma2), help="γ of the guidance images, 0.1 to 2")
    parser.add_argument("--display", choices=MODES, default=plain.display, help="how derivatives are shown")
    parser.add_argument("--colormap", choices=SEQUENTIAL, default=plain.colormap, help="colours of magnitudes")
    sides = ", ".join(map(str, WINDOWS))
    parser.add_argument("--window", default=str(plain.window), help=f"side of the red box in pixels: {sides}")
    parser.add_argument("--color", action="store_true", help="pictures in the colours of their files")
    parser.add_argument("--own-scales", action="store_true", help="a colour scale for each network")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="trained weights, else the shipped ones")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where computed guidance is kept")


def _run_report(args: argparse.Namespace) -> None:
    kind = args.format or args.out.suffix.removeprefix(".")
    if not kind:
        raise InputError("Say what kind of file is wanted: --format pdf, or a name that ends with .pdf.")
    if args.panel is not None and args.what != "panel":
        raise InputError("--panel goes with --what panel.")
    export_request = _order(args, args.what, kind)
    pixels = args.pixel or []
    if len(pixels) > 1 and args.what not in PAPER:
        raise InputError(f"{args.what} shows one pixel; give --pixel once.")
    names = network_names(args.networks)
    if args.what in ("panel", "explore") and len(names) > 1:
        raise InputError(f"{args.what} shows one network, not {len(names)}; use --what compare for several.")
    check_place(args.out)
    _write(args, {args.out: export_request}, names)


def _run_figures(args: argparse.Namespace) -> None:
    orders = {args.out / f"{what}.{args.format}": _order(args, what, args.format) for what in PAPER}
    names = network_names(args.networks)
    check_place(args.out)
    if args.out.is_file():
        raise InputError(f"{args.out} is a file; --out names the folder that the figures go into.")
    args.out.mkdir(exist_ok=True)
    _write(args, orders, names)


def _order(args: argparse.Namespace, what: str, kind: str) -> ExportRequest:
    words = {name: getattr(args, name) for name in ("dpi", "gamma1", "gamma2", "display", "colormap", "window")}
    words |= {"color": str(int(args.color)), "shared": str(int(not args.own_scales))}
    if what == "panel":
        words["panel"] = args.panel or ""
    return parse_export(what, kind, words)


def _write(args: argparse.Namespace, orders: dict[Path, ExportRequest], names: Sequence[str]) -> None:
    """Every file of ``orders``, each whole or not at all."""
    chosen = {"cache": args.cache, "checkpoints": args.checkpoints, "pairs": args.pairs and (args.pairs,)}
    settings = replace(
        from_environment(os.environ), **{name: value for name, value in chosen.items() if value is not None}
    )
    service = SaliencyService(settings, Flask(__name__))
    try:
        pair = _pair(args, service)
        centre = pair.shape[0] // 2, pair.shape[1] // 2
        pixels = [check_pixel(each, pair.shape) for each in args.pixel or [centre]]
        through = [_fused_pair(service, pair, name) for name in names]
        for file, export_request in orders.items():
            if export_request.needs_guidance:
                _finish(service, through)
            write_whole(
                file,
                rendered(export_request, collected(service, pair, through, pixels, export_request), date.today()),
            )
            print(f"wrote {file}")
    finally:
        service.jobs.close()


def _pair(args: argparse.Namespace, service: SaliencyService) -> ImagePair:
    if args.pairs is None and args.pair is None:
        return chosen_pair(args)
    if args.pairs is None or args.pair is None:
        raise InputError("--pairs DIR and --pair ID go together.")
    if not (args.first is args.second is args.phantom is args.nightscene is None):
        raise InputError("Name one pair: --pairs and --pair, --first and --second, --phantom, or --nightscene.")
    ids = [entry.id for entry in service.catalogue.entries if args.pair in (entry.id, entry.id.partition("/")[2])]
    return service.catalogue.pair(ids[0] if ids else args.pair)


def _fused_pair(service: SaliencyService, pair: ImagePair, name: str) -> FusedPair:
    loaded = service.network_pool.get(name)
    if reason := locality(loaded.network).reason:
        report(f"{loaded.name}: {reason}")
    return FusedPair(pair, loaded, fused_image(loaded.network, pair))


def _finish(service: SaliencyService, through: Sequence[FusedPair | ReportColumn]) -> None:
    """Compute guidance that is not kept from before, with a progress bar for each network."""
    for fused_pair in through:
        if not isinstance(fused_pair, FusedPair):
            continue
        snapshot = service.guidance(fused_pair)
        if snapshot.is_complete:
            continue
        with tqdm(desc=f"guidance, {fused_pair.loaded.name}", unit="pass") as bar:
            while not snapshot.is_complete and not snapshot.failure:
                service.guidance_queue.wait(fused_pair.key, snapshot.done, PATIENCE)
                snapshot = service.guidance(fused_pair)
                bar.total = snapshot.total or None
                bar.update(snapshot.done - bar.n)
