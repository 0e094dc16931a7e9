"""What would the pair be if its second image lay somewhere else: the same, moved and turned by so much?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

from fusion.data.pairs import ImagePair
from fusion.data.windowed_pair import file_levels
from fusion.errors import InputError

DIGITS = 3
"""Decimals of a pixel and of a degree that count."""
_TINY = 1e-9
"""Of a weight: what rounding makes of none."""


@dataclass(frozen=True)
class Move:
    """How the second image is moved over the first.

    Attributes
    ----------
    right, down : float
        Pixels; negative numbers go left and up.
    angle : float
        Degrees about the image's centre, clockwise as a screen shows it; turned first, then moved.

    Raises
    ------
    InputError
        A number is not finite, or an angle is more than half a turn.

    Examples
    --------
    >>> Move(1.5, -2, 0.5).said("PET")
    'PET moved by 1.5 px right, 2 px up, 0.5° clockwise'
    """

    right: float = 0.0
    down: float = 0.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no move; keep as many decimals as count."""
        if not all(map(math.isfinite, (self.right, self.down, self.angle))) or abs(self.angle) > 180:
            raise InputError("A move is a number of pixels right and down, and an angle from -180 to 180 degrees.")
        for name in ("right", "down", "angle"):
            object.__setattr__(self, name, round(float(getattr(self, name)), DIGITS) + 0.0)

    @property
    def is_none(self) -> bool:
        """Whether everything stays where it is."""
        return not (self.right or self.down or self.angle)

    def said(self, name: str) -> str:
        """What is done to the image called ``name``, in a few words."""
        parts = (
            _said(self.right, " px", "right", "left"),
            _said(self.down, " px", "down", "up"),
            _said(self.angle, "°", "clockwise", "anticlockwise"),
        )
        return f"{name} moved by {', '.join(filter(None, parts)) or 'nothing'}"


def _said(value: float, unit: str, onward: str, back: str) -> str:
    return f"{abs(value):g}{unit} {onward if value > 0 else back}" if value else ""


def moved(pair: ImagePair, move: Move) -> ImagePair:
    """Which pair results where the second image is moved and the first stays?

    The second image is resampled linearly in float64. What comes from beyond its border is its lowest value, as
    there is no data, and has no value of the file; a remark says how many pixels that are. Whole pixels are moved
    without any rounding. Where rows are further apart than columns, a turn keeps lengths in millimetres.

    Parameters
    ----------
    pair : ImagePair
    move : Move

    Returns
    -------
    ImagePair
        Of its own content; labelled regions stay where they are, with the first image.

    Raises
    ------
    InputError
        Nothing of the second image is left, or only one value.

    Examples
    --------
    >>> grey = np.array([[0.0, 0.25, 1.0], [0.5, 0.75, 1.0]], np.float32)
    >>> found = moved(ImagePair(grey, grey, "head", ("MRI", "PET")), Move(right=1))
    >>> found.second.tolist()
    [[0.0, 0.0, 0.25], [0.0, 0.5, 0.75]]
    >>> found.remarks
    ('PET: 2 of 6 pixels lie beyond the border of the moved image and have its lowest value.',)
    """
    if move.is_none:
        return pair
    sampled = partial(_sampled, move=move, aspect=_aspect(pair))
    second = sampled(pair.second)
    missing = np.isnan(second)
    second[missing] = pair.second.min()
    if second.min() == second.max():
        raise InputError("Nothing of the second image is left after such a move; move it less.")
    has_levels = pair.raw[1] is not None or pair.levels[1] is not None
    levels = sampled(file_levels(pair, 1)).astype(np.float32) if has_levels else None
    return replace(
        pair,
        second=second.astype(np.float32),
        second_color=None if pair.second_color is None else _colors(pair.second_color, sampled),
        levels=(pair.levels[0], levels),
        remarks=(*pair.remarks, *_remark(pair.names[1], int(np.count_nonzero(missing)), second.size)),
    )


def _aspect(pair: ImagePair) -> float:
    """How far apart rows are, in columns: what is turned keeps its shape in the patient, not on the screen."""
    return pair.row_spacing / pair.spacing if pair.spacing and pair.row_spacing else 1.0


def _sampled(image: NDArray[np.floating] | NDArray[np.uint8], move: Move, aspect: float) -> NDArray[np.float64]:
    """Linear between four neighbours; NaN beyond the border, and where one of them has no value."""
    values = image.astype(np.float64)
    known = np.isfinite(values)
    found = _transformed(np.where(known, values, 0.0), move, aspect)
    if not known.all():
        found[_transformed(known.astype(np.float64), move, aspect) < 1 - _TINY] = np.nan
    return found


def _transformed(values: NDArray[np.float64], move: Move, aspect: float) -> NDArray[np.float64]:
    centre = (np.array(values.shape) - 1) / 2
    sine, cosine = math.sin(math.radians(move.angle)), math.cos(math.radians(move.angle))
    # From (row, col) of the moved image to the one it is from.
    back = np.array([[cosine, -sine / aspect], [sine * aspect, cosine]])
    offset = centre - back @ (centre + np.array([move.down, move.right]))
    found: NDArray[np.float64] = affine_transform(values, back, offset, order=1, mode="constant", cval=np.nan)
    return found


def _colors(
    color: NDArray[np.uint8], sampled: Callable[[NDArray[np.uint8]], NDArray[np.float64]]
) -> NDArray[np.uint8]:
    """The same of a picture's colours; black where there is no data."""
    channels = [sampled(color[..., each]) for each in range(3)]
    return np.rint(np.nan_to_num(np.dstack(channels))).astype(np.uint8)


def _remark(name: str, outside: int, size: int) -> tuple[str, ...]:
    if not outside:
        return ()
    told = f"{outside:,} of {size:,} pixels lie beyond the border of the moved image and have its lowest value"
    return (f"{name}: {told}.",)
