"""Pixels that are three times as high as wide, on paper and in thumbnails: drawn so, and otherwise as they are."""

import io
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask
from matplotlib.image import AxesImage
from PIL import Image

from dashboard.components.ids import panel_of
from dashboard.imaging import downsampling
from dashboard.imaging.thumbnails import blended
from dashboard.pages.networks.model_card import ModelCard
from dashboard.pages.networks.network_plots import field_figure
from dashboard.pages.networks.network_print import network_figure
from dashboard.pages.verdict.verdict_place import Place
from dashboard.pages.verdict.verdict_print import verdict_sheets
from dashboard.report.collect import open_pairs
from dashboard.report.difference_part import put_differences
from dashboard.report.export_request import parse_export
from dashboard.report.grids import compare_figure
from dashboard.report.layouts import panel_figure
from dashboard.report.page_canvas import INCH, house_style, saved
from dashboard.report.page_flow import PageFlow
from dashboard.report.provenance import provenance
from dashboard.report.view import ReportView
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, load
from saliency import Locality, jacobian
from saliency.cli.map_figures import jacobian_figure
from tests.support.report_helpers import DAY, views
from tests.support.thick_slices import ASPECT, COLS, PAIR, ROWS, levels, write_study

NETWORKS = ("Weighted Averaging", "DeepFuse")
HIGH = ROWS * ASPECT / COLS
"""Height of the slice for its width."""


@pytest.fixture(scope="module")
def service(settings, tmp_path_factory):
    study, cache = write_study(tmp_path_factory.mktemp("volumes")), tmp_path_factory.mktemp("cache")
    found = SaliencyService(replace(settings, pairs=(study,), same_space=True, cache=cache), Flask("thick"))
    yield found
    found.jobs.close()


@pytest.fixture(scope="module")
def view(service) -> ReportView:
    (found,) = views(service, parse_export("compare", "png", {"window": "11"}), NETWORKS, [(8, 25)], PAIR)
    return found


def drawn(figure):
    """Height for width on paper of every picture of a figure that shows the slice, but for colour bars."""
    found = []
    for axes in figure.axes:
        axes.apply_aspect()
        images = [each for each in axes.findobj(AxesImage) if each.get_size()[0] > 1]
        place = axes.get_window_extent()
        wide, high = abs(np.diff(axes.get_xlim())[0]), abs(np.diff(axes.get_ylim())[0])
        found += [(place.height / high) / (place.width / wide) for _ in images]
    return found


@pytest.mark.parametrize("step", [1, 3])
def test_a_printed_panel_shows_every_pixel_three_times_as_high_as_wide(view, monkeypatch, step):
    """A large slice in blocks, of which the last ones are of fewer pixels: 20 rows and 40 columns in threes."""
    if step > 1:
        monkeypatch.setattr(downsampling, "WHOLE", 100)
        monkeypatch.setattr("dashboard.report.view.FINEST", 15)
    origin = provenance([view], DAY)
    with house_style():
        canvas = panel_figure(view, panel_of("a"), origin)
        content = saved(canvas, "png", 300, origin)
    found = np.asarray(Image.open(io.BytesIO(content)).convert("L")).astype(int)
    axes = canvas.figure.axes[0]
    place = axes.get_window_extent()
    scale = 300 / canvas.figure.dpi
    left, top, wide, high = (
        place.x0 * scale,
        found.shape[0] - place.y1 * scale,
        place.width * scale,
        place.height * scale,
    )
    assert high / wide == pytest.approx(HIGH)
    assert next(iter(axes.findobj(AxesImage))).get_size() == (-(-ROWS // step), -(-COLS // step))
    expected = blocks(levels(), step)
    away = [(row, col) for row in (*range(3, 13), 18) for col in (*range(3, 19), 36, 38)]
    shown = [
        found[int(top + (row + 0.5) * high / ROWS), int(left + (col + 0.5) * wide / COLS)] for row, col in away
    ]
    # Pillow rounds the mean of a block by a level now and then.
    np.testing.assert_allclose(shown, [expected[each] for each in away], rtol=0, atol=int(step > 1))


def blocks(values, step):
    """Every pixel as the mean of its block, by loops."""
    found = values.copy()
    for row in range(0, values.shape[0], step):
        for col in range(0, values.shape[1], step):
            block = np.s_[row : row + step, col : col + step]
            found[block] = np.floor(values[block].mean() + 0.5)
    return found


def test_one_scale_bar_holds_in_both_directions(view):
    origin = provenance([view], DAY)
    with house_style():
        canvas = panel_figure(view, panel_of("a"), origin)
        content = saved(canvas, "svg", 300, origin).decode()
    assert "↕" not in content
    (
        picture,
        *_,
    ) = canvas.figure.axes
    bar = next(
        each for each in canvas.figure.axes if each.get_window_extent().height * INCH / canvas.figure.dpi < 1
    )
    words = next(each.get_text() for each in canvas.figure.texts if each.get_text().endswith(" mm"))
    paper = picture.get_window_extent().width / COLS
    assert bar.get_window_extent().width == pytest.approx(float(words.removesuffix(" mm")) * paper, rel=1e-6)


def test_figures_of_several_networks_and_differences_have_the_same_proportions(view):
    with house_style():
        assert drawn(compare_figure(view, provenance([view], DAY)).figure) == pytest.approx([ASPECT] * 16)
        flow = PageFlow("Differences")
        put_differences(flow, view)
        assert drawn(flow.canvas.figure) == pytest.approx([ASPECT])


def test_verdict_networks_and_the_command_line_draw_the_same(service, view):
    pair, origin = view.pair, provenance([view], DAY)
    _, through = open_pairs(service, PAIR, ("DeepFuse",))
    mask = np.zeros(pair.shape, bool)
    mask[8, 25] = True
    with house_style():
        first, *_ = verdict_sheets(Place(PAIR, pair, mask), [], through[0], origin)
        assert drawn(first.figure) == pytest.approx([ASPECT] * 3)
        card = ModelCard("DeepFuse", "", "", "", "", False, ())
        assert drawn(network_figure(card, [], Locality(3), pair, origin).figure) == pytest.approx([ASPECT])
    figure = field_figure(pair.first, 1, pair.shape, {"DeepFuse": Locality(3)}, "DeepFuse", pair.aspect)
    assert figure.layout.yaxis.scaleratio == ASPECT
    maps = jacobian_figure(jacobian(load("Weighted Averaging"), pair, (8, 25)), pair, "signed", 1.0)
    assert [each.get_aspect() for each in maps.axes[:2]] == [ASPECT, ASPECT]


def test_a_thumbnail_is_as_high_as_the_slice(view):
    assert blended(view.pair).shape == (60, 40, 3)
    assert blended(view.pair, 30).shape == (30, 20, 3)
    flat = replace(view.pair, spacing=2.0, row_spacing=0.5)
    assert blended(flat, 80).shape == (10, 80, 3)


def test_unknown_and_equal_lengths_are_squares():
    grey = np.zeros((4, 6), np.float32)
    for lengths in ({}, {"spacing": 2.0}, {"spacing": 2.0, "row_spacing": 2.01}):
        pair = ImagePair(grey, grey, "square", **lengths)
        assert (pair.aspect, pair.drawn_shape) == (1, (4, 6))
    assert ImagePair(grey, grey, "thick", spacing=1.0, row_spacing=3.0).drawn_shape == (12, 6)
