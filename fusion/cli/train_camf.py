"""What ``python -m fusion train`` does for CAMF: both stages, judged on the kept-out cases."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch
from tqdm import tqdm

from fusion.cli.train import about, chosen_split, data_of, digest, final_losses, finish, started, state_path
from fusion.cli.training_images import FIRST_TRAINING_PHANTOM, check_sides, training_images
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.registry import Method
from fusion.networks.camf import CAMF
from fusion.synthetic.natural import NATURAL, natural_pictures
from fusion.synthetic.nightscene import nightscene
from fusion.training.camf_autoencoder import train_autoencoder
from fusion.training.camf_classifier import train_classifier
from fusion.training.camf_judgement import Judgement, judge
from fusion.training.camf_recipe import CamfRecipe
from fusion.training.curves import Panels
from fusion.training.dataset import Split
from fusion.training.loop import TrainingRun

CURVES: Panels = (
    {"pixels": "stage 1: absolute error of pixels", "gradients": "stage 1: absolute error of gradients"},
    {"cross_entropy": "stage 2: cross-entropy of the modality"},
)
NATURAL_SHARE = 0.3
"""Share of stage 1's crops that come from photographs."""
NIGHT_SHARE = 0.1
"""Share of stage 1's crops that come from night scenes, where any join."""
DEPARTURES = (
    "Stage 1 takes absolute errors where the paper squares them: small as they are, their squares have next to no "
    "slope, and copies stayed blurred. Stage 2 centres and scales what the classifier's dense layer receives, and "
    "folds that into the classifier afterwards: left as it is, it is so large for MRI against PET and SPECT that "
    "class weights which stay as they began (spread 0.06) tell them apart already, and so small for visible light "
    "against infrared that 250 steps at a rate of 0.001 moved no weight (spread 0.05). The dense layer starts at "
    "zero, which makes the two classes' weights opposites of each other, and has a higher rate than the rest."
)
"""What is not as in the paper, and why."""


def train(args: argparse.Namespace, method: Method) -> None:
    """Train auto-encoder and classifier as the command line says; write weights, card and curves.

    Stage 1 does not depend on what the classifier tells apart: its state, copied under another network's name,
    is taken up by that one.
    """
    recipe = _recipe(args)
    state, split = state_path(args, method), chosen_split(args, args.start)
    told_apart = _told_apart(args, split)
    network, start = _network(args, method)
    images, shares = training_images(split, args.phantoms, args.side)
    copied, shares = _with_scenes(args, images, shares)
    data = {
        **data_of(split, args.phantoms, args.start),
        "nightscenes": {"first_seed": FIRST_TRAINING_PHANTOM, "count": args.nightscenes, "share": NIGHT_SHARE},
        "photographs": _photographs(),
        "start": start,
    }
    run = train_autoencoder(network, copied, shares, recipe, state, material={**data, "pictures": digest(copied)})
    pairs = [part for name, part in zip(split.training, images, strict=False) if name in told_apart]
    run.history += train_classifier(network, pairs, recipe)
    judgement = judge(network.eval(), [files.read() for name in told_apart for files in split.kept_out[name]])
    content = {**_about(args, method, run, recipe, data, told_apart), "unseen": _rounded(judgement)}
    finish(args, method, run, content, CURVES, state)


def _about(
    args: argparse.Namespace,
    method: Method,
    run: TrainingRun,
    recipe: CamfRecipe,
    data: Mapping[str, Any],
    told_apart: Sequence[str],
) -> Mapping[str, Any]:
    """What the model card says of the training itself."""
    losses = final_losses(run.history, ("pixels", "gradients", "cross_entropy"))
    common = about(method, args, asdict(recipe), data, losses)
    how = {"optimiser": "1 Muon; 2 Adam", "schedule": "cosine to zero in each stage"}
    return {
        **common,
        "recipe": {**common["recipe"], **how},
        "command": common["command"] + _own_flags(args, recipe),
        "told_apart": list(told_apart),
        "stages": "1 auto-encoder on all pictures; "
        f"2 classifier on crops of {', '.join(told_apart)}, encoder frozen",
        "departures": DEPARTURES,
    }


