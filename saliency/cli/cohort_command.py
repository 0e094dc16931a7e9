"""What ``python -m saliency cohort`` does: slices through networks, going on where it stopped."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from fusion.cli.arguments import report
from fusion.cli.inputs import ChosenNetwork, read_collections, registered_network, use_threads
from fusion.cli.judged_pairs import chosen_pairs
from fusion.data.collection import PairFiles
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.evaluation.method_table import evenly_spaced
from fusion.method.learned_cases import VERY_CASES, said_of
from fusion.method.registry import find
from saliency.cli.saliency_maps import checked
from saliency.cohort.cohort_files import COLUMNS, SUMMARY, TABLE, write_cohort
from saliency.cohort.cohort_run import CohortNetwork, CohortProgress, CohortSlice, cohort_stream
from saliency.cohort.kept_figures import KeptFigures

KEPT = "results"
"""The folder below ``--out`` that a re-run goes on from."""


def run_cohort(args: argparse.Namespace) -> int:
    """Measure as the command line says; 1 where a slice was passed over."""
    use_threads(args)
    args.out.mkdir(parents=True, exist_ok=True)
    asked = [registered_network(name, args.checkpoints) for name in dict.fromkeys(args.networks)]
    slices = chosen_cohort(args, [each.name for each in asked if each.weights])
    networks = [CohortNetwork(each.name, each.weights, _prepared(each)) for each in asked]
    found = _measured(slices, networks, args)
    if not found.rows:
        raise InputError(f"No slice could be measured; the first one: {found.failures[0].sentence}")
    learned = _learned(slices, asked, args.checkpoints)
    for sentence in (
        *_warned(learned),
        *write_cohort(found, args.out, _about(slices, asked, args, learned), args.seed),
    ):
        report(sentence)
    print(_told(found, args.out))
    return 1 if found.failures else 0


def chosen_cohort(args: argparse.Namespace, learners: Sequence[str]) -> list[CohortSlice]:
    """The slices of the wanted cases, ``--per-case`` of each, evenly spaced; by default of unseen cases."""
    args.cases = args.cases and tuple(args.cases)
    collections = read_collections(args.folders, same_space=args.same_space)
    found = []
    for title, pairs in chosen_pairs(args, collections, [find(name).name for name in learners]).items():
        cases: dict[str, list[PairFiles]] = {}
        for files in pairs:
            cases.setdefault(files.case, []).append(files)
        for case, slices in cases.items():
            wanted = len(slices) if args.per_case is None else args.per_case
            chosen = [slices[place] for place in evenly_spaced(len(slices), wanted)]
            found += [CohortSlice(Path(title).name, case, files.title, files.read) for files in chosen]
    return found


def _prepared(asked: ChosenNetwork) -> Callable[[ImagePair], nn.Module]:
    return lambda pair: checked(asked, pair).network


def _measured(
    slices: Sequence[CohortSlice], networks: Sequence[CohortNetwork], args: argparse.Namespace
) -> CohortProgress:
    """With a bar that tells the time left, and a line on stderr for each slice that is passed over."""
    stream = cohort_stream(slices, networks, KeptFigures(args.out / KEPT), args.pixels, args.seed)
    told = 0
    with tqdm(desc="cohort", unit="slice", total=len(slices) * len(networks)) as bar:
        for found in stream:
            bar.initial, bar.n = found.found_before, found.done  # what was there before tells no pace
            bar.refresh()
            for failure in found.failures[told:]:
                through = f" through {failure.network}" if failure.network else ""
                report(f"{failure.collection}: {failure.title}{through} is passed over. {failure.sentence}")
            told = len(found.failures)
    return found


def _learned(
    slices: Sequence[CohortSlice], networks: Sequence[ChosenNetwork], folder: Path
) -> dict[str, dict[str, str]]:
    """What each trained network has learned from, seen from the measured cases of each collection."""
    cases: dict[str, set[str]] = {}
    for each in slices:
        cases.setdefault(each.collection, set()).add(each.case)
    trained = [find(each.name).name for each in networks if each.weights]
    return {name: {title: said_of(name, title, of, folder) for title, of in cases.items()} for name in trained}


def _warned(learned: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A line for each network that knows measured cases: what is measured there may flatter."""
    return [
        f"{name} has learned from {said}; what is measured there may flatter."
        for name, told in learned.items()
        for said in told.values()
        if said.startswith(VERY_CASES)
    ]


def _about(
    slices: Sequence[CohortSlice],
    networks: Sequence[ChosenNetwork],
    args: argparse.Namespace,
    learned: Mapping[str, Mapping[str, str]],
) -> Mapping[str, Any]:
    return {
        "collections": list(dict.fromkeys(each.collection for each in slices)),
        "cases": list(dict.fromkeys(each.case for each in slices)),
        "slices": len(slices),
        "networks": {each.name: each.weights for each in networks},
        "learned from": learned,
        "pixels of each place": args.pixels,
        "seed": args.seed,
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
    }


def _told(found: CohortProgress, folder: Path) -> str:
    before = f", {found.found_before} of them before" if found.found_before else ""
    failed = f"; {found.failed} passed over" if found.failed else ""
    files = ", ".join(name for name in (TABLE, COLUMNS, SUMMARY) if (folder / name).exists())
    return f"{found.done - found.failed} of {found.total} measured{before}{failed}; wrote {files} into {folder}"
