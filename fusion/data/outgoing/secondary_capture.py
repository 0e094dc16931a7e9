"""A picture as it is seen, as a DICOM Secondary Capture: RGB, with where it comes from in its margin."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib
import numpy as np
from highdicom.sc import SCImage
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.uid import generate_uid

from fusion.data.outgoing.dicom_headers import complete, kept, study_of
from fusion.data.outgoing.origin import PROGRAM, ResultOrigin
from fusion.data.outgoing.source_slice import SourceSlice

SERIES = 9001
"""Number of a series of pictures: above those of a scanner."""
MARGIN = 8
"""Pixels around the text of a margin."""
TYPE, OF_WIDTH = 14, 60
"""Height of that text in pixels at least, and as a part of the width of a larger picture."""
NARROWEST = 480
"""Columns of a picture, so that there is room for text: smaller ones are enlarged by a whole number."""
Picture = NDArray[np.uint8]


def secondary_capture(
    picture: Picture, origin: ResultOrigin, source: SourceSlice | None, *, identifiers: bool = False
) -> bytes:
    """Tell which DICOM file shows ``picture``.

    It is to be looked at, not to be measured: it has no spacing and no place. Where the slice is known, the header
    says which sides of the patient its columns and rows grow to.

    Parameters
    ----------
    picture : uint8 (H, W, 3)
        With its margin, see `with_margin`.
    origin : ResultOrigin
    source : SourceSlice or None
        What it was computed from, where that is known.
    identifiers : bool
        Keep the patient's and the study's names and numbers.
    """
    patient = kept(source, identifiers=identifiers)
    found = SCImage(
        np.ascontiguousarray(picture),
        "RGB",
        8,
        "PATIENT",
        study_of(origin, patient),
        generate_uid(),
        SERIES,
        generate_uid(),
        1,
        PROGRAM,
        patient_orientation=("L", "P"),  # highdicom wants one; what is true is set below
    )
    found.PatientOrientation = [] if source is None else list(source.orientation)
    found.ConversionType = "WSD"
    found.SecondaryCaptureDeviceManufacturer = PROGRAM
    found.SecondaryCaptureDeviceManufacturerModelName = PROGRAM
    found.SecondaryCaptureDeviceSoftwareVersions = origin.version
    if source is not None and source.burnt_in_text:
        found.BurnedInAnnotation = source.burnt_in_text
    complete(found, origin, source, patient)
    buffer = io.BytesIO()
    found.save_as(buffer)
    return buffer.getvalue()


def with_margin(picture: Picture, origin: ResultOrigin) -> Picture:
    """``picture``, uint8 (H, W) or (H, W, 3), in RGB with a white margin below that says where it comes from.

    Examples
    --------
    >>> origin = ResultOrigin("MaskNet", "", "ab" * 32, "Fused")
    >>> with_margin(np.zeros((100, 500), np.uint8), origin).shape[1:]
    (500, 3)
    """
    factor = -(-NARROWEST // picture.shape[1])
    enlarged = np.repeat(np.repeat(picture, factor, axis=0), factor, axis=1)
    above = Image.fromarray(enlarged).convert("RGB")
    size = max(TYPE, above.width // OF_WIDTH)
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)
    lines = _wrapped(origin.lines(), font, above.width - 2 * MARGIN)
    step = round(size * 1.35)
    whole = Image.new("RGB", (above.width, above.height + step * len(lines) + 2 * MARGIN), "white")
    whole.paste(above)
    draw = ImageDraw.Draw(whole)
    for number, line in enumerate(lines):
        draw.text((MARGIN, above.height + MARGIN + number * step), line, "black", font)
    return np.asarray(whole)


def _wrapped(lines: tuple[str, ...], font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """``lines`` in lines no wider than ``width``; a word that is wider stands alone."""
    found: list[str] = []
    for line in lines:
        found.append("")
        for word in line.split(" "):
            longer = f"{found[-1]} {word}".strip()
            if found[-1] and font.getlength(longer) > width:
                found.append(word)
            else:
                found[-1] = longer
    return found
