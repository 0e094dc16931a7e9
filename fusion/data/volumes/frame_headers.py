"""Where does each frame of a DICOM file lie, and what does it mean? For single slices, Enhanced and NM files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusion.errors import InputError

ACQUISITIONS = (
    "EchoTime",
    "TemporalPositionIdentifier",
    "DiffusionBValue",
    "ImageType",
    "AcquisitionNumber",
    "InversionTime",
    "TriggerTime",
    "FrameReferenceTime",
    "AcquisitionTime",
)
"""What tells slices at one place apart, in the order in which it is asked."""
_ENHANCED = (
    ("FrameContentSequence", ("StackID", "TemporalPositionIndex")),
    ("MREchoSequence", ("EffectiveEchoTime",)),
    ("MRDiffusionSequence", ("DiffusionBValue",)),
    ("MRImageFrameTypeSequence", ("FrameType",)),
    ("CTImageFrameTypeSequence", ("FrameType",)),
    ("PETFrameTypeSequence", ("FrameType",)),
)


@dataclass(frozen=True)
class FrameHeader:
    """One slice: its place, its scale, and what tells it from others at that place.

    Attributes
    ----------
    number : int
        Of the frame in its file, from 0.
    position : three float or None
        Of the centre of its first pixel, in mm.
    orientation : six float or None
        The direction in which columns grow, then that in which rows grow.
    spacing : two float or None
        Millimetres from a row, and from a column, to the next.
    slope, intercept : float
        From stored values to real ones.
    acquisition : tuple of str
        As in `ACQUISITIONS`.
    """

    number: int
    position: tuple[float, float, float] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    slope: float = 1.0
    intercept: float = 0.0
    acquisition: tuple[str, ...] = ()


def frame_headers(file: Path, dataset: Any) -> tuple[FrameHeader, ...]:  # noqa: ANN401  (elements of any kind)
    """Tell of each frame what `FrameHeader` holds; its place is None where the file says none.

    Raises
    ------
    InputError
        A number of the header is none, or there are fewer places than frames.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    groups = dataset.get("PerFrameFunctionalGroupsSequence")
    if groups:
        if len(groups) < count:
            raise InputError(f"{file} has {count} frames and places for {len(groups)}; export it again.")
        shared = (dataset.get("SharedFunctionalGroupsSequence") or [{}])[0]
        return tuple(_enhanced(file, dataset, number, groups[number], shared) for number in range(count))
    if count == 1:
        return (_plain(file, dataset),)
    if dataset.get("SliceVector") is not None and dataset.get("DetectorInformationSequence"):
        return tuple(_stacked(file, dataset, count))
    return tuple(FrameHeader(number, None, None, None) for number in range(count))


def _plain(file: Path, dataset: Any) -> FrameHeader:  # noqa: ANN401
    return FrameHeader(
        0,
        _numbers(file, dataset, "ImagePositionPatient", 3),
        _numbers(file, dataset, "ImageOrientationPatient", 6),
        _numbers(file, dataset, "PixelSpacing", 2),
        *_scale(file, dataset),
        acquisition=tuple(_word(dataset.get(keyword)) for keyword in ACQUISITIONS),
    )


def _enhanced(file: Path, dataset: Any, number: int, own: Any, shared: Any) -> FrameHeader:  # noqa: ANN401
    def group(name: str) -> Any:  # noqa: ANN401
        found = own.get(name) or shared.get(name)
        return found[0] if found else {}

    values = group("PixelValueTransformationSequence") or dataset
    words = [_word(group(name).get(keyword)) for name, keywords in _ENHANCED for keyword in keywords]
    return FrameHeader(
        number,
        _numbers(file, group("PlanePositionSequence"), "ImagePositionPatient", 3),
        _numbers(file, group("PlaneOrientationSequence"), "ImageOrientationPatient", 6),
        _numbers(file, group("PixelMeasuresSequence"), "PixelSpacing", 2),
        *_scale(file, values),
        acquisition=tuple(words),
    )


def _stacked(file: Path, dataset: Any, count: int) -> Iterator[FrameHeader]:  # noqa: ANN401
    """Slices of an NM file, which says where the first one lies, and how far apart they are along its normal."""
    detector = dataset.DetectorInformationSequence[0]
    first = _numbers(file, detector, "ImagePositionPatient", 3)
    orientation = _numbers(file, detector, "ImageOrientationPatient", 6)
    gap = _numbers(file, dataset, "SpacingBetweenSlices", 1)
    slices = dataset.SliceVector
    slices = [slices] if isinstance(slices, int) else list(slices)
    is_known = first is not None and orientation is not None and gap is not None and len(slices) == count
    normal = np.cross(orientation[:3], orientation[3:]) if orientation is not None else np.zeros(3)
    for number in range(count):
        position: Any = None
        if is_known:
            place = np.array(first) + normal * gap[0] * (slices[number] - 1)
            position = tuple(float(each) for each in place)
        yield FrameHeader(
            number,
            position,
            orientation,
            _numbers(file, dataset, "PixelSpacing", 2),
            *_scale(file, dataset),
        )


def _scale(file: Path, holder: Any) -> tuple[float, float]:  # noqa: ANN401
    slope, intercept = _numbers(file, holder, "RescaleSlope", 1), _numbers(file, holder, "RescaleIntercept", 1)
    if slope == (0.0,):
        raise InputError(f"{file} has a rescale slope of 0, which makes all values alike; export it again.")
    return (slope or (1.0,))[0], (intercept or (0.0,))[0]


def _numbers(file: Path, holder: Mapping[str, Any], keyword: str, count: int) -> Any:  # noqa: ANN401
    """So many finite numbers, or None where the holder has none."""
    value = holder.get(keyword)
    if value is None or value == "":
        return None
    values = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    try:
        numbers = tuple(float(each) for each in values)
    except (TypeError, ValueError) as error:
        raise InputError(f"{file} has no number as {keyword}; export it again.") from error
    if not numbers:
        return None
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise InputError(f"{file} has {len(numbers)} numbers as {keyword} where {count} belong; export it again.")
    return numbers


def _word(value: object) -> str:
    if value is None:
        return ""
    return "\\".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
