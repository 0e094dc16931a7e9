"""The field's metrics, told honestly: what they say, what they mean and where they mislead.

A metric rewards what it was made to see. None asks what a clinician needs, and most are topped by a trivial
rule: read no figure without those of a copy, the mean and the maximum beside it, which `table` always adds.

>>> from fusion import phantom
>>> from fusion.metrics import METRICS, measure
>>> pair = phantom(seed=7)
>>> round(measure(pair.first, pair.second, pair.first, ["VIF"])["VIF"].number, 2)
1.09
>>> METRICS["VIF"].unit
'sum over both inputs'
"""

from fusion.metrics.catalogue import METRICS, Metric
from fusion.metrics.measuring import find_metric, measure
from fusion.metrics.table import Measurement, Record, leaders, records, summarized, table
from fusion.metrics.value import Average, MetricValue, average

__all__ = [
    "METRICS",
    "Average",
    "Measurement",
    "Metric",
    "MetricValue",
    "Record",
    "average",
    "find_metric",
    "leaders",
    "measure",
    "records",
    "summarized",
    "table",
]
