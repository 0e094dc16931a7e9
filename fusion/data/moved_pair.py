"""What would the pair be if its second image lay somewhere else: the same, moved and turned by so much?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform

from fusion.data.pairs import ImagePair
from fusion.errors import InputError

DIGITS = 3
"""Decimals of a pixel and of a degree that count."""


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
    there is no data; a remark says how many pixels that are. Whole pixels are moved without any rounding.

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
    second, outside = _resampled(pair.second, move)
    if second.min() == second.max():
        raise InputError("Nothing of the second image is left after such a move; move it less.")
    levels = pair.levels[1]
    return replace(
        pair,
        second=second,
        second_color=None if pair.second_color is None else _colors(pair.second_color, move),
        levels=(pair.levels[0], None if levels is None else _resampled(levels, move)[0]),
        remarks=(*pair.remarks, *_remark(pair.names[1], outside, second.size)),
    )


def _resampled(image: NDArray[np.float32], move: Move) -> tuple[NDArray[np.float32], int]:
    """The moved image, and how many of its pixels have no data."""
    values = _sampled(image, move)
    missing = np.isnan(values)
    values[missing] = np.nanmin(image)
    return values.astype(np.float32), int(np.count_nonzero(missing))


def _sampled(image: NDArray[np.floating] | NDArray[np.uint8], move: Move) -> NDArray[np.float64]:
    """Linear between four neighbours; NaN beyond the border."""
    centre = (np.array(image.shape) - 1) / 2
    sine, cosine = math.sin(math.radians(move.angle)), math.cos(math.radians(move.angle))
    back = np.array([[cosine, -sine], [sine, cosine]])  # from (row, col) of the moved image to the one it is from
    offset = centre - back @ (centre + np.array([move.down, move.right]))
    found: NDArray[np.float64] = affine_transform(
        image.astype(np.float64), back, offset, order=1, mode="constant", cval=np.nan
    )
    return found


def _colors(color: NDArray[np.uint8], move: Move) -> NDArray[np.uint8]:
    """The same of a picture's colours; black where there is no data."""
    channels = [_sampled(color[..., each], move) for each in range(3)]
    return np.rint(np.nan_to_num(np.dstack(channels))).astype(np.uint8)


def _remark(name: str, outside: int, size: int) -> tuple[str, ...]:
    if not outside:
        return ()
    told = f"{outside:,} of {size:,} pixels lie beyond the border of the moved image and have its lowest value"
    return (f"{name}: {told}.",)
