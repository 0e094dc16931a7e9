"""What is counted of a running dashboard, in Prometheus' text form: nothing of a pair, a file or a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flask import Flask, Response
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

METRICS = "fusevis-metrics"
"""Under this name the Flask server's ``extensions`` hold its `Metrics`."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.6, 1, 2.5, 5, 10, 30, 60)
"""Seconds of a request: the pointer's questions at the lower end, figures for print at the upper."""
Values = Mapping[tuple[str, ...], float]
"""Numbers by what the labels say; ``{(): number}`` where there is one."""


@dataclass(frozen=True)
class Reading:
    """Numbers that are read when somebody asks for them.

    Attributes
    ----------
    name, told : str
        As Prometheus has it, and what it is in a few words.
    read : callable
    labels : tuple of str
    is_counter : bool
        Whether it only grows; its name gets ``_total`` then.
    """

    name: str
    told: str
    read: Callable[[], Values]
    labels: tuple[str, ...] = ()
    is_counter: bool = False

    def family(self) -> Metric:
        """The numbers as they are now."""
        kind = CounterMetricFamily if self.is_counter else GaugeMetricFamily
        found = kind(f"fusevis_{self.name}", self.told, labels=self.labels)
        for labels, number in self.read().items():
            found.add_metric(labels, number)
        return found


class Metrics(Collector):
    """The numbers of one dashboard."""

    def __init__(self) -> None:
        disable_created_metrics()  # a second series for each counter, which nobody draws
        self._readings: list[Reading] = []
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fusevis_requests",
            "Requests, and questions of the channel, by route and outcome",
            ("endpoint", "outcome"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "fusevis_request_seconds",
            "Seconds until a request was answered",
            ("endpoint",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """What is read only when somebody asks."""
        return (each.family() for each in tuple(self._readings))

    def add(self, *readings: Reading) -> None:
        """Tell of these as well."""
        self._readings.extend(readings)

    def count(self, endpoint: str, outcome: str, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(endpoint, outcome).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def text(self) -> bytes:
        """All of it."""
        return generate_latest(self._registry)


def metrics_of(server: Flask) -> Metrics:
    """The numbers of a server, for whoever has some to tell."""
    found: Metrics = server.extensions.setdefault(METRICS, Metrics())
    return found


def install(server: Flask) -> None:
    """Add ``/metrics``."""
    found = metrics_of(server)
    server.add_url_rule(
        "/metrics", "metrics", lambda: Response(found.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    )
