"""What ``python -m fusion train`` does for CAMF: both stages, judged on the kept-out cases."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

import torch

from fusion.cli.train import about, chosen_split, data_of, digest, final_losses, finish, state_path
from fusion.cli.training_images import check_sides, training_images
from fusion.method.registry import Method
from fusion.networks.camf import CAMF
from fusion.synthetic.natural import NATURAL, natural_pictures
from fusion.training.camf_autoencoder import train_autoencoder
from fusion.training.camf_classifier import train_classifier
from fusion.training.camf_judgement import Judgement, judge
from fusion.training.camf_recipe import CamfRecipe
from fusion.training.curves import Panels

CURVES: Panels = (
    {"pixels": "stage 1: absolute error of pixels", "gradients": "stage 1: absolute error of gradients"},
    {"cross_entropy": "stage 2: cross-entropy of the modality"},
)
NATURAL_SHARE = 0.3
"""Share of stage 1's crops that come from photographs."""


def train(args: argparse.Namespace, method: Method) -> None:
    """Train auto-encoder and classifier as the command line says; write weights, card and curves."""
    recipe = CamfRecipe(
        steps=args.steps, side=args.side, batch=args.batch, learning_rate=args.learning_rate, seed=args.seed
    )
    state, split = state_path(args, method), chosen_split(args)
    images, shares = training_images(split, args.phantoms, args.side)
    photographs = natural_pictures()
    check_sides([photographs], args.side)
    material = {"method": method.name, **data_of(split, args.phantoms), "pictures": digest(images)}
    data = {**data_of(split, args.phantoms), "photographs": _photographs()}
    torch.manual_seed(args.seed)
    network = method.build().to(args.device)
    assert isinstance(network, CAMF)
    shares = [share * (1 - NATURAL_SHARE) for share in shares] + [NATURAL_SHARE]
    run = train_autoencoder(network, [*images, photographs], shares, recipe, state, material=material)
    run.history += train_classifier(network, images[: len(split.training)], recipe)
    judgement = judge(network.eval(), [files.read() for part in split.kept_out.values() for files in part])
    losses = final_losses(run.history, ("pixels", "gradients", "cross_entropy"))
    content = {
        **about(method, args, asdict(recipe), data, losses),
        "stages": "1 auto-encoder on all pictures; 2 classifier on the pairs' crops, encoder frozen",
        "unseen": _rounded(judgement),
    }
    finish(args, method, run, content, CURVES, state)


def _photographs() -> dict[str, Any]:
    """What the card says of the pictures that are no pairs."""
    return {
        "source": "scikit-image's bundled pictures and their negatives, for training only; the paper learned "
        "from a large set of natural images",
        "names": list(NATURAL),
        "share": NATURAL_SHARE,
    }


def _rounded(judgement: Judgement) -> dict[str, float]:
    return {
        "pictures": judgement.pictures,
        "reconstruction_psnr_db": round(judgement.psnr, 2),
        "modality_accuracy": round(judgement.accuracy, 4),
    }
