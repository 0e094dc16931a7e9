"""What is watched of a running dashboard: checks for ``/ready``, numbers for ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial

from flask import Flask

from dashboard.cache.disk import CACHES
from dashboard.cache.sealed_files import CacheCounts, SealedFiles
from dashboard.jobs.queue import JobQueue
from dashboard.server import channel
from dashboard.server.metrics import Reading, Values, metrics_of
from dashboard.server.readiness import Check, Readiness, readiness_of, why_unwritable
from dashboard.service.memory_gate import LEAST, MemoryGate
from dashboard.service.network_pool import NetworkPool
from dashboard.service.reader_trial import ReaderTrial
from dashboard.service.saliency_service import SaliencyService
from fusion.shipped import VERSION

COUNTED = {
    "hits": "Entries of the disk cache that were there",
    "misses": "Entries of the disk cache that were not there, or not as they were written",
    "refused": "Entries of the disk cache that were damaged or not of this program",
    "evictions": "Entries of the disk cache that had to go for others",
    "failures": "Entries that could not be written to the disk cache",
}
"""What is told of each cache, by the fields of `CacheCounts`."""


def install(server: Flask, service: SaliencyService) -> None:
    """Watch the service of a server from now on."""
    caches: Mapping[str, SealedFiles] = server.extensions[CACHES]
    ready = readiness_of(server)
    ready.add(
        Check("cache", partial(_cache_problem, caches)),
        Check("memory", partial(_memory_problem, service.gate)),
        Check("reader", ReaderTrial().problem, is_needed=True),
        Check("networks", partial(_network_problem, service.network_pool)),
    )
    metrics_of(server).add(
        Reading("build_info", "The running version", lambda: {(VERSION,): 1}, ("version",)),
        Reading("degraded", "1 for each part that /ready complains of", partial(_degraded, ready), ("part",)),
        Reading("channels_open", "Pages that ask over the channel", partial(_channels, server)),
        *_of_jobs(service.jobs),
        *_of_memory(service.gate),
        *_of_caches(caches),
    )


def _cache_problem(caches: Mapping[str, SealedFiles]) -> str:
    found = next((why for each in caches.values() if (why := why_unwritable(each.folder))), "")
    if not found:
        return ""
    return (
        f"Nothing can be kept in the cache ({found}): everything is answered, but after a restart it is computed "
        "anew. A folder that is gone is made anew with the next entry."
    )


def _memory_problem(gate: MemoryGate) -> str:
    free = gate.room()
    if free is None or free >= LEAST:
        return ""
    return (
        f"{free / 2**30:.1f} GB of memory are free beside what is computed: networks that look at the whole image "
        "are refused until there is more; the others answer."
    )


def _network_problem(pool: NetworkPool) -> str:
    found = pool.problems()
    return " ".join(f"{name}: {sentence}" for name, sentence in found.items())


def _degraded(ready: Readiness) -> Values:
    return {(check.part,): float(bool(told)) for check, told in ready.problems().items()}


def _channels(server: Flask) -> Values:
    listening: channel.Listening | None = server.extensions.get(channel.LISTENING)
    return {(): len(listening.talking) if listening else 0}


def _of_jobs(jobs: JobQueue) -> tuple[Reading, ...]:
    ended = ("kind", "outcome")
    return (
        Reading("jobs_open", "Jobs that are computed or wait for it", partial(_open_jobs, jobs), ("kind",)),
        Reading("jobs", "Jobs that have ended", jobs.counts.numbers, ended, is_counter=True),
        Reading("job_work_seconds", "Seconds worked on those", jobs.counts.seconds, ended, is_counter=True),
    )


def _open_jobs(jobs: JobQueue) -> Values:
    return {(kind,): number for kind, number in jobs.counts.open_now().items()}


def _of_memory(gate: MemoryGate) -> tuple[Reading, ...]:
    return (
        Reading("memory_set_aside_bytes", "Memory that computations were admitted to", lambda: {(): gate.held}),
        Reading(
            "memory_room_bytes",
            "Memory that more can be admitted to, where the system tells it",
            lambda: {} if (room := gate.room()) is None else {(): room},
        ),
    )


def _of_caches(caches: Mapping[str, SealedFiles]) -> tuple[Reading, ...]:
    def each(number: Callable[[SealedFiles], float]) -> Values:
        return {(name,): number(cache) for name, cache in caches.items()}

    def count(what: str, cache: SealedFiles) -> float:
        return float(getattr(cache.counts, what))

    counted = (
        Reading(f"cache_{what}", COUNTED[what], partial(each, partial(count, what)), ("cache",), is_counter=True)
        for what in (field.name for field in fields(CacheCounts))
    )
    return (
        *counted,
        Reading(
            "cache_files",
            "Files of the disk cache",
            partial(each, lambda cache: cache.size().files),
            ("cache",),
        ),
        Reading("cache_bytes", "Bytes of them", partial(each, lambda cache: cache.size().bytes), ("cache",)),
    )
