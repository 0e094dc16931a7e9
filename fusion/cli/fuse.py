"""``python -m fusion fuse``: one pair in, one PNG out."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fusion.cli.arguments import Words, add_checkpoints, add_pair, add_word, check_place, chosen_pair
from fusion.data.color import recolor
from fusion.data.naming import VISIBLE, modality
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import load, write_whole
from fusion.method.inference import fuse
from fusion.method.registry import find


def describe(words: Words) -> None:
    """Describe ``fuse`` to the parser."""
    parser = add_word(
        words,
        "fuse",
        "fuse one pair of pictures and write a PNG",
        "Fuse one pair: two registered pictures of the same size (PNG, JPEG, BMP, GIF, TIFF; each is made "
        "grey and scaled by its own minimum and maximum to [0, 1]), or a generated pair. The fused values "
        "are clipped to [0, 1] and written as 8-bit grey, 0 black and 1 white.",
    )
    parser.add_argument("--method", required=True, help="how to fuse, e.g. masknet or 'weighted averaging'")
    add_pair(parser)
    parser.add_argument(
        "--color", action="store_true", help="put the functional (or visible) picture's colours back"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="where to write the picture")
    add_checkpoints(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Fuse as the command line says."""
    if args.out.suffix.lower() != ".png":
        raise InputError(f"The fused picture is written as PNG; let --out end in .png, not {args.out.name!r}.")
    check_place(args.out)
    network = load(args.method, args.checkpoints)
    pair = chosen_pair(args)
    picture = displayed(fuse(network, pair), pair, color=args.color)
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "png")
    write_whole(args.out, data.getvalue())
    print(f"{args.out}: {pair.names[0]} and {pair.names[1]} of {pair.title}, fused by {find(args.method).name}.")


def displayed(fused: NDArray[np.float32], pair: ImagePair, *, color: bool) -> NDArray[np.uint8]:
    """How is a fused image shown? uint8 (H, W), or (H, W, 3) in the colours of `ImagePair.chroma`.

    Parameters
    ----------
    fused : float32 (H, W)
        Clipped to [0, 1].
    pair : ImagePair
        What was fused.
    color : bool
        Put the functional (or visible) picture's chroma back, see `fusion.data.color.recolor`.

    Raises
    ------
    InputError
        Colour is asked for and there is none to put back.

    Examples
    --------
    >>> from fusion.phantom import phantom
    >>> displayed(np.array([[-0.5, 0.5, 1.5]], np.float32), phantom(0, size=64), color=False).tolist()
    [[0, 128, 255]]
    """
    if not color:
        return np.rint(np.clip(fused, 0, 1) * 255).astype(np.uint8)
    if pair.chroma is None:
        kept = pair.names[modality(pair.names[0]) != VISIBLE]
        raise InputError(f"The {kept} picture of {pair.title} is grey: leave --color out.")
    return recolor(fused, pair.chroma)
