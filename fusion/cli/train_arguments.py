"""What ``python -m fusion train`` can be told, whatever it trains."""

from __future__ import annotations

import argparse
from pathlib import Path

from fusion.cli.arguments import (
    add_device,
    add_recipe,
    fraction,
    integer,
    listed,
    positive,
    share,
)
from fusion.training.training_defaults import HALF_PRECISION, STEPS

OWN = Path("own-checkpoints")
"""Where weights are written unless told otherwise: a short try must not replace those that are shipped."""


def add_training(parser: argparse.ArgumentParser) -> None:
    """What `python -m fusion train` can be told."""
    add_recipe(parser, steps=STEPS, phantoms=40)
    add_device(parser)
    parser.add_argument(
        "--half-precision",
        type=share,
        default=HALF_PRECISION,
        metavar="SHARE",
        help="share of the steps computed in bfloat16; 0 on a processor without it, where it is slow",
    )
    _add_unfolding(parser)
    _add_autoencoder(parser)
    parser.add_argument(
        "--out",
        type=Path,
        default=OWN,
        metavar="DIR",
        help="where weights and card are written; every command finds them there with --checkpoints DIR",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="where the state is kept until the weights are written",
    )


def _add_unfolding(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--warm-up",
        type=integer(0),
        metavar="N",
        help="steps before the others in which the segmenter inside a network learns alone, where it has one",
    )
    parser.add_argument(
        "--gradient-weight",
        type=positive,
        metavar="W",
        help="how much the gradients' distance counts beside that of the values, for an unfolding network or one "
        "with an auto-encoder",
    )
    parser.add_argument(
        "--labelled",
        type=share,
        metavar="SHARE",
        help="share of the crops that come from phantoms, whose labels a segmenter inside a network learns",
    )
    parser.add_argument(
        "--first-step",
        type=fraction,
        metavar="SIZE",
        help="the step size, between 0 and 1, that each stage of an unfolding network begins with; else 0.001",
    )
    parser.add_argument(
        "--without",
        metavar="PART",
        help="train an unfolding network without its memory, attention, attribution or steps, to see what that "
        "is for",
    )


def _add_autoencoder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--nightscenes",
        type=integer(0),
        default=0,
        metavar="N",
        help="night scenes that an auto-encoder learns to copy beside the pairs, where a network has one",
    )
    parser.add_argument(
        "--start",
        metavar="METHOD",
        help="begin with the installed weights of this network instead of random ones, where a network has an "
        "auto-encoder or unfolds; cases that they have learned from are not kept out",
    )
    parser.add_argument(
        "--tell-apart",
        type=listed,
        metavar="FOLDERS",
        help="the folders, by name, whose two kinds of picture a classifier inside a network learns to tell "
        "apart, where it has one, e.g. mri_pet,mri_spect; else all",
    )
    parser.add_argument(
        "--hold",
        type=share,
        metavar="SHARE",
        help="share of an auto-encoder's steps before its learning rate falls, where a network has one",
    )
    parser.add_argument(
        "--grain",
        type=share,
        metavar="SHARE",
        help="share of the pictures that get noise which an auto-encoder's copies have to show",
    )
