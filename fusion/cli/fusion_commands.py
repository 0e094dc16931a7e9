"""The subcommands of ``python -m fusion``: their words and arguments. What runs them lies in a file each."""

from __future__ import annotations

import argparse
from pathlib import Path

from fusion.cli.arguments import (
    add_checkpoints,
    add_data,
    add_device,
    add_method,
    add_outgoing,
    add_own_networks,
    add_recipe,
    add_threads,
    crop_side,
    integer,
    listed,
    positive,
    share,
)
from fusion.cli.pair_arguments import add_pair, add_same_space, add_two
from fusion.cli.subcommands import Subcommand
from fusion.cli.train_arguments import add_training
from fusion.metric_names import METRIC_NAMES
from fusion.training.training_defaults import (
    GRID,
    SEGMENTER_BATCH,
    SEGMENTER_LEARNING_RATE,
    SEGMENTER_STEPS,
    SIDE,
)

INTERRUPTED = "what was saved so far is kept, and the same command goes on"


def _add_fuse(parser: argparse.ArgumentParser) -> None:
    add_method(parser, "how to fuse, e.g. masknet or 'weighted averaging'")
    add_pair(parser)
    parser.add_argument(
        "--color", action="store_true", help="put the functional (or visible) picture's colours back"
    )
    told = "FILE.png, FILE.dcm (DICOM Secondary Capture, as it is seen) or FILE.nii.gz (NIfTI, the values)"
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=told)
    add_outgoing(parser)
    add_checkpoints(parser)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    add_data(parser, required=False)
    add_two(parser)
    parser.add_argument("--phantoms", type=integer(1), metavar="N", help="also evaluate the phantoms 0 to N − 1")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--cases", type=listed, help="only these cases, e.g. 30,4; 'all' for every pair")
    chosen.add_argument(
        "--kept-out",
        action="store_true",
        help="only cases that none of the evaluated networks has learned from, by their model cards, and of which "
        "no picture is one of theirs; what is done without --cases",
    )
    parser.add_argument(
        "--methods",
        type=listed,
        metavar="A,B",
        help="only these methods, beside copies, mean and maximum; else all installed",
    )
    add_own_networks(parser)
    parser.add_argument(
        "--variants",
        action="store_true",
        help="also the variants that a network offers, such as CAMF's features merged by hand-made rules",
    )
    parser.add_argument(
        "--metrics",
        type=listed,
        metavar="A,B",
        default=METRIC_NAMES,
        help=f"only these of {', '.join(METRIC_NAMES)}; 'none' for the first table alone; else all",
    )
    parser.add_argument(
        "--unrounded",
        action="store_true",
        help="measure fused values as they are; else as they are saved, clipped and rounded to 8 bit, which is "
        "what printed tables rest on",
    )
    parser.add_argument("--every", type=integer(1), default=1, metavar="N", help="only every Nth pair of a folder")
    parser.add_argument(
        "--ceiling-pairs",
        type=integer(0),
        default=0,
        metavar="N",
        help="climb the ceiling (about 5 to 10 seconds for 256×256 on one core) on N evenly spaced slices of "
        "each collection",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every pair's figures to this file too")
    add_checkpoints(parser)
    add_threads(parser)


def _add_stages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", default="uaafusion", help="an unfolding network; else uaafusion")
    add_data(parser, required=False)
    parser.add_argument("--phantoms", type=integer(1), metavar="N", help="also the phantoms 0 to N − 1")
    parser.add_argument(
        "--cases", type=listed, help="only these cases, e.g. 30,4; else those that it has not learned from"
    )
    parser.add_argument("--every", type=integer(1), default=1, metavar="N", help="only every Nth pair of a folder")
    parser.add_argument(
        "--gradient-weight",
        type=positive,
        metavar="W",
        help="how much the gradients' distance counts; else as in its training",
    )
    add_checkpoints(parser)
    add_threads(parser)


def _add_segmentation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--phantoms", type=integer(1), default=128, metavar="N", help="phantoms to learn from")
    parser.add_argument("--unseen", type=integer(1), default=32, metavar="N", help="judge on phantoms 0 to N − 1")
    parser.add_argument("--size", type=crop_side, default=256, help="rows and columns of a phantom")
    parser.add_argument("--methods", type=listed, metavar="A,B", help="only these methods, beside the rules")
    parser.add_argument(
        "--no-rules",
        dest="rules",
        action="store_false",
        help="leave out copies, mean and maximum: a method alone, for a table that has them from before",
    )
    add_own_networks(parser)
    parser.add_argument(
        "--seeds", type=integer(1), default=3, metavar="N", help="segmenters for each way of fusing"
    )
    parser.add_argument(
        "--steps", type=integer(1), default=SEGMENTER_STEPS, help="optimiser steps of each segmenter"
    )
    parser.add_argument("--batch", type=integer(1), default=SEGMENTER_BATCH, help="crops a step")
    parser.add_argument("--side", type=crop_side, default=SIDE, help="side of a crop in pixels")
    parser.add_argument("--learning-rate", type=positive, default=SEGMENTER_LEARNING_RATE, help="at the start")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the figures to this file too")
    add_device(parser)
    add_checkpoints(parser)
    add_threads(parser)


def _add_study(parser: argparse.ArgumentParser) -> None:
    add_recipe(parser, steps=300, phantoms=8)
    parser.add_argument("--budget", type=positive, default=60, metavar="MINUTES", help="start no trial beyond")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the results")
    parser.add_argument("--lambda", dest="lambda_ssim", type=share, default=0.99, help="weight of SSIM against ℓ2")


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="FILE.pth", help="what torch.save has written"
    )
    parser.add_argument(
        "--to", dest="target", type=Path, required=True, metavar="FILE.safetensors", help="the file to write"
    )


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    add_same_space(parser)


