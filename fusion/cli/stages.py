"""``python -m fusion stages``: the objective along an unfolded network's stages, and without each of its parts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tqdm import tqdm

from fusion.cli.inputs import use_threads
from fusion.cli.judged_pairs import chosen_slices
from fusion.errors import InputError
from fusion.evaluation.stage_study import StageRow, stage_study
from fusion.method.checkpoints import card, load
from fusion.method.registry import find
from fusion.networks.uaafusion import UAAFusion
from fusion.training.uaafusion_objective import JointObjective


def run(args: argparse.Namespace) -> None:
    """Measure as the command line says; a table for each collection, printed as soon as it is finished."""
    use_threads(args)
    name = find(args.method).name
    network = load(name, args.checkpoints)
    if not isinstance(network, UAAFusion):
        raise InputError(f"{name} has no stages; this is for UAAFusion.")
    left_out = card(name, args.checkpoints).get("left_out")
    network = network.without(left_out) if left_out else network
    objective = _objective(args, name)
    print(f"{name}: step sizes {', '.join(f'{size:.4f}' for size in network.step_sizes)}")
    for slices in chosen_slices(args, [name]):
        with tqdm(total=slices.length, desc=slices.title, leave=False) as bar:
            rows = stage_study(network, slices.pairs, objective, done=bar.update)
        print(f"\n{formatted(slices.title, rows, objective.gradient)}", flush=True)


def _objective(args: argparse.Namespace, name: str) -> JointObjective:
    """What these weights were trained for, by their card."""
    recipe = card(name, args.checkpoints).get("recipe", {}).get("objective", {})
    gradient = args.gradient_weight or recipe.get("gradient", JointObjective.gradient)
    return JointObjective(gradient=gradient)


def formatted(title: str, rows: Sequence[StageRow], gradient: float) -> str:
    """The table of one collection: objectives in thousandths, and in how many pairs each stage lowered it."""
    whole, pairs = rows[0], len(rows[0].values)
    stages = [f"f{number}" for number in range(whole.values.shape[1])]
    lines = [
        f"{title}: objective × 1000 (gradients counted {gradient:g}), mean of {pairs} pairs",
        _line("", [*stages, "farther than whole"]),
        _line(whole.name, [*_thousandths(whole), ""]),
        _line("  pairs it lowers", ["", *(str(count) for count in whole.descents), ""]),
    ]
    lines += [_line(row.name, [*_thousandths(row), f"{row.worse_than(whole)} of {pairs}"]) for row in rows[1:]]
    return "\n".join(lines)


def _thousandths(row: StageRow) -> list[str]:
    return [f"{1000 * value:.2f}" for value in row.means]


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:22}" + "".join(f"{cell:>10}" for cell in cells[:-1]) + f"  {cells[-1]}".rstrip()
