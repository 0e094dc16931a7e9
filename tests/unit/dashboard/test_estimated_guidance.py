"""Estimated guidance in the dashboard: told for what it is, never kept or given out as exact."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from flask import Flask
from pypdf import PdfReader

from dashboard.pages.explore.callbacks import ESTIMATED_DOTS, UNFINISHED, enlarge
from dashboard.pages.explore.routes import guidance_message
from dashboard.pages.verdict import callbacks
from dashboard.pages.verdict.state import Questions
from dashboard.report import panels
from dashboard.report.export_request import parse_export
from dashboard.report.page_canvas import PageBox, PageCanvas
from dashboard.report.render import rendered
from dashboard.server.messages import unpacked
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.short_number import short
from fusion import InputError
from saliency.derivatives.guidance import guidance
from saliency.measures.guidance_correlation import NO_CORRELATION
from saliency.receptive_field.locality import Locality, remember
from tests.support.explore_committed import AT, PIXEL
from tests.support.report_helpers import DAY, views
from tests.support.waiting import until

PAIR, NETWORK = "cases/wide", "DeepFuse"
SOLID = "-", "solid"


@pytest.fixture(scope="module")
def service(settings, tmp_path_factory):
    """One for the tests that look at a finished estimate."""
    found = SaliencyService(replace(settings, cache=tmp_path_factory.mktemp("estimated")), Flask("estimated"))
    yield found
    found.jobs.close()


@pytest.fixture(scope="module")
def view(service):
    return seen_whole(service)


@pytest.fixture
def fresh_view(fresh_service):
    """For tests that need guidance to be unfinished, or put another in its place."""
    return seen_whole(fresh_service)


def seen_whole(service):
    """A pair through a network that is taken for one that sees the whole image."""
    remember(service.network_pool.get(NETWORK).network, Locality(0, is_local=False, reason="It sees everything."))
    return service.open_pair(PAIR, NETWORK)


def finished(service, view, within):
    return until(lambda: (found := service.guidance(view, "page", within)).is_complete and found)


@pytest.mark.slow
def test_it_is_within_its_error_and_counts_as_no_exact_guidance(service, view, world):
    found = finished(service, view, 0.1)
    exact = guidance(world.networks[NETWORK], world.pairs[PAIR])
    largest = max(np.abs(each).max() for each in (exact.first, exact.second))
    assert np.abs(found.grown.first - exact.first).max() <= 0.4 * largest
    assert 0 < found.error.largest <= 0.1 * largest * 1.00001
    assert found.images is None
    assert service.finished_guidance(view) is None
    assert service._kept_guidance.get(view.maps_key) is None
    assert service._kept_guidance.get(service.guidance_key(view, 0.1)) is None


def test_the_page_is_told_the_error_and_shown_the_pictures(service, view):
    found = finished(service, view, 0.1)
    about, arrays = unpacked(guidance_message(service, view, have=0, page="page", within=0.1))
    assert about["is_whole"]
    assert about["error"] == {"largest": found.error.largest, "pixels": found.error.pixels}
    assert about["largest"] == pytest.approx(max(np.abs(arrays[name]).max() for name in ("first", "second")))
    assert np.array_equal(arrays["first"], found.grown.first)


def test_exact_guidance_is_taken_where_it_is_there(fresh_service, fresh_view):
    images = tuple(np.full(fresh_view.pair.shape, value, dtype=np.float32) for value in (1, 2))
    fresh_service._kept_guidance.put(fresh_view.maps_key, images)
    found = fresh_service.guidance(fresh_view, "page", 0.1)
    assert found.error is None
    assert np.array_equal(found.images[1], images[1])


def test_what_is_local_is_never_estimated(service):
    local = service.open_pair(PAIR, "Weighted Averaging")
    assert service.guidance_key(local, 0.1) == local.maps_key
    assert finished(service, local, 0.1).error is None


def test_each_error_is_a_job_of_its_own_and_exact_another(service, view):
    keys = {service.guidance_key(view, within) for within in (0.0, 0.01, 0.1)}
    assert len(keys) == 3
    assert view.maps_key in keys


def exported(service, what, kind, **words):
    request = parse_export(what, kind, {"percent": "10", **words})
    return rendered(request, views(service, request, (NETWORK,), pair=PAIR), DAY)


def test_exported_values_carry_the_error(service, view):
    error = finished(service, view, 0.1).error
    facts = [{"network": NETWORK, "largest": error.largest, "pixels": error.pixels}]
    said = f"guidance of {NETWORK} ± {error.largest:.2g}, estimated: the largest error at {error.pixels} pixels"
    line, told, *_ = exported(service, "panel", "csv", panel="c").decode().splitlines()
    assert said in line
    assert json.loads(told.removeprefix("# "))["guidance_errors"] == facts
    stored = np.load(io.BytesIO(exported(service, "panel", "npz", panel="c")))
    assert json.loads(str(stored["provenance"]))["guidance_errors"] == facts
    assert np.array_equal(stored["guidance1"], finished(service, view, 0.1).grown.first)
    _, told, *_ = exported(service, "panel", "csv", panel="e").decode().splitlines()
    assert "guidance_errors" not in json.loads(told.removeprefix("# "))  # a Jacobian is exact


@pytest.mark.parametrize(("panel", "mark"), [("c", "± "), ("o", "± "), ("i", "estimated"), ("k", "estimated")])
def test_every_figure_of_it_is_marked_and_dashed(service, view, panel, mark):
    error = finished(service, view, 0.1).error
    request = parse_export("panel", "svg", {"percent": "10", "panel": panel})
    (shown,) = views(service, request, (NETWORK,), pair=PAIR)
    words = f"{mark}{short(error.largest, 2)}" if mark == "± " else mark
    for column, is_marked in ((shown.columns[0], True), (replace(shown.columns[0], error=None), False)):
        canvas = PageCanvas(60, 60)
        image = request.panel.image.value
        panels.draw(canvas, PageBox(0, 0, 50, 50), shown, column, image, is_zoom=request.panel.is_zoom)
        axes = canvas.figure.axes
        dashed = [ax for ax in axes if all(spine.get_linestyle() not in SOLID for spine in ax.spines.values())]
        assert bool(dashed) == is_marked
        assert (words in [text.get_text() for ax in axes for text in ax.texts]) == is_marked


ENLARGED = "cdin"
"""Letters of panels that show guidance."""


def at_panel(letter, percent=10):
    return {**AT, "pair": PAIR, "network": NETWORK, "percent": percent, "panel": letter}


def test_enlarged_it_waits_until_it_is_finished(fresh_service, fresh_view):
    for percent, letter in enumerate(ENLARGED, start=7):  # each another, which nobody has begun
        waits = enlarge(fresh_service, at_panel(letter, percent)).figure
        assert [each.text for each in waits.layout.annotations] == [UNFINISHED]


@pytest.mark.parametrize("letter", ENLARGED)
def test_enlarged_it_is_shown_with_its_error(service, view, letter):
    found = finished(service, view, 0.1)
    figure = enlarge(service, at_panel(letter)).figure
    assert figure.layout.title.text.endswith(f", estimated ± {short(found.error.largest)}")
    assert not figure.layout.annotations
    exact = figure.data[1]
    values = np.asarray(exact.z) if letter != "i" else np.asarray(exact.customdata)[..., 0]
    shown = found.grown.second if letter == "n" else found.grown.first
    around = tuple(slice(place - 5, place + 6) for place in PIXEL)
    assert np.allclose(values, shown[around] if letter == "d" else shown)
    assert service.finished_guidance(view) is None, "an estimate never passes for exact"


def test_enlarged_its_scatterplot_says_why_it_is_not_drawn(service, view):
    finished(service, view, 0.1)
    assert [each.text for each in enlarge(service, at_panel("k")).figure.layout.annotations] == [ESTIMATED_DOTS]


@pytest.mark.parametrize("percent", [-1, 101, "3", None, True, float("nan")])
def test_an_error_that_no_page_allows_is_refused(service, view, percent):
    with pytest.raises(InputError, match="percent cannot be"):
        enlarge(service, at_panel("c", percent))


@pytest.mark.slow
def test_a_report_gives_no_correlation_of_it(service, view):
    finished(service, view, 0.1)
    _, page, *_ = PdfReader(io.BytesIO(exported(service, "report", "pdf"))).pages
    text = " ".join(page.extract_text().split())
    assert NO_CORRELATION in text
    assert "Spearman" not in text


@pytest.mark.parametrize("percent", ["-1", "101", "much", "nan"])
def test_an_allowed_error_is_a_part_of_the_whole(percent):
    with pytest.raises(InputError, match="from 0 to 100 per cent"):
        parse_export("explore", "png", {"percent": percent})


def test_the_share_map_begins_no_pass_for_each_pixel_unasked(fresh_service, fresh_view):
    strengths = callbacks._strengths(
        Questions(fresh_service), "page", fresh_view, SimpleNamespace(shares="guidance")
    )
    assert "a pass for each of 3,456 pixels" in strengths.failure
    assert fresh_service.guidance_queue.look(fresh_view.maps_key).total == 0
    images = tuple(np.full(fresh_view.pair.shape, value, dtype=np.float32) for value in (1, 2))
    fresh_service._kept_guidance.put(fresh_view.maps_key, images)
    there = callbacks._strengths(Questions(fresh_service), "page", fresh_view, SimpleNamespace(shares="guidance"))
    assert np.array_equal(there.images[1], images[1])
