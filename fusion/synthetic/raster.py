"""What every generated pair is drawn with: checked numbers, fine points averaged to pixels, labelled regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError

Floating = TypeVar("Floating", bound=np.floating)

OVERSAMPLING = 2
"""Sampling points along each side of a pixel."""


def check_whole(what: str, value: int, low: int, high: int | None = None) -> None:
    """Refuse what is no whole number from ``low`` to ``high``.

    Raises
    ------
    InputError
        Naming ``what``, the value and the range.

    Examples
    --------
    >>> check_whole("The phantom's seed", 3, 0)
    >>> check_whole("The phantom's size", 20, 64, 1024)
    Traceback (most recent call last):
    fusion.errors.InputError: The phantom's size is 20; give a whole number from 64 to 1024.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < low or (high is not None and value > high):
        span = f"of {low} or more" if high is None else f"from {low} to {high}"
        raise InputError(f"{what} is {value!r}; give a whole number {span}.")


def to_pixels(points: NDArray[Floating]) -> NDArray[Floating]:
    """Average the sampling points that share a pixel: (2 H, 2 W, …) to (H, W, …).

    Examples
    --------
    >>> to_pixels(np.array([[0.0, 1.0, 4.0, 4.0], [2.0, 3.0, 4.0, 4.0]])).tolist()
    [[1.5, 4.0]]
    """
    rows, columns = points.shape[0] // OVERSAMPLING, points.shape[1] // OVERSAMPLING
    blocks = points.reshape(rows, OVERSAMPLING, columns, OVERSAMPLING, *points.shape[2:])
    averages: NDArray[Floating] = blocks.mean(axis=(1, 3))
    return averages


def regions_of(labels: NDArray[np.uint8], groups: Mapping[str, Iterable[int]]) -> dict[str, NDArray[np.bool_]]:
    """Give each pixel to the group of labels that fills at least half of it: bool (H, W) by name.

    Parameters
    ----------
    labels : uint8 (2 H, 2 W)
        One a sampling point.
    groups : mapping of str to labels
        Of two groups that fill half a pixel each, the first has it.

    Examples
    --------
    >>> labels = np.array([[1, 1, 2, 3], [1, 0, 0, 4]], np.uint8)
    >>> {name: mask.tolist() for name, mask in regions_of(labels, {"one": [1], "others": [2, 3]}).items()}
    {'one': [[True, False]], 'others': [[False, True]]}
    """
    shares = np.stack([to_pixels(np.isin(labels, list(members)).astype(float)) for members in groups.values()])
    winner = np.where(shares.max(axis=0) >= 0.5, shares.argmax(axis=0), -1)
    return {name: winner == index for index, name in enumerate(groups)}
