"""Verdict and Networks as files, and what a report has of them: text and values read back."""

import csv
import io
import json

import numpy as np
import pytest
from flask import Flask

import fusion
from dashboard.pages.networks import network_export
from dashboard.pages.regions.region_jobs import RegionJobs
from dashboard.pages.verdict import verdict_export
from dashboard.pages.verdict.seen_parts import seen_parts
from dashboard.pages.verdict.verdict_jobs import VerdictJobs
from dashboard.report import export_routes
from dashboard.report.provenance import NOTICE
from dashboard.server import error_handler
from saliency.validation.verdict_rules import RULES
from tests.support.waiting import until
from tests.unit.dashboard.test_report_figures import pages_of

pytestmark = pytest.mark.slow
PAIR, REGION = "cases/wide", "disk:22,33,4"
WORDS = {"pair": PAIR, "network": "DeepFuse", "row": 20, "col": 31, "region": REGION}


@pytest.fixture(scope="module")
def parts(service):
    return VerdictJobs(service), RegionJobs(service)


@pytest.fixture(scope="module")
def files(service, parts):
    verdicts, regions = parts
    server = Flask("files")
    error_handler.install(server)
    verdict_export.register(server, verdicts, regions.region)
    network_export.register(server, service)
    export_routes.register(server, service, lambda words, names: seen_parts(verdicts, regions, words, names))
    return server.test_client()


@pytest.fixture(scope="module")
def computed(parts):
    """A verdict and a region's figures, looked at."""
    verdicts, regions = parts
    place = verdict_export.place_in(verdicts, regions.region, f"pair={PAIR}&region={REGION}")
    wanted = ("DeepFuse", "Weighted Averaging")

    def is_over():
        figures = regions.ask("page", PAIR, REGION, ["DeepFuse"])
        rows = verdicts.rows("page", place, lambda name: name in wanted)
        return figures["DeepFuse"].is_over and all(row.is_over for row in rows) and rows

    return until(is_over)


def fetched(files, path, **words):
    """A file, once it can be made."""
    return until(lambda: (found := files.get(path, query_string={**WORDS, **words})).status_code != 202 and found)


def rows_of(answer):
    lines = answer.data.decode().splitlines()
    assert lines[0].startswith("# ")
    assert json.loads(lines[1].removeprefix("# "))["notice"] == NOTICE
    return list(csv.DictReader(lines[2:]))


def test_nothing_computed_is_told(files):
    answer = files.get("/export/verdict.pdf", query_string={"pair": "cases/square"})
    assert answer.status_code == 400
    assert "No network's row is computed for this place yet" in answer.json["error"]


def test_a_verdicts_pdf_has_all_that_stands_there(files, computed):
    answer = fetched(files, "/export/verdict.pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="fusevis-cases-wide-verdict.pdf"'
    words = " ".join(pages_of(answer.data))
    for piece in (
        NOTICE,
        "The region disk:22,33,4, 49 pixels, tested at row 22, column 33",
        "share MRI",
        "share PET",
    ):
        assert piece in words, piece
    assert "Not computed: " in words
    for row in computed:
        assert row.network in words
    for rule in RULES:
        assert rule.reason[:60] in words, rule.name
    deepfuse = next(row for row in computed if row.network == "DeepFuse").progress
    assert f"{100 * deepfuse.report.share[0]:.1f} %" in words
    assert deepfuse.checks[0].measured[:40] in words
    assert f"±{100 * deepfuse.moves.change:.1f}" in words
    assert "where the second input is moved by one pixel" in words


@pytest.mark.parametrize("kind", ["csv", "npz", "svg", "png"])
def test_a_verdict_comes_in_every_format_with_its_values(files, computed, kind):
    answer = fetched(files, f"/export/verdict.{kind}", dpi=150)
    assert answer.status_code == 200
    share = next(row for row in computed if row.network == "DeepFuse").progress.report.share[0]
    if kind == "csv":
        found = {row["network"]: row for row in rows_of(answer)}
        assert float(found["DeepFuse"]["share MRI"]) == share
        assert found["FunFuseAn"]["share MRI"] == ""
    if kind == "npz":
        arrays = np.load(io.BytesIO(answer.data))
        at = list(arrays["network"]).index("DeepFuse")
        assert arrays["share MRI"][at] == share
        assert np.isnan(arrays["share MRI"][list(arrays["network"]).index("FunFuseAn")])


def test_a_networks_card_curves_and_reach_come_back(service):
    card, curves, reach = network_export.told_of(service, "DeepFuse")
    assert (curves, reach.radius) == ((), 12)
    shipped = fusion.shipped.SHIPPED
    found = network_export.curves("MaskNet", shipped)
    table = network_export.values_table(network_export.model_card("MaskNet", shipped), found, reach)
    steps = [row for row in table.rows if row[0] == "Training curves" and row[1] == found[0].name]
    assert [row[2] for row in steps] == found[0].steps.tolist()
    assert [row[3] for row in steps] == found[0].values.tolist()
    assert ("Receptive field", "radius, pixels", None, 12) in table.rows
    assert card.name == "DeepFuse"


@pytest.mark.parametrize("kind", ["pdf", "csv", "npz", "svg", "png"])
def test_a_network_comes_in_every_format(files, kind):
    answer = fetched(files, f"/export/network.{kind}", dpi=150)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="fusevis-network-DeepFuse.{kind}"'
    if kind == "pdf":
        words = " ".join(pages_of(answer.data))
        assert "25 × 25 input pixels" in words
        assert "Receptive field on MRI, to scale" in words
    if kind == "csv":
        assert {row["part"] for row in rows_of(answer)} >= {"Network", "Receptive field"}
    if kind == "npz":
        assert np.load(io.BytesIO(answer.data))["receptive_field_radius"] == 12


def test_a_report_has_verdict_region_and_metrics_of_what_was_looked_at(files, computed):
    answer = fetched(files, "/export/report.pdf", networks="DeepFuse,Weighted Averaging")
    pages = pages_of(answer.data)
    words = " ".join(pages)
    for piece in (
        "Verdict on the region disk:22,33,4",
        "Region disk:22,33,4",
        "Fusion metrics of",
        "Fused images less that of DeepFuse",
        "What the pictures and numbers mean",
    ):
        assert piece in words, piece
    plain = fetched(files, "/export/report.pdf", region="", networks="DeepFuse")
    assert "Verdict on" not in " ".join(pages_of(plain.data))


def test_a_title_that_a_spreadsheet_would_compute_is_text():
    from fusion.data.csv_table import csv_table

    text = csv_table(("=head", "b"), [("+1", "@x"), ("-a", -1.5), ("plain", None)])
    assert text == "'=head,b\n'+1,'@x\n'-a,-1.5\nplain,\n"
