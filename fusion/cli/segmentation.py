"""``python -m fusion segmentation``: which fused images can be segmented, class by class, on unseen phantoms."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from fusion.cli.arguments import check_place
from fusion.cli.evaluate import chosen_methods, installed
from fusion.cli.inputs import check_device, own_networks, use_threads
from fusion.cli.training_images import FIRST_TRAINING_PHANTOM
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.evaluation.segmentation_study import Segmentation, SegmenterRecipe, fused_slices, judged, study
from fusion.method.checkpoints import load, write_whole
from fusion.method.rules import RULES, Rule
from fusion.networks.uaafusion import UAAFusion
from fusion.synthetic.cohort import cohort
from fusion.synthetic.labels import CLASSES

FIRST_STUDY_PHANTOM = 100_000
"""Phantoms that the study's segmenters learn from; no network has seen them."""


def run(args: argparse.Namespace) -> None:
    """Measure as the command line says; one line a way of fusing, printed as soon as it is finished."""
    use_threads(args)
    check_device(args.device)
    if args.csv is not None:
        check_place(args.csv)
    if args.unseen > FIRST_TRAINING_PHANTOM:
        raise InputError(f"Phantoms from {FIRST_TRAINING_PHANTOM} on are learned from; ask for fewer.")
    if args.side > args.size:
        raise InputError(f"Crops of {args.side} pixels do not fit into phantoms of {args.size}; give --side less.")
    device = torch.device(args.device)
    fusers = _fusers(args, device)
    learned = cohort(range(FIRST_STUDY_PHANTOM, FIRST_STUDY_PHANTOM + args.phantoms), args.size)
    unseen = cohort(range(args.unseen), args.size)
    print(_line("IoU in %", [*CLASSES, "mean without background"]), flush=True)
    rows = []
    with tqdm(total=len(fusers) * args.seeds, desc="segmenters", leave=False) as bar:
        for row in study(fusers, learned, unseen, _recipes(args), device, done=bar.update):
            rows.append(row)
            bar.clear()
            print(_formatted(row), flush=True)
    for row in _own_segmenters(fusers, unseen, device):
        rows.append(row)
        print(_formatted(row), flush=True)
    if args.csv is not None:
        write_csv(rows, args.csv)


def _recipes(args: argparse.Namespace) -> list[SegmenterRecipe]:
    recipe = SegmenterRecipe(steps=args.steps, side=args.side, batch=args.batch, learning_rate=args.learning_rate)
    return [replace(recipe, seed=seed) for seed in range(args.seeds)]


def _fusers(args: argparse.Namespace, device: torch.device) -> dict[str, Rule]:
    chosen = chosen_methods(args.methods)
    plain = {method.name: load(method.name) for method in chosen if not method.trained}
    networks = installed([method for method in chosen if method.trained], args.checkpoints)
    own = {each.name: each.network for each in own_networks(args)}
    rules = RULES if args.rules else {}
    fusers: dict[str, Rule] = {**rules, **plain, **networks, **own}
    return {name: fuser.to(device) if isinstance(fuser, nn.Module) else fuser for name, fuser in fusers.items()}


def _own_segmenters(
    fusers: Mapping[str, Rule], unseen: Sequence[ImagePair], device: torch.device
) -> Iterable[Segmentation]:
    """What the segmenter inside a network makes of its fused image and of both inputs."""
    for name, network in fusers.items():
        if isinstance(network, UAAFusion):
            shown: dict[str, Rule] = {
                "": network,
                ", first image": RULES["copy of first"],
                ", second image": RULES["copy of second"],
            }
            for suffix, fuser in shown.items():
                found = judged(network.segmenter, list(fused_slices(unseen, fuser, device)), device)
                yield Segmentation(f"{name}'s own segmenter{suffix or ', fused image'}", (found,))


def _formatted(row: Segmentation) -> str:
    columns = [row.values(name) for name in CLASSES] + [row.means]
    return _line(row.name, [_percent(values) for values in columns])


def _percent(values: Sequence[float]) -> str:
    if not values:
        return "none"
    spread = f" ± {100 * np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.1f}{spread}"


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:<40}" + "".join(f"{cell:>16}" for cell in cells)


def write_csv(rows: Sequence[Segmentation], path: Path) -> None:
    """Write every class's overlap of every run, whole or not at all; empty where a class never occurs."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("fusion", "seed", "class", "iou"))
    for row in rows:
        for seed, run_overlaps in enumerate(row.runs):
            for each in run_overlaps:
                writer.writerow((row.name, seed, each.name, "" if each.iou is None else f"{each.iou:.5f}"))
    write_whole(path, text.getvalue().encode())
