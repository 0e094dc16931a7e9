"""From a fused image to its figures."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError
from fusion.metrics.catalogue import METRICS, Metric
from fusion.metrics.levels import GreyLevels, grey_levels
from fusion.metrics.value import MetricValue, UndefinedError

FloatImage = NDArray[np.floating[Any]]


def find_metric(name: str) -> Metric:
    """The metric called ``name``; capitals, dashes and the like do not matter.

    Raises
    ------
    InputError
        There is none; the nearest names are told.

    Examples
    --------
    >>> find_metric("q^ab/f").name, find_metric("msssim").name
    ('Qabf', 'MS-SSIM')
    """
    known = {_plain(word): metric for metric in METRICS.values() for word in (metric.name, metric.symbol)}
    metric = known.get(_plain(name))
    if metric is None:
        near = [known[word].name for word in difflib.get_close_matches(_plain(name), known, cutoff=0.5)]
        raise InputError(f"There is no metric called {name!r}; choose one of: {', '.join(near or METRICS)}.")
    return metric


def measure(
    first: FloatImage,
    second: FloatImage,
    fused: FloatImage,
    names: Iterable[str] | None = None,
    *,
    rounded: bool = True,
) -> Mapping[str, MetricValue]:
    """What do the field's metrics say of a fused image?

    Parameters
    ----------
    first, second, fused : floating (H, W), nominally in [0, 1]
        Both inputs and what was made of them.
    names : iterable of str, optional
        Which metrics, as `METRICS` or papers call them; all of them unless told.
    rounded : bool
        Whether to judge the pictures as they are saved, clipped and rounded to 8 bit, which is what printed
        tables rest on; else the values as they are. EN, MI and NMI count 256 grey levels in either case.

    Returns
    -------
    mapping of name to MetricValue
        In the order asked for. A metric that is undefined for these images has no number but a reason.

    Raises
    ------
    InputError
        The sizes differ, an image is not (H, W) or not finite, or a metric is unknown.

    Examples
    --------
    >>> ramp = np.linspace(0, 1, 256).reshape(16, 16)
    >>> measure(ramp, ramp.T, ramp, ["EN", "SCD"])["EN"]
    MetricValue(number=8.0, why='')
    >>> measure(ramp, ramp.T, ramp, ["SCD"])["SCD"].why
    'the fused image is a copy of the first, but for a constant'
    """
    metrics = list(METRICS.values()) if names is None else [find_metric(name) for name in names]
    if not first.shape == second.shape == fused.shape:
        raise InputError(
            "Both inputs and the fused image must have the same size; "
            f"these have {first.shape}, {second.shape} and {fused.shape}."
        )
    a, b, y = (grey_levels(image, rounded=rounded) for image in (first, second, fused))
    return {metric.name: _value(metric, a, b, y) for metric in metrics}


def _value(metric: Metric, first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> MetricValue:
    try:
        return MetricValue(metric.formula(first, second, fused))
    except UndefinedError as error:
        return MetricValue(None, str(error))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
