"""A metric's figure, or the reason why there is none, and averages that say what they rest on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


class UndefinedError(ArithmeticError):
    """A metric means nothing for these images; the message says why, in a few words."""


@dataclass(frozen=True)
class MetricValue:
    """What a metric says of one fused image.

    Attributes
    ----------
    number : float or None
        The figure in the metric's unit; None where the metric is undefined for these images.
    why : str
        The reason where it is; else empty.
    """

    number: float | None
    why: str = ""


@dataclass(frozen=True)
class Average:
    """What a metric says of many fused images.

    Attributes
    ----------
    mean, deviation : float or None
        Over the pairs for which the metric is defined; the standard deviation has n − 1 in the denominator.
        None where fewer than one or two are left.
    count, of : int
        How many pairs that is, and how many there were.
    whys : tuple of str
        The distinct reasons why the others have no figure.
    """

    mean: float | None
    deviation: float | None
    count: int
    of: int
    whys: tuple[str, ...] = ()


def average(values: Iterable[MetricValue]) -> Average:
    """What do these values say together? Undefined ones are left out and counted.

    Examples
    --------
    >>> average([MetricValue(1.0), MetricValue(None, "the fused image is constant"), MetricValue(4.0)])
    Average(mean=2.5, deviation=2.1213203435596424, count=2, of=3, whys=('the fused image is constant',))
    """
    values = list(values)
    numbers = [value.number for value in values if value.number is not None]
    return Average(
        float(np.mean(numbers)) if numbers else None,
        float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None,
        len(numbers),
        len(values),
        tuple(dict.fromkeys(value.why for value in values if value.number is None)),
    )
