"""What the subcommands ``report`` and ``figures`` do: figures and reports without a browser."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from flask import Flask
from tqdm import tqdm

from dashboard.option_values import HOSPITAL, PAPER
from dashboard.report.collect import collected
from dashboard.report.export_request import ExportRequest, network_names, parse_export
from dashboard.report.hospital_files import hospital_caution, hospital_place
from dashboard.report.render import rendered
from dashboard.report.view import ReportColumn, ReportView
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings, from_environment
from fusion import ImagePair, InputError
from fusion.cli.arguments import check_place, report
from fusion.cli.inputs import chosen_pair
from fusion.cli.outgoing_files import chosen_source
from fusion.data.outgoing.source_slice import SourceSlice
from fusion.method.checkpoints import write_whole
from saliency import fused_image, locality
from saliency.derivatives.guidance import takes_few_passes
from saliency.geometry.window import check_pixel

SUFFIXES = {".dcm": "capture", ".gz": "nifti"}
"""What the name of a file says that is not the name of its format."""
PATIENCE = 0.5
"""Seconds between two looks at guidance that is still computed."""


def run_report(args: argparse.Namespace) -> None:
    """Write one figure, its values or a report, as the command line says."""
    kind = args.format or SUFFIXES.get(args.out.suffix, args.out.suffix.removeprefix("."))
    if not kind:
        raise InputError("Say what kind of file is wanted: --format pdf, or a name that ends with .pdf.")
    if args.panel is not None and args.what != "panel":
        raise InputError("--panel goes with --what panel.")
    if kind not in HOSPITAL and (args.reference is not None or args.keep_identifiers):
        raise InputError(f"--reference and --keep-identifiers go with --format {', '.join(HOSPITAL)}.")
    export_request = _request(args, args.what, kind)
    pixels = args.pixel or []
    if len(pixels) > 1 and args.what not in PAPER:
        raise InputError(f"{args.what} shows one pixel; give --pixel once.")
    names = network_names(args.networks)
    if args.what in ("panel", "explore") and len(names) > 1:
        raise InputError(f"{args.what} shows one network, not {len(names)}; use --what compare for several.")
    check_place(args.out)
    _write(args, {args.out: export_request}, names)


def run_figures(args: argparse.Namespace) -> None:
    """Write the paper's figures for a pair, as the command line says."""
    requests = {args.out / f"{what}.{args.format}": _request(args, what, args.format) for what in PAPER}
    names = network_names(args.networks)
    check_place(args.out)
    if args.out.is_file():
        raise InputError(f"{args.out} is a file; --out names the folder that the figures go into.")
    args.out.mkdir(exist_ok=True)
    _write(args, requests, names)


def _request(args: argparse.Namespace, what: str, kind: str) -> ExportRequest:
    parameters = {
        name: getattr(args, name) for name in ("dpi", "gamma1", "gamma2", "display", "colormap", "window")
    }
    parameters |= {"color": str(int(args.color)), "shared": str(int(not args.own_scales))}
    parameters["percent"] = str(args.within or 0)
    parameters["identifiers"] = str(int(getattr(args, "keep_identifiers", False)))
    if what == "panel":
        parameters["panel"] = args.panel or ""
    return parse_export(what, kind, parameters)


def _write(args: argparse.Namespace, requests: dict[Path, ExportRequest], names: Sequence[str]) -> None:
    """Every file of ``requests``, each whole or not at all."""
    service = SaliencyService(chosen_settings(args), Flask(__name__))
    try:
        pair = named_pair(args, service)
        is_for_hospital = any(each.kind in HOSPITAL for each in requests.values())
        source = chosen_source(args, pair) if is_for_hospital else None
        centre = pair.shape[0] // 2, pair.shape[1] // 2
        pixels = [check_pixel(each, pair.shape) for each in args.pixel or [centre]]
        through = [_fused_pair(service, pair, name) for name in names]
        for file, export_request in requests.items():
            if export_request.needs_guidance:
                _finish(service, through, export_request.within)
            views = collected(service, pair, through, pixels, export_request)
            write_whole(file, rendered(export_request, views, date.today(), source=source))
            print(f"wrote {file}")
            for told in _told(export_request, views[0], source):
                report(told)
    finally:
        service.jobs.close()


def _told(export_request: ExportRequest, view: ReportView, source: SourceSlice | None) -> Iterator[str]:
    """What a person should know of a file for a hospital."""
    keeps = export_request.keeps_identifiers
    told = (
        hospital_place(export_request, view, source),
        hospital_caution(export_request.kind, keeps_identifiers=keeps),
    )
    yield from filter(None, told)


def chosen_settings(args: argparse.Namespace) -> Settings:
    """The environment's settings, with the folders that a command line names."""
    chosen = {"cache": args.cache, "checkpoints": args.checkpoints, "pairs": args.pairs and (args.pairs,)}
    named = {name: value for name, value in chosen.items() if value is not None}
    return replace(from_environment(os.environ), **named, same_space=args.same_space)


def named_pair(args: argparse.Namespace, service: SaliencyService) -> ImagePair:
    """The pair of a folder, or the two files, that a command line names."""
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


def _finish(service: SaliencyService, through: Sequence[FusedPair | ReportColumn], within: float) -> None:
    """Compute guidance that is not kept from before, with a progress bar for each network."""
    for fused_pair in through:
        if not isinstance(fused_pair, FusedPair):
            continue
        snapshot = service.guidance(fused_pair, within=within)
        if snapshot.is_complete:
            continue
        if not within and not takes_few_passes(fused_pair.loaded.network, fused_pair.pair):
            report(f"{fused_pair.loaded.name} takes a pass for each pixel; --within 3 estimates guidance to 3 %.")
        with tqdm(desc=f"guidance, {fused_pair.loaded.name}", unit="pass") as bar:
            while not snapshot.is_complete and not snapshot.failure:
                service.guidance_queue.wait(service.guidance_key(fused_pair, within), snapshot.done, PATIENCE)
                snapshot = service.guidance(fused_pair, within=within)
                bar.total = snapshot.total or None
                bar.update(snapshot.done - bar.n)
