"""What a view is saved as for a computer without FuseVis: ``/export/casefile.html``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from flask import Flask, Response, request

from dashboard.report.case_file_jobs import CaseFileJobs
from dashboard.report.collect import wait_for_receptive_fields
from dashboard.report.export_request import named, network_names
from fusion.data.outgoing.origin import BURNT_IN
from saliency.geometry.window import Window

logger = logging.getLogger(__name__)
Areas = Callable[[str, str], Window]
"""From a pair and the word of a region to the fused pixels about it; all of them where the word is empty."""


def register(server: Flask, jobs: CaseFileJobs, areas: Areas) -> None:
    """Add ``/export/casefile.html``, with the parameters ``pair``, ``networks`` and ``region``.

    400 with a sentence where no such file can be made, 202 with one while it is made: asking keeps it going.
    """
    server.add_url_rule("/export/casefile.html", "export-casefile", partial(_case_file, jobs, areas))


def _case_file(jobs: CaseFileJobs, areas: Areas) -> Response:
    pair_id = request.args.get("pair", "")
    names = network_names(request.args.get("networks") or request.args.get("network", ""))
    wait_for_receptive_fields(jobs.service, names)
    content, pair = jobs.file(pair_id, names, areas(pair_id, request.args.get("region", "")))
    response = Response(content, mimetype="text/html")
    response.headers["Content-Disposition"] = f'attachment; filename="{named((pair.title, "case"), "html")}"'
    response.headers["Export-Note"] = BURNT_IN
    response.headers["Cache-Control"] = "no-store"
    logger.info("A case file was exported: %d networks, %d bytes.", len(names), len(content))
    return response