FUSE = Subcommand(
    "fuse",
    "fuse one pair of pictures and write a PNG",
    "Fuse one pair: two registered pictures of the same size (PNG, JPEG, BMP, GIF, TIFF; each is made "
    "grey and scaled by its own minimum and maximum to [0, 1]), or a generated pair. The fused values "
    "are clipped to [0, 1] and written as 8-bit grey, 0 black and 1 white.",
    _add_fuse,
    "fusion.cli.fuse:run",
    INTERRUPTED,
)
TRAIN = Subcommand(
    "train",
    "train one network and write its weights and model card",
    "Train one network: with the FuseVis paper's objective, or in the way of its own paper where it "
    "has one. Run the same command again after an interruption: it goes on where it stopped.",
    add_training,
    "fusion.cli.train:run",
    INTERRUPTED,
)
EVALUATE = Subcommand(
    "evaluate",
    "score networks on unseen slices, beside trivial rules, by the field's metrics",
    "Print two tables for each collection of pairs: of copying either image, mean, maximum, weighted "
    "averaging and every installed network, as mean ± standard deviation over whole slices. The first holds "
    "what the networks are trained for, SSIM(x1, y) + SSIM(x2, y) (Gaussian window, range 1, nothing "
    "clipped) and both images' losses; with --ceiling-pairs also what gradient ascent on the fused image "
    "itself reaches for the same pair, and percentages of it over the same slices; below it stands what each "
    "network has learned from, by its model card. The second holds the field's metrics, over grey levels from "
    "0 to 255. A figure that does not exist is shown as such, and averages say on how many pairs they rest.",
    _add_evaluate,
    "fusion.cli.evaluate:run",
    INTERRUPTED,
)
STAGES = Subcommand(
    "stages",
    "measure whether each stage of an unfolding network lowers its objective, and what its parts are for",
    "Print, for each collection of pairs, the objective of the start and of each stage's image: for the whole "
    "network, and with its memory, its attention, its attribution weights or its gradient steps left out.",
    _add_stages,
    "fusion.cli.stages:run",
)
SEGMENTATION = Subcommand(
    "segmentation",
    "measure how well fused phantoms can be segmented, class by class",
    "Train one fresh segmenter for each way of fusing, all from the same weights, crops and schedule, on "
    "fused phantoms that no network has seen, and print the intersection over union (IoU) of every class "
    "on other phantoms, as mean ± standard deviation over the seeds: of copying either image, mean, "
    "maximum, weighted averaging and every installed network. A network with a segmenter inside has "
    "three rows more: what that one makes of the fused image and of both inputs, without any training.",
    _add_segmentation,
    "fusion.cli.segmentation:run",
    INTERRUPTED,
)
STUDY = Subcommand(
    "study",
    "search the weights γs and γ2 that balance the two images",
    "Repeat the paper's search: many short trainings over a grid of γs and γ2 in "
    f"{{{', '.join(f'{value:g}' for value in GRID)}}}, from its middle outwards, then in ever closer neighbours "
    "of the best, until the losses of both images balance or the budget ends. Every finished trial is kept: "
    "run the same command again to go on.",
    _add_study,
    "fusion.cli.study:run",
    INTERRUPTED,
)

CONVERT = Subcommand(
    "convert",
    "write a .pth file of weights as .safetensors",
    "Read a file that torch.save has written, without running anything in it, and write its tensors under the "
    "same names; keys of dictionaries within dictionaries are joined by dots. Whatever is no tensor is left out.",
    _add_convert,
    "fusion.cli.convert:run",
)

INSPECT = Subcommand(
    "inspect",
    "say what a file or a folder holds, and what of it makes a pair",
    "Say what files hold: pictures and volumes (DICOM series, NIfTI, stacks) with their modality, size, spacing, "
    "orientation, unit and frame of reference, and which of them are paired, or why they cannot be. Two files or "
    "folders are also tried as a pair. Names and numbers of patients are not shown.",
    _add_inspect,
    "fusion.cli.inspection:run",
)

SUBCOMMANDS = (FUSE, TRAIN, EVALUATE, STAGES, SEGMENTATION, STUDY, CONVERT, INSPECT)
"""In the order the help lists them."""
