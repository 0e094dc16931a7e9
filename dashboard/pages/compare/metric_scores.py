"""The field's metrics of what is on the page, measured beside the requests that want them."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from dashboard.jobs.background_cache import BackgroundCache, ComputationFailedError
from dashboard.jobs.queue import JobQueue
from dashboard.service.fused_pair import FusedPair
from fusion import ImagePair, InputError
from fusion.metrics import METRICS, MetricValue, measure, table

FEW = ("EN", "MI", "SCD", "VIF", "Qabf", "SSIM", "FMI")
"""What stands under every column: one or two for each question that the metrics ask; the table has them all."""
LARGEST = 1024 * 1024
"""Pixels of the largest picture that is measured while somebody waits; windows of 16 million take minutes."""
RULES = "copies, mean, maximum"
"""The row of all rules together, where they have no figures of their own."""
TOO_LARGE = "not measured on this page above 1024 × 1024 pixels; python -m fusion evaluate does"

MetricRow = dict[str, Any]
logger = logging.getLogger(__name__)


class Scores:
    """Metrics of networks and of the trivial rules that stand beside them; who asks never waits."""

    def __init__(self, jobs: JobQueue) -> None:
        self._rows: BackgroundCache[list[MetricRow]] = BackgroundCache(jobs, "metrics", size=64)

    def rules(self, pair: ImagePair) -> list[MetricRow] | None:
        """A row for each copy, the mean, the maximum and weighted averaging; None while they are measured."""
        try:
            return self._rows.get(("rules", pair.content_hash), lambda: _rules(pair))
        except ComputationFailedError as error:
            return [unmeasured(RULES, str(error))]

    def of(self, fused_pair: FusedPair) -> MetricRow | None:
        """The row of a network; None while it is measured."""
        name = fused_pair.loaded.name
        try:
            rows = self._rows.get(("network", fused_pair.key), lambda: [_of(fused_pair)], name)
        except ComputationFailedError as error:
            return unmeasured(name, str(error))
        return None if rows is None else rows[0]


def described() -> list[dict[str, Any]]:
    """What a reader has to know of each metric, and whether it is one of the `FEW`."""
    fields = ("name", "title", "unit", "better", "paper", "meaning", "pitfalls")
    return [
        {field: getattr(metric, field) for field in fields} | {"few": name in FEW}
        for name, metric in METRICS.items()
    ]


def _rules(pair: ImagePair) -> list[MetricRow]:
    one, two = pair.names
    known = {"copy of first": f"copy of {one}", "copy of second": f"copy of {two}"}
    if math.prod(pair.shape) > LARGEST:
        return [_row(RULES, _undefined(TOO_LARGE))]
    return [_row(known.get(each.method, each.method), each.values) for each in table(pair, {}, tuple(METRICS))]


def unmeasured(network: str, why: str) -> MetricRow:
    """The row of a network that cannot be measured."""
    return _row(network, _undefined(why))


def _of(fused_pair: FusedPair) -> MetricRow:
    pair = fused_pair.pair
    return _row(fused_pair.loaded.name, _values(pair, lambda: measure(pair.first, pair.second, fused_pair.fused)))


def _values(pair: ImagePair, measured: Callable[[], Mapping[str, MetricValue]]) -> Mapping[str, MetricValue]:
    if math.prod(pair.shape) > LARGEST:
        return _undefined(TOO_LARGE)
    try:
        return measured()
    except InputError as error:  # a network that yields NaN
        return _undefined(str(error))
    except Exception as error:  # whatever a metric raises is told in its row
        logger.exception("The metrics of a network could not be measured.")
        return _undefined(f"It could not be measured: {error}")


def _undefined(why: str) -> Mapping[str, MetricValue]:
    return dict.fromkeys(METRICS, MetricValue(None, why))


def _row(method: str, values: Mapping[str, MetricValue]) -> MetricRow:
    return {"method": method, "values": [asdict(values[name]) for name in METRICS]}
