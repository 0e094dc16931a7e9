"""What Cohort fetches beside its callbacks: table and summary of a finished cohort as files."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, jsonify, request

from dashboard.components.url_state import listed
from dashboard.pages.cohort.cohort_jobs import CohortJobs
from dashboard.pages.cohort.state import CohortChoice
from fusion import InputError
from fusion.data.csv_table import csv_table
from saliency.cohort.cohort_files import HEADS, parquet_bytes, summary_json, table_rows
from saliency.cohort.cohort_run import CohortProgress


def register(server: Flask, jobs: CohortJobs) -> None:
    """Add ``/cohort/table.csv``, ``….parquet`` and ``summary.json``; 409 while nothing or not all is measured."""
    server.add_url_rule("/cohort/table.csv", "cohort-table", partial(_table, jobs))
    server.add_url_rule("/cohort/table.parquet", "cohort-columns", partial(_columns, jobs))
    server.add_url_rule("/cohort/summary.json", "cohort-summary", partial(_summary, jobs))


def _table(jobs: CohortJobs) -> Response | tuple[Response, int]:
    found = _finished(jobs, _choice())
    if found is None:
        return _not_yet()
    return _file(csv_table(HEADS, table_rows(found)).encode(), "text/csv", "fusevis-cohort.csv")


def _columns(jobs: CohortJobs) -> Response | tuple[Response, int]:
    found = _finished(jobs, _choice())
    if found is None:
        return _not_yet()
    return _file(parquet_bytes(table_rows(found)), "application/vnd.apache.parquet", "fusevis-cohort.parquet")


def _summary(jobs: CohortJobs) -> Response | tuple[Response, int]:
    choice = _choice()
    found = _finished(jobs, choice)
    if found is None:
        return _not_yet()
    about = {"networks": choice["networks"], "slices of each case": choice["slices"], "slices": found.total}
    return _file(summary_json(found, about, 0), "application/json", "fusevis-cohort.json")


def _choice() -> CohortChoice:
    words = request.args
    if not words.get("slices", "").isdecimal():
        raise InputError("Say how many slices of each case: slices=4.")
    networks = list(listed(words.get("networks", "")))
    return CohortChoice(pair=words.get("pair", ""), networks=networks, slices=int(words["slices"][:4]))


def _finished(jobs: CohortJobs, choice: CohortChoice) -> CohortProgress | None:
    standing = jobs.look(choice)
    is_there = standing.state.is_over and not standing.state.failure and standing.progress.rows
    return standing.progress if is_there else None


def _not_yet() -> tuple[Response, int]:
    return jsonify(error="This cohort is not measured, or not wholly; begin it on the page Cohort."), 409


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
