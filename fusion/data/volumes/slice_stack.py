"""Do slices make one volume, in which order, and where? Told from positions, never from their numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.data.volumes.frame_headers import FrameHeader
from fusion.data.volumes.grid import Affine
from fusion.errors import InputError

ROUNDING = 0.011
"""Millimetres by which a position may be off its place: files write two decimals."""
_PART = 0.01  # of a step, the same
_TILT = 0.001  # from a right angle, as a cosine


@dataclass(frozen=True, eq=False)
class SliceStack:
    """The order of slices along their normal, the affine of the volume they make, and what to say of it."""

    order: tuple[int, ...]
    affine: Affine
    remarks: tuple[str, ...] = ()


def stacked(frames: Sequence[FrameHeader], thickness: float | None) -> SliceStack:
    """Tell how slices of one orientation and spacing lie one behind the other.

    Parameters
    ----------
    frames : sequence of FrameHeader
        Each with position, orientation and spacing.
    thickness : float or None
        Of a slice in mm, for a single one.

    Raises
    ------
    InputError
        The directions are none, a slice is missing, there are several at one place, or steps are uneven; the
        sentence starts with what the slices do, for a name before it.
    """
    first = frames[0]
    assert first.orientation is not None
    assert first.spacing is not None
    along_cols, along_rows = np.array(first.orientation[:3]), np.array(first.orientation[3:])
    lengths = np.linalg.norm(along_cols), np.linalg.norm(along_rows)
    if max(abs(length - 1) for length in lengths) > _TILT or abs(along_cols @ along_rows) > _TILT:
        raise InputError("has directions of rows and columns that are not at right angles; export it again.")
    along_cols, along_rows = along_cols / lengths[0], along_rows / lengths[1]  # what files write is rounded
    if min(first.spacing) <= 0:
        raise InputError("has a pixel spacing of 0; export it again.")
    normal = np.cross(along_cols, along_rows)
    normal /= np.linalg.norm(normal)
    places = np.array([frame.position for frame in frames], dtype=np.float64)
    order = np.argsort(places @ normal, kind="stable")
    step, remarks = _step(places[order], normal, thickness)
    affine = np.eye(4)
    affine[:3] = np.column_stack(
        [step, along_rows * first.spacing[0], along_cols * first.spacing[1], places[order[0]]]
    )
    return SliceStack(tuple(int(each) for each in order), affine, remarks)


def _step(
    places: NDArray[np.float64], normal: NDArray[np.float64], thickness: float | None
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """From a slice to the next, in mm, for sorted places."""
    if len(places) == 1:
        if thickness is None:
            return normal, ("It is one slice without a thickness, which is taken as 1 mm.",)
        return normal * thickness, ()
    gaps = np.diff(places @ normal)
    _check_gaps(gaps)
    step = (places[-1] - places[0]) / (len(places) - 1)
    off = np.abs(places - (places[0] + np.arange(len(places))[:, None] * step)).max()
    size = float(np.linalg.norm(step))
    if off > max(ROUNDING, _PART * size) * 2:
        raise InputError(
            f"has slices that lie up to {off:.2g} mm beside a straight stack; export one acquisition alone."
        )
    cosine = float(step @ normal) / size
    if cosine < 1 - _TILT:
        tilt = math.degrees(math.acos(cosine))
        return step, (f"Its slices are sheared by {tilt:.1f}° (gantry tilt), which views across them show.",)
    return step, ()


def _check_gaps(gaps: NDArray[np.float64]) -> None:
    smallest = float(gaps.min())
    if smallest < ROUNDING:
        raise InputError("has several slices at one place that no tag tells apart; export one acquisition alone.")
    usual = float(np.median(gaps)) if len(gaps) > 2 else smallest
    allowed = max(ROUNDING, _PART * usual)
    if np.abs(gaps - usual).max() <= allowed:
        return
    missing = np.rint(gaps / usual) - 1
    if smallest > usual - allowed and np.abs(gaps - (missing + 1) * usual).max() <= allowed * 2:
        count, after = int(missing.sum()), int(np.flatnonzero(missing)[0]) + 1
        lack = "a slice" if count == 1 else f"{count} slices"
        raise InputError(
            f"lacks {lack}, the first after slice {after} of {len(gaps) + 1}; copy the whole series again."
        )
    raise InputError(
        f"has unevenly spaced slices ({smallest:.4g} to {gaps.max():.4g} mm); "
        "resample it evenly or export another reconstruction."
    )
