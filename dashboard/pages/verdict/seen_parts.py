"""What a report has besides its pictures: verdict, region and metrics, as far as they were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from dashboard.components.url_state import read
from dashboard.pages.compare.metric_scores import Scores
from dashboard.pages.compare.metric_table import printed_table, with_rules
from dashboard.pages.regions.region_jobs import RegionJobs, finished_results
from dashboard.pages.regions.region_table import table, turned
from dashboard.pages.regions.state import RegionState, read_regions
from dashboard.pages.verdict.state import PARSERS, QuestionState
from dashboard.pages.verdict.verdict_export import place_in
from dashboard.pages.verdict.verdict_jobs import VerdictJobs
from dashboard.pages.verdict.verdict_lines import judged
from dashboard.report.collect import Measuring
from dashboard.report.number_table import NumberTable
from fusion import InputError

if TYPE_CHECKING:  # it loads Matplotlib
    from dashboard.report.page_flow import PageFlow, Part


def seen_parts(verdicts: VerdictJobs, regions: RegionJobs, words: str, networks: Sequence[str]) -> list[Part]:
    """The parts of a report for an address's ``words``; nothing is computed but the metrics of ``networks``.

    Raises
    ------
    Measuring
        Metrics are still being measured; asking keeps that going.
    """
    region = _region(regions, words)
    tables = [*([region] if region else []), _metrics(verdicts, words, networks)]
    return [*_verdict(verdicts, regions, words), *(partial(_put, table=each) for each in tables)]


def _put(flow: PageFlow, table: NumberTable) -> None:
    flow.table(table)


def _verdict(verdicts: VerdictJobs, regions: RegionJobs, words: str) -> Sequence[Part]:
    """The verdict on the address's place, where any row of it was computed."""
    from dashboard.pages.verdict.verdict_print import verdict_parts

    place = place_in(verdicts, regions.region, words)
    rows = [row for row in verdicts.known(place) if row.progress.is_complete]
    return verdict_parts(place, judged(verdicts.purpose, place, rows)) if rows else []


def _region(regions: RegionJobs, words: str) -> NumberTable | None:
    """The figures of the address's region by the networks that were asked; None where there are none."""
    state, _ = read_regions(words, RegionState(), regions.usable())
    if not state.region:
        return None
    pair, _ = regions.region(state.pair, state.region)
    found = finished_results(regions.finished(state.pair, state.region, regions.usable()))
    if not found:
        return None
    reports = regions.reports(state.pair, state.region, found, state.ring)
    return turned(table(f"Region {state.region[:60]}", reports, pair.names, {}))


def _metrics(verdicts: VerdictJobs, words: str, networks: Sequence[str]) -> NumberTable:
    """The field's metrics of the networks shown, beside the rules that need none."""
    state, _ = read(words, QuestionState(), PARSERS)
    pair, scores = verdicts.service.catalogue.pair(state.pair), Scores(verdicts.service.jobs)
    rules, rows = scores.rules(pair), []
    for name in networks:
        try:
            rows.append(scores.of(verdicts.service.open_pair(state.pair, name)))
        except InputError:  # its column says why
            continue
    measured = [row for row in rows if row is not None]
    if rules is None or len(measured) < len(rows):
        raise Measuring
    return printed_table(f"Fusion metrics of {pair.title}", with_rules(measured, rules))
