"""``python -m fusion evaluate``: every method on the same unseen slices, beside the rules, by every metric."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from fusion.cli.arguments import check_place, report
from fusion.cli.inputs import own_networks, use_threads
from fusion.cli.judged_pairs import Slices, chosen_slices
from fusion.errors import InputError
from fusion.evaluation.evaluation_report import formatted, records
from fusion.evaluation.method_table import MethodTable, evaluate, evenly_spaced
from fusion.method.checkpoints import load, write_whole
from fusion.method.learned_cases import UNKNOWN, said_of
from fusion.method.registry import Method, find, methods
from fusion.method.rules import RULES, Rule, Varied
from fusion.metrics import find_metric, summarized
from fusion.metrics.report import formatted as metrics_formatted


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
        table = scored(slices, fusers, args.ceiling_pairs, metrics, rounded=not args.unrounded)
        tables.append(replace(table, learned_from=learned_from(slices, networks, own, args.checkpoints)))
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


def learned_from(slices: Slices, networks: Iterable[str], own: Iterable[str], folder: Path) -> Mapping[str, str]:
    """What each network has learned from, seen from these slices."""
    told = {name: said_of(name, slices.title, slices.cases, folder) for name in networks}
    return {**told, **dict.fromkeys(own, UNKNOWN)}


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
