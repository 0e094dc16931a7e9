"""What would the pair be if an input were scaled from other values: a fixed window in the unit of its file?"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from fusion.data.normalisation import Normalisation
from fusion.data.pairs import ImagePair
from fusion.errors import InputError

Window = Normalisation | Literal["volume"] | None
"""From which values an input is scaled: a window, those of its whole volume, or as it is."""
Windows = tuple[Window, Window]
"""For the first and the second input."""
_Part = TypeVar("_Part")


def file_levels(pair: ImagePair, index: int) -> NDArray[np.float64]:
    """Which values of its file does an input stand for? Those in [0, 1] themselves where there is no file.

    A value within float32's rounding of a whole number is that number: files of whole numbers come back exactly,
    and no value is further off than that rounding.

    Parameters
    ----------
    pair : ImagePair
    index : int
        0 for the first input, 1 for the second.

    Examples
    --------
    >>> from fusion.data.raw_scale import RawScale
    >>> third = np.array([[0, 1 / 3, 1]], np.float32)
    >>> file_levels(ImagePair(third, third, "head", raw=(RawScale(0, 3), None)), 0).tolist()
    [[0.0, 1.0, 3.0]]
    """
    if (levels := pair.levels[index]) is not None:
        return levels.astype(np.float64)
    image, scale = (pair.first, pair.second)[index].astype(np.float64), pair.raw[index]
    if scale is None:
        return image
    values = scale.low + image * (scale.high - scale.low)
    whole = np.rint(values)
    found: NDArray[np.float64] = np.where(
        np.abs(values - whole) <= (scale.high - scale.low) * 2**-24, whole, values
    )
    return found


def windowed(pair: ImagePair, windows: Windows) -> ImagePair:
    """Which pair results where its inputs are scaled from ``windows``; None leaves an input as it is.

    Raises
    ------
    InputError
        A window leaves one value only, or the whole volume cannot be read.

    Examples
    --------
    >>> grey = np.array([[0, 0.25, 0.5, 1]], np.float32)
    >>> found = windowed(ImagePair(grey, grey, "head", ("CT", "PET")), (Normalisation("window", 0.25, 0.5), None))
    >>> found.first.tolist(), found.levels[0].tolist()
    ([[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.25, 0.5, 1.0]])
    >>> found.remarks
    ('CT: scaled from 0.25 to 0.5; 1 pixels below and 1 above are clipped, 50.0 % of all.',)
    """
    for index, window in enumerate(windows):
        if window is not None:
            pair = _scaled(pair, index, _of_volume(pair, index) if window == "volume" else window)
    return pair


def _of_volume(pair: ImagePair, index: int) -> Normalisation:
    """From the smallest to the largest value of an input's volume; of what is a picture, its own."""
    if pair.origin is not None:
        return pair.origin.whole()[index]
    levels = file_levels(pair, index)
    return Normalisation("volume", float(np.nanmin(levels)), float(np.nanmax(levels)))


def _scaled(pair: ImagePair, index: int, window: Normalisation) -> ImagePair:
    levels = file_levels(pair, index)
    image = np.nan_to_num(window.image(levels), nan=0.0)
    if image.min() == image.max():
        raise InputError(
            f"From {window.low:g} to {window.high:g} every pixel of {pair.names[index]} has the same value; "
            "choose another window."
        )
    scale = pair.raw[index]
    changed = replace(
        pair,
        raw=_put(pair.raw, index, scale and replace(scale, low=window.low, high=window.high)),
        levels=_put(pair.levels, index, levels.astype(np.float32)),
        remarks=(*pair.remarks, _remark(pair.names[index], window, levels)),
        origin=pair.origin and replace(pair.origin, scaled=_put(pair.origin.scaled, index, window)),
    )
    return replace(changed, first=image) if index == 0 else replace(changed, second=image)


def _put(parts: tuple[_Part, _Part], index: int, part: _Part) -> tuple[_Part, _Part]:
    return (part, parts[1]) if index == 0 else (parts[0], part)


def _remark(name: str, window: Normalisation, levels: NDArray[np.float64]) -> str:
    below, above = window.clipped(levels)
    if window.kind == "volume":
        return (
            f"{name}: scaled from {window.low:g} to {window.high:g}, the smallest and largest value of the volume."
        )
    told = f"{below:,} pixels below and {above:,} above are clipped, {(below + above) / levels.size:.1%} of all"
    return f"{name}: scaled from {window.low:g} to {window.high:g}; {told.replace('%', ' %')}."
