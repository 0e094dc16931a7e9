"""Which pair a command is asked about: two pictures, a slice of two volumes, or a generated one."""

from __future__ import annotations

import argparse
from pathlib import Path

from fusion.cli.arguments import integer

PLANE_NAMES = ("axial", "coronal", "sagittal")
WAYS_OF_SCALING = ("slice", "volume")


def scaling(text: str) -> str | tuple[float, float]:
    """Read from which to which value an input is scaled: one of `WAYS_OF_SCALING`, or two numbers.

    Examples
    --------
    >>> scaling("volume"), scaling("-100,300")
    ('volume', (-100.0, 300.0))
    """
    if text in WAYS_OF_SCALING:
        return text
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither slice, volume nor two numbers like 0,80") from None
    return low, high


def add_pair(parser: argparse.ArgumentParser) -> None:
    """Take one pair: two files or folders, or a generated one."""
    add_two(parser)
    parser.add_argument("--phantom", type=integer(0), metavar="SEED", help="a generated MRI–PET pair instead")
    parser.add_argument(
        "--nightscene", type=integer(0), metavar="SEED", help="a generated visible–infrared pair instead"
    )


def add_two(parser: argparse.ArgumentParser) -> None:
    """Take two pictures or volumes, of volumes a slice, and what is done to both."""
    parser.add_argument(
        "--first",
        type=Path,
        metavar="PATH",
        help="the anatomical (or visible) input: a picture, or a volume: NIfTI, stack, DICOM folder or file",
    )
    parser.add_argument("--second", type=Path, metavar="PATH", help="the functional (or infrared) one, likewise")
    parser.add_argument("--slice", type=integer(1), metavar="N", help="of volumes: which slice, from 1")
    parser.add_argument("--plane", choices=PLANE_NAMES, help="of volumes: in which plane; else axial where known")
    add_same_space(parser)
    for name in ("first", "second"):
        parser.add_argument(
            f"--scale-{name}",
            type=scaling,
            default="slice",
            metavar="HOW",
            help=f"from which to which value the {name} input is scaled to [0, 1]: those of the slice, of the "
            f"volume, or two numbers, e.g. --scale-{name}=-100,300",
        )
    parser.add_argument("--swap", action="store_true", help="exchange the two inputs")


def add_same_space(parser: argparse.ArgumentParser) -> None:
    """Take what a person knows of volumes whose files do not say that they belong together."""
    parser.add_argument(
        "--same-space",
        action="store_true",
        help="volumes without a common frame of reference lie in one space: you know that they are registered",
    )
