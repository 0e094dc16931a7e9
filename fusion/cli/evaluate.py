"""``python -m fusion evaluate``: every method on the same unseen slices, beside the rules, by every metric."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from fusion.cli.arguments import check_place, report
from fusion.cli.inputs import check_cases, own_networks, read_collections, use_threads
from fusion.cli.training_images import FIRST_TRAINING_PHANTOM
from fusion.data.collection import PairFiles
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.evaluation.evaluation_report import formatted, records
from fusion.evaluation.method_table import MethodTable, evaluate, evenly_spaced
from fusion.method.checkpoints import card, load, write_whole
from fusion.method.registry import Method, find, methods
from fusion.method.rules import RULES, Rule, Varied
from fusion.metrics import find_metric, summarized
from fusion.metrics.report import formatted as metrics_formatted
from fusion.synthetic.phantom import phantom


class Slices(NamedTuple):
    """A collection to be evaluated: its name, how many pairs, and the pairs, read when they are asked for."""

    title: str
    length: int
    pairs: Iterable[ImagePair]


def run(args: argparse.Namespace) -> None:
    """Evaluate as the command line says: two tables a collection, printed as soon as they are finished."""
    use_threads(args)
    if args.csv is not None:
        check_place(args.csv)
    metrics = chosen_metrics(args.metrics)
    chosen = chosen_methods(args.methods)
    own = brought(args)
    networks = installed([method for method in chosen if method.trained], args.checkpoints)
    collections = chosen_slices(args, list(networks))
    plain = {method.name: load(method.name) for method in chosen if not method.trained}
    trained = with_variants(networks) if args.variants else networks
    fusers: dict[str, Rule] = {**RULES, **plain, **trained, **own}
    tables: list[MethodTable] = []
    for slices in collections:
        tables.append(scored(slices, fusers, args.ceiling_pairs, metrics, rounded=not args.unrounded))
        print(("\n" if len(tables) > 1 else "") + formatted(tables[-1]))
        if metrics:
            print("\n" + metrics_formatted(summarized(tables[-1].measurements)), flush=True)
        if args.csv is not None:
            write_csv(tables, args.csv)


def chosen_metrics(names: Sequence[str]) -> tuple[str, ...]:
    """The metrics by their own names; none for the word "none"."""
    if tuple(names) == ("none",):
        return ()
    return tuple(dict.fromkeys(find_metric(name).name for name in names))


def installed(chosen: Iterable[Method], folder: Path) -> dict[str, Rule]:
    """The trained networks among ``chosen``; one line on stderr for each that cannot be loaded."""
    networks: dict[str, Rule] = {}
    for method in chosen:
        try:
            networks[method.name] = load(method.name, folder)
        except InputError as error:
            report(f"{error} It is left out.")
    return networks


def brought(args: argparse.Namespace) -> dict[str, Rule]:
    """The networks of one's own; one line on stderr, for nobody knows what they have learned from."""
    own: dict[str, Rule] = {each.name: each.network for each in own_networks(args)}
    if own:
        report(f"What {', '.join(own)} learned from is not known: these pairs may be among it.")
    return own


def with_variants(networks: Mapping[str, Rule]) -> dict[str, Rule]:
    """Every network, and after it the variants that it offers."""
    found: dict[str, Rule] = {}
    for name, network in networks.items():
        found[name] = network
        if isinstance(network, Varied):
            found |= {f"{name}, {variant}": rule for variant, rule in network.variants().items()}
    return found


def chosen_methods(names: Sequence[str] | None) -> list[Method]:
    """The methods named, else all.

    A variant that differs in its gradient only has the same fused image, and is left out unless named.
    """
    if names is None:
        return [method for method in methods().values() if method.exact_gradient]
    return list(dict.fromkeys(find(name) for name in names))


def chosen_slices(args: argparse.Namespace, networks: Sequence[str]) -> list[Slices]:
    """Everything to be evaluated, by ``--pairs``, ``--cases``, ``--every`` and ``--phantoms``."""
    if not args.data and not args.phantoms:
        raise InputError("Name something to evaluate: --pairs DIR, --phantoms N or both.")
    collections = read_collections(args.data or [])
    found = []
    for title, pairs in chosen_pairs(args, collections, networks).items():
        kept = pairs[:: args.every]
        found.append(Slices(title, len(kept), (files.read() for files in kept)))
    if args.phantoms:
        if args.phantoms > FIRST_TRAINING_PHANTOM:
            raise InputError(f"Phantoms from {FIRST_TRAINING_PHANTOM} on are learned from; ask for fewer.")
        found.append(Slices("phantoms", args.phantoms, (phantom(seed) for seed in range(args.phantoms))))
    return found


def chosen_pairs(
    args: argparse.Namespace, collections: Mapping[str, Sequence[PairFiles]], networks: Sequence[str]
) -> Mapping[str, Sequence[PairFiles]]:
    """The pairs of the wanted cases; without any, those that no network has learned from.

    Raises
    ------
    InputError
        A case is unknown, or a collection has none of the wanted ones.
    """
    if args.cases == ("all",) or (args.cases is None and not networks):
        return collections
    if args.cases is not None:
        check_cases(args.cases, collections)
    chosen = {}
    for name, pairs in collections.items():
        if args.cases is not None:
            chosen[name] = tuple(files for files in pairs if files.case in args.cases)
        else:
            seen = learned(name, networks, args.checkpoints)
            chosen[name] = tuple(files for files in pairs if files.case not in seen)
        if not chosen[name]:
            reason = "no pair of these cases" if args.cases else "only cases that a network has learned from"
            raise InputError(f"{name} holds {reason}; choose others with --cases.")
    return chosen


def learned(collection: str, networks: Sequence[str], folder: Path) -> set[str]:
    """The cases of this collection that any of the networks has learned from, by their model cards.

    A patient goes by the same number in all collections of one training. Networks whose cards do not name
    the collection have learned from none of it: there the same number is another patient.
    """
    cases: set[str] = set()
    for name in networks:
        try:
            data = card(name, folder)["data"]
            training, kept_out = data["training"], data["kept_out"]
            if collection in {*training, *kept_out}:
                cases |= {str(case) for part in training.values() for case in part["cases"]}
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(
                f"The model card of {name} does not say which cases it has learned from; choose with --cases."
            ) from error
    return cases


def scored(
    slices: Slices, fusers: Mapping[str, Rule], ceiling_pairs: int, metrics: Sequence[str], *, rounded: bool
) -> MethodTable:
    """One collection's table, with a progress bar on stderr."""
    at = evenly_spaced(slices.length, ceiling_pairs)
    with tqdm(total=slices.length + len(at), desc=slices.title, leave=False) as bar:
        done: Callable[[], object] = bar.update
        return evaluate(slices.title, slices.pairs, fusers, at, done=done, metrics=metrics, rounded=rounded)


def write_csv(tables: Sequence[MethodTable], path: Path) -> None:
    """Write every table's records, whole or not at all."""
    rows = [record for table in tables for record in records(table)]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())
