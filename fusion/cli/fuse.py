"""``python -m fusion fuse``: one pair in, one picture out."""

from __future__ import annotations

import argparse
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fusion.cli.arguments import check_place, report
from fusion.cli.inputs import chosen_network, chosen_pair
from fusion.cli.outgoing_files import chosen_source, result_origin, warn_before_leaving
from fusion.data.color import recolor
from fusion.data.naming import VISIBLE, modality
from fusion.data.outgoing.origin import ResultOrigin
from fusion.data.outgoing.source_slice import SourceSlice, pixel_spacing, place_note
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import write_whole
from fusion.method.inference import fuse

KINDS = (".png", ".dcm", ".nii.gz")
"""What the name of a fused picture can end with."""


def run(args: argparse.Namespace) -> None:
    """Fuse as the command line says."""
    kind = next((each for each in KINDS if args.out.name.lower().endswith(each)), None)
    if kind is None:
        raise InputError(f"Let --out end in .png, .dcm (DICOM) or .nii.gz (NIfTI), not {args.out.name!r}.")
    if kind == ".png" and (args.reference is not None or args.keep_identifiers):
        raise InputError("--reference and --keep-identifiers go with an --out that ends in .dcm or .nii.gz.")
    check_place(args.out)
    chosen = chosen_network(args)
    pair = chosen_pair(args)
    source = None if kind == ".png" else chosen_source(args, pair)
    fused = fuse(chosen.network, pair)
    if kind == ".png":
        content = _png(displayed(fused, pair, color=args.color))
    else:
        content = _outgoing(args, kind, fused, pair, result_origin(chosen, pair, source, "Fused image"), source)
    write_whole(args.out, content)
    print(f"{args.out}: {pair.names[0]} and {pair.names[1]} of {pair.title}, fused by {chosen.name}.")


def _outgoing(
    args: argparse.Namespace,
    kind: str,
    fused: NDArray[np.float32],
    pair: ImagePair,
    origin: ResultOrigin,
    source: SourceSlice | None,
) -> bytes:
    """The fused image as a hospital takes it. The writers load for a second: not for a PNG."""
    if kind == ".nii.gz":
        from fusion.data.outgoing.nifti_slice import nifti_slice

        if note := place_note(source, pixel_spacing(pair)):
            report(note)
        return nifti_slice(fused, origin, source, pixel_spacing(pair))
    from fusion.data.outgoing.secondary_capture import secondary_capture, with_margin

    warn_before_leaving(args)
    picture = with_margin(displayed(fused, pair, color=args.color), origin)
    return secondary_capture(picture, origin, source, identifiers=args.keep_identifiers)


def _png(picture: NDArray[np.uint8]) -> bytes:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "png")
    return data.getvalue()


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
