"""What several commands read from the command line, checked before any work starts."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch

from fusion.data.collection import Collection, PairFiles, read_collection
from fusion.data.pairs import ImagePair, read_pair
from fusion.errors import InputError
from fusion.method.checkpoints import SHIPPED
from fusion.synthetic.nightscene import nightscene
from fusion.synthetic.phantom import phantom
from fusion.training.loop import Recipe
from fusion.training.objective import WINDOW

Words = Any
"""What `argparse.ArgumentParser.add_subparsers` returns; argparse keeps the type private."""


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, exit code 2, and where to find help."""

    def error(self, message: str) -> NoReturn:
        """End the program after one sentence."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


class Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Help that names every default worth naming: not the absence of one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


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
crop_side = integer(WINDOW)
"""Reads the side of a training crop: SSIM's window has to fit in."""


def listed(text: str) -> tuple[str, ...]:
    """Read a list with commas.

    Examples
    --------
    >>> listed("30, 4,")
    ('30', '4')
    """
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if not words:
        raise argparse.ArgumentTypeError(f"{text!r} lists nothing; separate entries by commas")
    return words


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


def add_pair(parser: argparse.ArgumentParser) -> None:
    """Take one pair: two files, or a generated one."""
    parser.add_argument("--first", type=Path, metavar="FILE", help="the anatomical (or visible) picture: MRI")
    parser.add_argument("--second", type=Path, metavar="FILE", help="the functional (or infrared) picture: PET, …")
    parser.add_argument("--phantom", type=integer(0), metavar="SEED", help="a generated MRI–PET pair instead")
    parser.add_argument(
        "--nightscene", type=integer(0), metavar="SEED", help="a generated visible–infrared pair instead"
    )


def chosen_pair(args: argparse.Namespace) -> ImagePair:
    """The pair that ``--first`` and ``--second`` name, or else ``--phantom`` or ``--nightscene``."""
    match args.first, args.second, args.phantom, args.nightscene:
        case Path() as first, Path() as second, None, None:
            return read_pair(first, second)
        case None, None, int() as seed, None:
            return phantom(seed)
        case None, None, None, int() as seed:
            return nightscene(seed)
    raise InputError("Name a pair: both --first and --second, or --phantom or --nightscene alone.")


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


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Take the number of CPU threads."""
    parser.add_argument(
        "--threads", type=integer(1), default=torch.get_num_threads(), metavar="N", help="CPU threads to use"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Take where to compute."""
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where to compute")


def check_device(device: str) -> None:
    """Refuse CUDA where there is none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("This computer has no CUDA device that torch can use; leave out --device cuda.")


def add_recipe(parser: argparse.ArgumentParser, *, steps: int, phantoms: int) -> None:
    """Take what every training needs: the network, what it learns from, and its recipe."""
    parser.add_argument("--method", required=True, help="which network, e.g. masknet")
    add_data(parser, required=True)
    add_kept_out(parser)
    parser.add_argument(
        "--phantoms", type=integer(0), default=phantoms, help="phantoms that join the training pairs"
    )
    parser.add_argument("--steps", type=integer(1), default=steps, help="optimiser steps of each training")
    parser.add_argument("--batch", type=integer(1), default=Recipe.batch, help="crops a step")
    parser.add_argument("--side", type=crop_side, default=Recipe.side, help="side of a crop in pixels")
    parser.add_argument("--learning-rate", type=positive, default=Recipe.learning_rate, help="at the start")
    parser.add_argument("--seed", type=integer(0), default=0, help="of the initial weights and the crops")
    add_threads(parser)


def chosen_recipe(args: argparse.Namespace) -> Recipe:
    """The recipe that the flags of `add_recipe` describe."""
    return Recipe(
        steps=args.steps, side=args.side, batch=args.batch, learning_rate=args.learning_rate, seed=args.seed
    )


def add_word(words: Words, name: str, summary: str, description: str) -> argparse.ArgumentParser:
    """Add one command's parser, whose help shows every default."""
    parser: argparse.ArgumentParser = words.add_parser(
        name, help=summary, description=description, formatter_class=Formatter
    )
    return parser


def read_collections(folders: Sequence[Path]) -> Mapping[str, Collection]:
    """Which pairs do these folders hold? By folder name; by whole path where two share a name.

    Pictures without a partner are reported on stderr, one line a folder.

    Raises
    ------
    InputError
        A folder is given twice, is missing, or holds no pair.
    """
    paths = [folder.resolve() for folder in folders]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(f"{path} is given twice; its pairs would count twice.")
    names = [path.name for path in paths]
    found = {}
    for path in paths:
        collection = read_collection(path)
        if collection.unpaired:
            report(f"{path}: {len(collection.unpaired)} pictures have no partner and are passed over.")
        found[path.name if names.count(path.name) == 1 else str(path)] = collection
    return found


def check_cases(cases: Iterable[str], collections: Mapping[str, Sequence[PairFiles]]) -> None:
    """Refuse a case that no collection has."""
    known = list(dict.fromkeys(files.case for pairs in collections.values() for files in pairs))
    for case in cases:
        if case not in known:
            shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            raise InputError(f"No pair belongs to case {case}; there are the cases {shown}.")


def check_place(file: Path) -> None:
    """Refuse a file to be written into a folder that is not there."""
    folder = file.absolute().parent
    if not folder.is_dir():
        raise InputError(f"The folder {folder} does not exist; make it first.")


def report(line: str) -> None:
    """Tell a person something that is no result: one line on stderr."""
    print(line, file=sys.stderr)
