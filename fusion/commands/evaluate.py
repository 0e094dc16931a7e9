"""``python -m fusion evaluate``: every method on the same unseen slices, beside the rules and the ceiling."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from tqdm import tqdm

from fusion.checkpoints import card, load, write_whole
from fusion.collection import PairFiles
from fusion.commands.arguments import (
    Words,
    add_checkpoints,
    add_data,
    add_threads,
    add_word,
    check_cases,
    check_place,
    integer,
    listed,
    read_collections,
    report,
)
from fusion.commands.images import FIRST_TRAINING_PHANTOM
from fusion.errors import InputError
from fusion.evaluation import Table, evaluate, evenly_spaced
from fusion.evaluation_report import formatted, records
from fusion.pairs import ImagePair
from fusion.phantom import phantom
from fusion.registry import Method, find, methods
from fusion.rules import RULES, Rule


class Slices(NamedTuple):
    """A collection to be evaluated: its name, how many pairs, and the pairs, read when they are asked for."""

    title: str
    length: int
    pairs: Iterable[ImagePair]


def describe(words: Words) -> None:
    """Describe ``evaluate`` to the parser."""
    parser = add_word(
        words, "evaluate", "score networks on unseen slices, beside trivial rules and the ceiling",
        "Print, for each collection, SSIM(x1, y) + SSIM(x2, y) (mean ± standard deviation over whole slices; "
        "Gaussian window, range 1) and both images' losses: of copying either image, mean, maximum, weighted "
        "averaging and every installed network. The ceiling is what gradient ascent on the fused image "
        "itself reaches for the same pair; percentages compare the same slices. Nothing is clipped.",
    )  # fmt: skip
    add_data(parser, required=False)
    parser.add_argument("--phantoms", type=integer(1), metavar="N", help="also evaluate the phantoms 0 to N − 1")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--cases", type=listed, help="only these cases, e.g. 30,4; 'all' for every pair")
    chosen.add_argument(
        "--kept-out", action="store_true",
        help="only cases that the model cards of all evaluated networks name as kept out; what is done "
        "without --cases",
    )  # fmt: skip
    parser.add_argument(
        "--methods",
        type=listed,
        metavar="A,B",
        help="only these networks, beside the rules; else all installed",
    )
    parser.add_argument("--every", type=integer(1), default=1, metavar="N", help="only every Nth pair of a folder")
    parser.add_argument(
        "--ceiling-pairs", type=integer(0), metavar="N",
        help="climb the ceiling (about 5 to 10 seconds for 256×256 on one core) on N evenly spaced slices of "
        "each collection, 0 for none; else on all",
    )  # fmt: skip
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the figures to this file too")
    add_checkpoints(parser)
    add_threads(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Evaluate as the command line says: one table a collection, printed as soon as it is finished."""
    torch.set_num_threads(args.threads)
    if args.csv is not None:
        check_place(args.csv)
    chosen = chosen_methods(args.methods)
    networks = installed([method for method in chosen if method.trained], args.checkpoints)
    collections = chosen_slices(args, list(networks))
    plain = {method.name: load(method.name) for method in chosen if not method.trained}
    fusers: dict[str, Rule] = {**RULES, **plain, **networks}
    tables: list[Table] = []
    for slices in collections:
        tables.append(scored(slices, fusers, args.ceiling_pairs))
        print(("\n" if len(tables) > 1 else "") + formatted(tables[-1]), flush=True)
        if args.csv is not None:
            write_csv(tables, args.csv)


def installed(chosen: Iterable[Method], folder: Path) -> dict[str, Rule]:
    """The trained networks among ``chosen``; one line on stderr for each that cannot be loaded."""
    networks: dict[str, Rule] = {}
    for method in chosen:
        try:
            networks[method.name] = load(method.name, folder)
        except InputError as error:
            report(f"{error} It is left out.")
    return networks


def chosen_methods(names: Sequence[str] | None) -> list[Method]:
    """The rules among the methods, which are always in the table, and those named, else all.

    A variant that differs in its gradient only has the same fused image, and is left out unless named.
    """
    distinct = [method for method in methods().values() if method.exact_gradient]
    if names is None:
        return distinct
    named = [find(name) for name in names]
    return list(dict.fromkeys([method for method in distinct if not method.trained] + named))


def chosen_slices(args: argparse.Namespace, networks: Sequence[str]) -> list[Slices]:
    """Everything to be evaluated, by ``--data``, ``--cases``, ``--every`` and ``--phantoms``."""
    if not args.data and not args.phantoms:
        raise InputError("Name something to evaluate: --data DIR, --phantoms N or both.")
    collections = read_collections(args.data or [])
    found = []
    for title, pairs in chosen_pairs(args.cases, collections, networks, args.checkpoints).items():
        kept = pairs[:: args.every]
        found.append(Slices(title, len(kept), (files.read() for files in kept)))
    if args.phantoms:
        if args.phantoms > FIRST_TRAINING_PHANTOM:
            raise InputError(f"Phantoms from {FIRST_TRAINING_PHANTOM} on are learned from; ask for fewer.")
        found.append(Slices("phantoms", args.phantoms, (phantom(seed) for seed in range(args.phantoms))))
    return found


def chosen_pairs(
    cases: Sequence[str] | None,
    collections: Mapping[str, Sequence[PairFiles]],
    networks: Sequence[str],
    folder: Path,
) -> Mapping[str, Sequence[PairFiles]]:
    """The pairs of the wanted cases; without any, of those that no network has learned from.

    Raises
    ------
    InputError
        A case is unknown, or a collection has none of the wanted ones.
    """
    if cases == ("all",) or (cases is None and not networks):
        return collections
    if cases is not None:
        check_cases(cases, collections)
    wanted = kept_out_by_all(networks, folder) if cases is None else set(cases)
    chosen = {name: tuple(files for files in pairs if files.case in wanted) for name, pairs in collections.items()}
    for name, pairs in chosen.items():
        if not pairs:
            listing = ", ".join(sorted(wanted)) or "none"
            raise InputError(f"{name} holds no pair of the wanted cases ({listing}); choose others with --cases.")
    return chosen


def kept_out_by_all(networks: Sequence[str], folder: Path) -> set[str]:
    """The cases that every one of these networks' model cards names as kept out, in any collection."""
    sets = []
    for name in networks:
        try:
            parts = card(name, folder)["data"]["kept_out"].values()
            sets.append({str(case) for part in parts for case in part["cases"]})
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(
                f"The model card of {name} does not say which cases were kept out; choose with --cases."
            ) from error
    return set.intersection(*sets)


def scored(slices: Slices, fusers: Mapping[str, Rule], ceiling_pairs: int | None) -> Table:
    """One collection's table, with a progress bar on stderr."""
    wanted = slices.length if ceiling_pairs is None else ceiling_pairs
    at = evenly_spaced(slices.length, wanted)
    with tqdm(total=slices.length + len(at), desc=slices.title, leave=False) as bar:
        done: Callable[[], object] = bar.update
        return evaluate(slices.title, slices.pairs, fusers, at, done=done)


def write_csv(tables: Sequence[Table], path: Path) -> None:
    """Write every table's records, whole or not at all."""
    rows = [record for table in tables for record in records(table)]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())
