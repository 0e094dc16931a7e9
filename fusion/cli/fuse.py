"""``python -m fusion fuse``: one pair in, one PNG out."""

from __future__ import annotations

import argparse
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fusion.cli.arguments import check_place
from fusion.cli.inputs import chosen_network, chosen_pair
from fusion.data.color import recolor
from fusion.data.naming import VISIBLE, modality
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import write_whole
from fusion.method.inference import fuse


def run(args: argparse.Namespace) -> None:
    """Fuse as the command line says."""
    if args.out.suffix.lower() != ".png":
        raise InputError(f"The fused picture is written as PNG; let --out end in .png, not {args.out.name!r}.")
    check_place(args.out)
    chosen = chosen_network(args)
    pair = chosen_pair(args)
    picture = displayed(fuse(chosen.network, pair), pair, color=args.color)
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "png")
    write_whole(args.out, data.getvalue())
    print(f"{args.out}: {pair.names[0]} and {pair.names[1]} of {pair.title}, fused by {chosen.name}.")


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
    >>> from fusion import phantom
    >>> displayed(np.array([[-0.5, 0.5, 1.5]], np.float32), phantom(0, size=64), color=False).tolist()
    [[0, 128, 255]]
    """
    if not color:
        return np.rint(np.clip(fused, 0, 1) * 255).astype(np.uint8)
    if pair.chroma is None:
        kept = pair.names[modality(pair.names[0]) != VISIBLE]
        raise InputError(f"The {kept} picture of {pair.title} is grey: leave --color out.")
    return recolor(fused, pair.chroma)