def _recipe(args: argparse.Namespace) -> CamfRecipe:
    return CamfRecipe(
        steps=args.steps,
        side=args.side,
        batch=args.batch,
        learning_rate=args.learning_rate,
        seed=args.seed,
        half_precision=args.half_precision,
        hold=CamfRecipe.hold if args.hold is None else args.hold,
        gradient_weight=args.gradient_weight or CamfRecipe.gradient_weight,
        grain=CamfRecipe.grain if args.grain is None else args.grain,
    )


def _told_apart(args: argparse.Namespace, split: Split) -> tuple[str, ...]:
    """The collections whose modalities the classifier learns, by ``--tell-apart``."""
    chosen = tuple(args.tell_apart or split.training)
    for name in chosen:
        if name not in split.training:
            raise InputError(f"--data names no folder {name}; there are {', '.join(split.training)}.")
    if not any(split.kept_out[name] for name in chosen):
        raise InputError(f"No pair of {', '.join(chosen)} is kept out to judge by; keep out at least one case.")
    return chosen


def _network(args: argparse.Namespace, method: Method) -> tuple[CAMF, Mapping[str, Any] | str]:
    """The network as training begins with it, and what the card says of that."""
    torch.manual_seed(args.seed)
    network = method.build().to(args.device)
    assert isinstance(network, CAMF)
    if not args.start:
        return network, "random weights"
    installed, start = started(args.start)
    if not isinstance(installed, CAMF):
        raise InputError(f"{start['method']} has no auto-encoder to start from.")
    network.encoder.load_state_dict(installed.encoder.state_dict())
    network.decoder.load_state_dict(installed.decoder.state_dict())
    return network, start


def _with_scenes(
    args: argparse.Namespace, images: list[list[ImagePair]], shares: list[float]
) -> tuple[list[list[ImagePair]], list[float]]:
    """Stage 1's pictures, night scenes and photographs among them, and how often each group is drawn from."""
    more = [(NATURAL_SHARE, natural_pictures())]
    if args.nightscenes:
        seeds = range(FIRST_TRAINING_PHANTOM, FIRST_TRAINING_PHANTOM + args.nightscenes)
        scenes = [nightscene(seed) for seed in tqdm(seeds, desc="night scenes", leave=False)]
        more.insert(0, (NIGHT_SHARE, scenes))
    check_sides([pictures for _, pictures in more], args.side)
    rest = 1 - sum(share for share, _ in more)
    groups = [*images, *(pictures for _, pictures in more)]
    return groups, [*(share * rest for share in shares), *(share for share, _ in more)]


def _own_flags(args: argparse.Namespace, recipe: CamfRecipe) -> str:
    """What the command has to say beside what every training's says."""
    start = f" --start {args.start}" if args.start else ""
    told_apart = f" --tell-apart {','.join(args.tell_apart)}" if args.tell_apart else ""
    return (
        f" --nightscenes {args.nightscenes}{start}{told_apart} --hold {recipe.hold} "
        f"--half-precision {recipe.half_precision} --gradient-weight {recipe.gradient_weight} "
        f"--grain {recipe.grain}"
    )


def _photographs() -> dict[str, Any]:
    """What the card says of the pictures that are no pairs."""
    return {
        "source": "scikit-image's bundled pictures and their negatives, for training only; the paper learned "
        "from a large set of natural images",
        "names": list(NATURAL),
        "share": NATURAL_SHARE,
    }


def _rounded(judgement: Judgement) -> dict[str, float]:
    """What the card says of unseen pictures; a figure that does not exist is left out."""
    figures = {
        "pictures": judgement.pictures,
        "reconstruction_psnr_db": round(judgement.psnr, 2),
        "reconstruction_vif": round(judgement.vif, 4),
        "reconstruction_spatial_frequency": round(judgement.sharpness, 4),
        "modality_accuracy": round(judgement.accuracy, 4),
        "class_weight_spread": round(judgement.spread, 4),
        "class_weight_correlation": round(judgement.correlation, 4),
    }
    return {name: value for name, value in figures.items() if not math.isnan(value)}
