"""``python -m fusion train --method uaafusion``: the segmenter and the fusion network together."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from fusion.cli.train import about, chosen_split, data_of, digest, final_losses, finish, started, state_path
from fusion.cli.training_images import FIRST_TRAINING_PHANTOM, check_sides
from fusion.data.naming import VISIBLE, modality
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.registry import Method
from fusion.networks.uaafusion import UAAFusion
from fusion.synthetic.cohort import cohort
from fusion.training.curves import Panels
from fusion.training.dataset import Split
from fusion.training.labelled_crops import Slice, slice_of, slice_without_tissue
from fusion.training.uaafusion_objective import JointObjective
from fusion.training.uaafusion_training import PARTS, JointRecipe, train_jointly

CURVES: Panels = (
    {"segmentation": "cross-entropy", "gradient": "gradient"},
    {"first": "weighted square, first image", "second": "weighted square, second image"},
)
LIMITS = (
    "Labels exist for phantoms only: the segmenter, and with it every attribution, has learned to tell the "
    "phantoms' tissues and tumour parts apart, and what it sees in a patient is unverified. Real pairs joined "
    "the fusion losses without labels; in visible–infrared pairs, where any were learned from, every pixel is "
    "background, so that one weight counts for the whole of such a picture. Integrated gradients start from "
    "black and cannot tell what a class known by its darkness rests on: in the skull both images count alike, "
    "and in the background the MRI counts nearly alone, on little evidence."
)

COMPARISON = "For comparison alone: trained without {part}, which all commands but `stages` use all the same."
"""What the model card says of weights that were trained without a part."""


def train(args: argparse.Namespace, method: Method) -> None:
    """Train as the command line says; write weights, card and curves."""
    if not args.phantoms:
        raise InputError(f"{method.name} learns classes from phantoms; give --phantoms 1 or more.")
    recipe = _recipe(args)
    state, split = state_path(args, method), chosen_split(args, args.start)
    phantoms = cohort(range(FIRST_TRAINING_PHANTOM, FIRST_TRAINING_PHANTOM + args.phantoms))
    pairs = _real(split)
    check_sides([phantoms, *pairs], args.side)
    data = _data(split, args, recipe)
    installed, start = started(args.start) if args.start else (None, "random weights")
    result = train_jointly(
        partial(_network, method, installed, args.without),
        [slice_of(pair) for pair in phantoms],
        [[_slice(pair) for pair in group] for group in pairs],
        recipe,
        torch.device(args.device),
        state,
        {
            "method": method.name,
            **data,
            "pictures": digest([phantoms, *pairs]),
            "start": start,
            "without": args.without,
        },
    )
    content = dict(about(method, args, asdict(recipe), data, final_losses(result.history, PARTS)))
    content["recipe"] = {
        **content["recipe"],
        "schedule": "cosine to zero while the segmenter learns alone, then halved after every quarter",
    }
    content["command"] += _own_flags(args, recipe)
    limits = f"{COMPARISON.format(part=args.without)} {LIMITS}" if args.without else LIMITS
    own = {"start": start, "left_out": args.without, "limits": limits}
    finish(args, method, result, {**content, **own}, CURVES, state)


def _recipe(args: argparse.Namespace) -> JointRecipe:
    objective = JointObjective(gradient=args.gradient_weight) if args.gradient_weight else JointObjective()
    return JointRecipe(
        steps=args.steps,
        side=args.side,
        batch=args.batch,
        learning_rate=args.learning_rate,
        seed=args.seed,
        warm_up=JointRecipe.warm_up if args.warm_up is None else args.warm_up,
        labelled=JointRecipe.labelled if args.labelled is None else args.labelled,
        half_precision=args.half_precision,
        first_step=args.first_step,
        objective=objective,
    )


def _network(method: Method, installed: nn.Module | None, left_out: str | None) -> nn.Module:
    """The network as training begins with it."""
    network = method.build()
    assert isinstance(network, UAAFusion)
    if installed is not None:
        if not isinstance(installed, UAAFusion):
            raise InputError(f"{type(installed).__name__} is no unfolding network to start from.")
        network.load_state_dict(installed.state_dict())
    return network.without(left_out) if left_out else network


def _own_flags(args: argparse.Namespace, recipe: JointRecipe) -> str:
    """What the command has to say beside what every training's says."""
    start = f" --start {args.start}" if args.start else ""
    without = f" --without {args.without}" if args.without else ""
    first = f" --first-step {recipe.first_step}" if recipe.first_step else ""
    return (
        f" --warm-up {recipe.warm_up} --labelled {recipe.labelled} --gradient-weight {recipe.objective.gradient} "
        f"--half-precision {recipe.half_precision}{first}{start}{without}"
    )


def _real(split: Split) -> list[list[ImagePair]]:
    return [
        [files.read() for files in tqdm(pairs, desc=f"reading {name}", leave=False)]
        for name, pairs in split.training.items()
    ]


def _slice(pair: ImagePair) -> Slice:
    """A real pair as training takes it: beside visible light there is no tissue, and else nobody knows."""
    return slice_without_tissue(pair) if modality(pair.names[0]) == VISIBLE else slice_of(pair)


def _data(split: Split, args: argparse.Namespace, recipe: JointRecipe) -> Mapping[str, Any]:
    data = data_of(split, args.phantoms, args.start)
    return {**data, "phantoms": {**data["phantoms"], "share": recipe.labelled}}
