"""What ``--dicom`` and ``--nifti`` write of two maps of derivatives: pictures and values for a hospital."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from fusion.cli.arguments import report
from fusion.cli.inputs import ChosenNetwork
from fusion.cli.outgoing_files import chosen_source, result_origin, warn_before_leaving
from fusion.data.outgoing.quantity import NO_PLACE, Quantity
from fusion.data.outgoing.source_slice import SourceSlice, pixel_spacing, place_note
from fusion.data.outgoing.unnamed import unnamed
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import write_whole
from saliency.cli.stem import target

RESOLUTION = 150
"""Dots per inch of the picture."""


@dataclass(frozen=True, eq=False)
class OutgoingMaps:
    """Two maps of derivatives, and how they are drawn.

    Attributes
    ----------
    quantity : Quantity
    values : two float32 (H, W)
        By the first and by the second input.
    draw : callable
        Their figure, with what it calls the pair given as ``pair``.
    details : tuple of str
        What a reader needs besides: the pixel, how far they are off.
    """

    quantity: Quantity
    values: tuple[NDArray[np.float32], NDArray[np.float32]]
    draw: Callable[..., Figure]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class OutgoingSlice:
    """That something is to leave, and the slice that tells its place, where one does."""

    source: SourceSlice | None


def outgoing_slice(args: argparse.Namespace, pair: ImagePair) -> OutgoingSlice | None:
    """What is asked for besides NPZ and PNG; None where nothing is. To be called before anything is computed.

    Raises
    ------
    InputError
        What is asked for cannot be written.
    """
    if not (args.dicom or args.nifti):
        if args.reference is not None or args.keep_identifiers:
            raise InputError("--reference and --keep-identifiers go with --dicom or --nifti.")
        return None
    return OutgoingSlice(chosen_source(args, pair))


def write_outgoing(
    args: argparse.Namespace, outgoing: OutgoingSlice, asked: ChosenNetwork, pair: ImagePair, maps: OutgoingMaps
) -> None:
    """Every file that is asked for, whole or not at all; the pair has no name in them."""
    warn_before_leaving(args)
    source, pair = outgoing.source, unnamed(pair)
    if args.nifti and (note := place_note(source, pixel_spacing(pair))):
        report(note)
    if args.dicom and source is None:
        report(NO_PLACE)
    for suffix, content in _files(args, source, asked, pair, maps):
        file = target(args.out, suffix)
        write_whole(file, content)
        print(f"wrote {file}")


def _files(
    args: argparse.Namespace, source: SourceSlice | None, asked: ChosenNetwork, pair: ImagePair, maps: OutgoingMaps
) -> Iterator[tuple[str, bytes]]:
    # The writers load for a second: only where they are asked for.
    name = maps.quantity.code.capitalize()
    if args.dicom:
        from fusion.data.outgoing.secondary_capture import secondary_capture, with_margin

        shown = f"shown as {args.display}, γ {args.gamma:g}"
        origin = result_origin(asked, pair, source, f"{name} images", *maps.details, shown)
        picture = with_margin(_dots(maps.draw(pair=pair)), origin)
        yield "-seen.dcm", secondary_capture(picture, origin, source, identifiers=args.keep_identifiers)
    for place, by, values in zip(("first", "second"), pair.names, maps.values, strict=True):
        origin = result_origin(asked, pair, source, f"{name} {by}", *maps.details)
        if args.nifti:
            from fusion.data.outgoing.nifti_slice import nifti_slice

            yield f"-{place}.nii.gz", nifti_slice(values, origin, source, pixel_spacing(pair))
        if args.dicom and source is not None:
            from fusion.data.outgoing.parametric_map import parametric_map

            content = parametric_map(values, maps.quantity, origin, source, identifiers=args.keep_identifiers)
            yield f"-{place}.dcm", content


def _dots(figure: Figure) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=RESOLUTION)
    return np.asarray(Image.open(buffer).convert("RGB"))
