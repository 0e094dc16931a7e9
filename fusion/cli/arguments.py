"""What several commands take from the command line; nothing here loads numpy or torch, so that help is fast."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

from fusion.comma_list import comma_separated
from fusion.errors import InputError
from fusion.method.own_network import OwnNetwork, own_network
from fusion.shipped import SHIPPED
from fusion.training.training_defaults import BATCH, LEARNING_RATE, SIDE, SSIM_WINDOW


def integer(least: int) -> Callable[[str], int]:
    """Read a whole number of ``least`` or more.

    Examples
    --------
    >>> integer(1)("12")
    12
    """

    def whole(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
        if value < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more, not {value}")
        return value

    return whole


def number(is_right: Callable[[float], bool], demand: str) -> Callable[[str], float]:
    """Read a number that ``is_right``; ``demand`` says what any other one fails.

    Examples
    --------
    >>> positive("0.002"), share("0.99")
    (0.002, 0.99)
    """

    def checked(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
        if not is_right(value):
            raise argparse.ArgumentTypeError(f"{demand}, not {text}")
        return value

    return checked


positive = number(lambda value: 0 < value < math.inf, "must be a number above 0")
"""Reads a finite number above 0."""
share = number(lambda value: 0 <= value <= 1, "must lie in [0, 1]")
"""Reads a number from 0 to 1."""
fraction = number(lambda value: 0 < value < 1, "must lie between 0 and 1")
"""Reads a number above 0 and below 1."""
crop_side = integer(SSIM_WINDOW)
"""Reads the side of a training crop: SSIM's window has to fit in."""


def listed(text: str) -> tuple[str, ...]:
    """Read a list with commas.

    Examples
    --------
    >>> listed("30, 4,")
    ('30', '4')
    """
    words = comma_separated(text)
    if not words:
        raise argparse.ArgumentTypeError(f"{text!r} lists nothing; separate entries by commas")
    return words


def brought(text: str) -> OwnNetwork:
    """Read where a network of one's own lies.

    Examples
    --------
    >>> brought("my_net.py:MyNet=Mine").name
    'Mine'
    """
    try:
        return own_network(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_method(parser: argparse.ArgumentParser, what: str) -> None:
    """Take one network: a method's name, or a network of one's own."""
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--method", help=what)
    _add_network(one)
    _add_weights(parser)


def add_own_networks(parser: argparse.ArgumentParser) -> None:
    """Take networks of one's own, as many as wanted."""
    _add_network(parser)
    _add_weights(parser)


def _add_network(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--network",
        dest="own",
        action="append",
        type=brought,
        metavar="FILE.py:CLASS[=NAME]",
        help="a network of your own: a Python file and the class or function in it, package.module:factory, or "
        "FILE.onnx; what it takes and gives stands in a card beside it, FILE.toml",
    )


def _add_weights(parser: argparse.ArgumentParser) -> None:
    # In one list with the networks: each file belongs to the network before it.
    parser.add_argument(
        "--weights",
        dest="own",
        action="append",
        type=Path,
        metavar="FILE",
        help="the weights of the --network before it: .safetensors, .pth or .pt",
    )


def add_data(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Take folders of pairs."""
    parser.add_argument(
        "--pairs",
        "--data",
        dest="data",
        required=required,
        action="append",
        type=Path,
        metavar="DIR",
        help="a folder of pairs: two sub-folders with the same file names, such as mri/0001.png and "
        "pet/0001.png; give it again for more folders (both spellings mean the same)",
    )


def add_kept_out(parser: argparse.ArgumentParser) -> None:
    """Take the cases that nothing is learned from."""
    parser.add_argument(
        "--kept-out",
        type=listed,
        metavar="CASES",
        help="cases set aside in all folders, e.g. 30,4; else every fourth",
    )


def add_checkpoints(parser: argparse.ArgumentParser) -> None:
    """Take the folder of trained weights."""
    parser.add_argument(
        "--checkpoints", type=Path, default=SHIPPED, metavar="DIR", help="where trained weights and cards lie"
    )


def add_outgoing(parser: argparse.ArgumentParser) -> None:
    """Take what DICOM and NIfTI files need to know of the pair's slice."""
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="FILE.dcm",
        help="the DICOM file of the slice that the pair was made from, neither turned nor cut: DICOM and NIfTI "
        "files then lie at its place and refer to it",
    )
    parser.add_argument(
        "--keep-identifiers",
        action="store_true",
        help="write the patient's and the study's names and numbers of --reference into DICOM files; else there "
        "are none, and the files are a study of their own",
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Take the number of CPU threads."""
    parser.add_argument(
        "--threads", type=integer(1), metavar="N", help="CPU threads to use; else as many as torch takes"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Take where to compute."""
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where to compute")


def add_recipe(parser: argparse.ArgumentParser, *, steps: int, phantoms: int) -> None:
    """Take what every training needs: the network, what it learns from, and its recipe."""
    parser.add_argument("--method", required=True, help="which network, e.g. masknet")
    add_data(parser, required=True)
    add_kept_out(parser)
    parser.add_argument(
        "--phantoms", type=integer(0), default=phantoms, help="phantoms that join the training pairs"
    )
    parser.add_argument("--steps", type=integer(1), default=steps, help="optimiser steps of each training")
    parser.add_argument("--batch", type=integer(1), default=BATCH, help="crops a step")
    parser.add_argument("--side", type=crop_side, default=SIDE, help="side of a crop in pixels")
    parser.add_argument("--learning-rate", type=positive, default=LEARNING_RATE, help="at the start")
    parser.add_argument("--seed", type=integer(0), default=0, help="of the initial weights and the crops")
    add_threads(parser)


def check_place(file: Path) -> None:
    """Refuse a file to be written into a folder that is not there."""
    folder = file.absolute().parent
    if not folder.is_dir():
        raise InputError(f"The folder {folder} does not exist; make it first.")


def report(line: str) -> None:
    """Tell a person something that is no result: one line on stderr."""
    print(line, file=sys.stderr)
