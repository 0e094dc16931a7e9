"""Methods beside the trivial rules: one measurement for each method and pair, and what many say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors
from fusion.method.rules import baselines
from fusion.metrics.catalogue import METRICS
from fusion.metrics.measuring import FloatImage, measure
from fusion.metrics.value import Average, MetricValue, average

Record = dict[str, str | int | float]


@dataclass(frozen=True)
class Measurement:
    """What the metrics say of one method's fused image of one pair.

    Attributes
    ----------
    method : str
        A network's or a rule's name.
    pair : str
        The pair's title.
    values : mapping of metric's name to MetricValue
        In the order of the table's columns.
    """

    method: str
    pair: str
    values: Mapping[str, MetricValue]


def table(
    pair: ImagePair, fused: Mapping[str, FloatImage], names: Iterable[str] | None = None, *, rounded: bool = True
) -> tuple[Measurement, ...]:
    """How do these fused images score, beside what no network is needed for?

    Parameters
    ----------
    pair : ImagePair
    fused : mapping of method's name to floating (H, W), nominally in [0, 1]
        What each network made of the pair.
    names : iterable of str, optional
        Which metrics; all of them unless told.
    rounded : bool
        As for `measure`.

    Returns
    -------
    tuple of Measurement
        Copies, mean, maximum and weighted averaging first, then ``fused`` in its order.

    Raises
    ------
    InputError
        As `measure`.

    Examples
    --------
    >>> from fusion import phantom
    >>> pair = phantom(0, size=64)
    >>> rows = table(pair, {"mine": pair.first * 0.9}, ["SCD", "Qabf"])
    >>> [row.method for row in rows]
    ['copy of first', 'copy of second', 'mean', 'maximum', 'Weighted Averaging', 'mine']
    >>> rows[0].values["SCD"].number is None
    True
    """
    names = list(METRICS if names is None else names)
    inputs = as_tensors(None, pair)
    with torch.inference_mode():
        plain = {name: rule(*inputs)[0, 0].numpy() for name, rule in baselines().items()}
    return tuple(
        Measurement(method, pair.title, measure(pair.first, pair.second, image, names, rounded=rounded))
        for method, image in {**plain, **fused}.items()
    )


def summarized(measurements: Iterable[Measurement]) -> Mapping[str, Mapping[str, Average]]:
    """What do the metrics say of each method over all pairs? Averages, by method and metric.

    Examples
    --------
    >>> rows = [Measurement("mean", pair, {"EN": MetricValue(bits)}) for pair, bits in (("1", 4.0), ("2", 6.0))]
    >>> summarized(rows)["mean"]["EN"].mean
    5.0
    """
    held: dict[str, list[Measurement]] = {}
    for measurement in measurements:
        held.setdefault(measurement.method, []).append(measurement)
    return {
        method: {name: average(each.values[name] for each in rows) for name in rows[0].values}
        for method, rows in held.items()
    }


def leaders(summary: Mapping[str, Mapping[str, Average]]) -> Mapping[str, frozenset[str]]:
    """Which methods lead each metric? More than one where means are equal, none where it is undefined for all.

    Examples
    --------
    >>> both = {"mean": {"EN": average([MetricValue(5.0)])}, "maximum": {"EN": average([MetricValue(4.0)])}}
    >>> leaders(both)
    {'EN': frozenset({'mean'})}
    """
    found = {}
    for name in next(iter(summary.values()), {}):
        means = {method: mean for method in summary if (mean := summary[method][name].mean) is not None}
        best = max if METRICS[name].better == "higher" else min
        summit = best(means.values(), default=None)
        found[name] = frozenset(method for method, mean in means.items() if mean == summit)
    return found


def records(measurements: Sequence[Measurement]) -> list[Record]:
    """What do these measurements say, for a spreadsheet?

    For each method a record a pair (``row`` is ``"pair"``), then its ``"mean"``, its ``"sd"`` (n − 1 in the
    denominator) and the ``"count"`` of pairs that each figure rests on. An empty cell is a figure that does not
    exist; ``undefined`` says why.

    Examples
    --------
    >>> values = MetricValue(4.0), MetricValue(6.0)
    >>> rows = [Measurement("mean", pair, {"EN": value}) for pair, value in zip("12", values, strict=True)]
    >>> [(each["row"], each["EN"]) for each in records(rows)]
    [('pair', 4.0), ('pair', 6.0), ('mean', 5.0), ('sd', 1.4142135623730951), ('count', 2)]
    """
    found: list[Record] = []
    for method, averages in summarized(measurements).items():
        found += [_record(each) for each in measurements if each.method == method]
        whys = _joined({name: "; ".join(each.whys) for name, each in averages.items()})
        start = {"method": method, "pair": "", "undefined": whys}
        columns: dict[str, dict[str, float | None]] = {
            "mean": {name: each.mean for name, each in averages.items()},
            "sd": {name: each.deviation for name, each in averages.items()},
            "count": {name: each.count for name, each in averages.items()},
        }
        found += [{**start, "row": row, **_cells(figures)} for row, figures in columns.items()]
    return found


def _record(measurement: Measurement) -> Record:
    return {
        "method": measurement.method,
        "pair": measurement.pair,
        "row": "pair",
        **_cells({name: value.number for name, value in measurement.values.items()}),
        "undefined": _joined({name: value.why for name, value in measurement.values.items()}),
    }


def _cells(figures: Mapping[str, float | None]) -> Record:
    return {name: "" if figure is None else figure for name, figure in figures.items()}


def _joined(whys: Mapping[str, str]) -> str:
    return " | ".join(f"{name}: {why}" for name, why in whys.items() if why)
