"""Explore's Plotly figures: the scatterplot at rest, and each panel enlarged."""

import numpy as np
import pytest
from dash import no_update
from PIL import Image

import fusion
import saliency
from dashboard.components import ids
from dashboard.components.ids import Kind
from dashboard.imaging.encoding import colored
from dashboard.pages.explore.callbacks import UNFINISHED, draw_scatter, enlarge, mark_scatter
from fusion import InputError
from saliency.measures.display import shared_limit
from tests.support.explore_committed import AT, NETWORK, PAIR, PIXEL, finish, fresh, patched, pixels

AROUND = (slice(15, 26), slice(26, 37))
"""The window of 11 × 11 pixels around `PIXEL`."""
IDENTITY = {"pair": PAIR, "network": NETWORK, "row": PIXEL[0], "col": PIXEL[1], "window": 11}
TITLES = {
    "a": "cases / wide · MRI",
    "b": "cases / wide · MRI, zoom",
    "e": "cases / wide · Jacobian MRI, DeepFuse",
    "g": "cases / wide · Fused, DeepFuse",
}


@pytest.fixture(scope="module")
def finished(service):
    """The guidance images that the server holds: exact to rounding only."""
    return finish(service, service.open_pair(PAIR, NETWORK))


def enlarged(service, letter, **choices):
    return enlarge(service, {**AT, **choices, "panel": letter})


def values_of(figure):
    """What the pointer reads: one value a pixel, or three."""
    exact = figure.data[1]
    more = None if exact.customdata is None else np.asarray(exact.customdata)
    return np.asarray(exact.z) if more is None or more.ndim == 2 else more


# ---- the scatterplot


def test_the_scatterplot_is_drawn_and_marked(service, finished):
    graph, drawn = draw_scatter(service, AT)
    assert drawn == IDENTITY
    around, centre = graph.figure.data
    assert np.allclose(around.x, finished[0][AROUND].ravel(), atol=1e-6)
    assert np.allclose(around.y, finished[1][AROUND].ravel(), atol=1e-6)
    assert (centre.x[0], centre.y[0]) == pytest.approx(tuple(float(each[PIXEL]) for each in finished), abs=1e-6)
    assert graph.config["toImageButtonOptions"]["filename"] == "fusevis-panel-k"
    meta = graph.figure.layout.meta
    assert (meta["pair"], meta["network"]) == (PAIR, NETWORK), "the browser tells two views' figures apart by it"
    meta = graph.figure.layout.meta
    assert (meta["pair"], meta["network"]) == (PAIR, NETWORK), "the browser tells two views' figures apart by it"


def test_marks_move_without_a_new_figure(service, finished):
    patch, drawn = mark_scatter(service, AT)
    marked = patched(patch)
    assert drawn == IDENTITY
    assert np.allclose(marked["data.0.x"], finished[0][AROUND].ravel(), atol=1e-6)
    assert np.allclose(marked["data.0.y"], finished[1][AROUND].ravel(), atol=1e-6)
    assert marked["data.1.x"] == pytest.approx([float(finished[0][PIXEL])], abs=1e-6)


def test_an_unfinished_scatterplot_is_not_drawn_as_if_it_were(settings, tmp_path):
    service = fresh(settings, tmp_path)
    assert draw_scatter(service, AT) == (no_update, no_update)
    assert mark_scatter(service, AT) == (no_update, no_update)


# ---- enlarged panels


def test_nothing_enlarged_is_no_figure(service):
    assert enlarge(service, None) is None


@pytest.mark.parametrize("letter", "abcdefghijklmnopq")
def test_every_panel_can_be_enlarged_and_saved_under_its_name(service, finished, letter):
    graph = enlarged(service, letter)
    panel = ids.panel_of(letter)
    title = graph.figure.layout.title.text
    assert title == TITLES.get(letter, title)
    assert graph.id == ids.ENLARGED_FIGURE
    name = graph.config["toImageButtonOptions"]["filename"]
    assert name.startswith("fusevis-cases-wide-")
    assert name.endswith("-zoom") == panel.is_zoom
    assert graph.config["showSendToCloud"] is False
    assert graph.config["plotlyServerURL"] == ""
    assert dict(graph.figure.layout.meta) == {"label": title, "serial": 7, **IDENTITY}


@pytest.mark.parametrize(("letter", "image"), [("a", "first"), ("l", "second"), ("g", "fused")])
@pytest.mark.parametrize("in_color", [False, True])
def test_inputs_and_fused_image_with_their_exact_values(service, world, letter, image, in_color):
    figure = enlarged(service, letter, color=in_color).figure
    pair, fused = world.pairs[PAIR], fusion.fuse(world.networks[NETWORK], world.pairs[PAIR])
    values = {"first": pair.first, "second": pair.second, "fused": fused}[image]
    shown = {
        "first": np.rint(255 * pair.first),
        "second": pair.second_color if in_color else np.rint(255 * pair.second),
        "fused": fusion.recolor(fused, pair.second_color) if in_color else np.rint(255 * np.clip(fused, 0, 1)),
    }[image]
    assert np.array_equal(pixels(figure), shown)
    assert values_of(figure).dtype == np.float32
    assert np.allclose(values_of(figure), values, rtol=0, atol=5e-6)  # threads change the order of float32 sums
    assert len(figure.data) == 2, "a colour bar is for derivatives"


@pytest.mark.parametrize(("letter", "index"), [("a", 0), ("b", 0), ("l", 1)])
def test_an_input_tells_the_values_of_its_file(service, world, letter, index):
    graph = enlarged(service, letter)
    exact, scale = graph.figure.data[1], world.pairs[PAIR].raw[index]
    values = np.asarray(exact.z, np.float64)
    assert scale.high - scale.low > 1
    assert np.allclose(np.asarray(exact.customdata), scale.low + values * (scale.high - scale.low), atol=1e-3)
    assert f"in the file %{{customdata:.6g}} {scale.unit}" in exact.hovertemplate
    assert enlarged(service, "g").figure.data[1].customdata is None, "a fused image has no file"


def test_an_input_tells_the_values_of_its_file_where_a_window_clips_them(service, pair_folder):
    figure = enlarged(service, "a", pair=f"{PAIR}~window1=90,120").figure
    stored = np.asarray(Image.open(pair_folder / "mri" / "wide.png"))
    assert np.mean((stored < 90) | (stored > 120)) > 0.2
    np.testing.assert_array_equal(np.asarray(figure.data[1].customdata), stored)
    np.testing.assert_allclose(values_of(figure), ((stored - 90.0) / 30).clip(0, 1), atol=1e-6)


@pytest.mark.parametrize("display", ["magnitude", "signed", "fusevis"])
@pytest.mark.parametrize("number", [1, 2])
def test_both_jacobians_on_one_scale(service, world, display, number):
    J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], PIXEL)
    limit = shared_limit(J.first, J.second, display)
    full = J.full()[number - 1]
    expected = colored(full, limit, AT["gamma1"], display, "cividis")
    whole, zoom = (enlarged(service, letter, display=display).figure for letter in ("ef", "pq")[number - 1])
    assert np.array_equal(pixels(whole), expected)
    assert np.allclose(values_of(whole), full, atol=1e-6 * limit)
    assert np.array_equal(pixels(zoom), expected[AROUND])
    assert (zoom.data[0].y0, zoom.data[0].x0) == (15, 26)
    assert whole.data[2].marker.cmax == pytest.approx(limit)
    assert whole.data[2].marker.cmin == pytest.approx(-limit if display == "signed" else 0)


@pytest.mark.parametrize(("letter", "number"), [("c", 0), ("n", 1)])
def test_guidance_in_the_panels_colours(service, finished, letter, number):
    figure = enlarged(service, letter, display="signed").figure
    limit = shared_limit(*finished)
    assert np.array_equal(values_of(figure), finished[number])
    assert np.array_equal(pixels(figure), colored(finished[number], limit, AT["gamma2"], "signed", "cividis"))


def test_the_overlay_tells_all_three_values(service, world, finished):
    figure = enlarged(service, "i").figure
    fused = fusion.fuse(world.networks[NETWORK], world.pairs[PAIR])
    rgb = np.rint(255 * saliency.guidance_rgb(*finished, fused))
    assert np.abs(pixels(figure).astype(int) - rgb).max() <= 1
    assert np.allclose(values_of(figure), np.stack([*finished, fused], axis=-1), rtol=0, atol=5e-6)
    assert figure.data[1].hovertemplate == (
        "row %{y}, column %{x}<br>guidance MRI %{customdata[0]:.7g}<br>guidance PET %{customdata[1]:.7g}"
        "<br>fused %{customdata[2]:.7g}<extra></extra>"
    )


@pytest.mark.parametrize("letter", "cdijkno")
def test_what_waits_for_guidance_says_so(settings, tmp_path, letter):
    figure = enlarged(fresh(settings, tmp_path), letter).figure
    assert [each.text for each in figure.layout.annotations] == [UNFINISHED]
    assert not figure.data


@pytest.mark.parametrize("panel", [each for each in ids.PANELS if each.image.kind is not Kind.SCATTERPLOT])
def test_axes_are_in_pixels_and_a_zooms_are_its_window(service, finished, panel):
    layout = enlarged(service, panel.letter).figure.layout
    across, down = (25.5, 36.5), (25.5, 14.5)
    if not panel.is_zoom:
        across, down = (-0.5, 71.5), (47.5, -0.5)
    assert (tuple(layout.xaxis.range), tuple(layout.yaxis.range)) == (across, down)
    assert layout.xaxis.visible
    assert layout.yaxis.scaleanchor == "x"


def test_a_zoom_at_the_corner_shows_what_there_is(service, world):
    figure = enlarged(service, "b", row=0, col=71).figure
    assert np.array_equal(values_of(figure), world.pairs[PAIR].first[:6, 66:])
    assert tuple(figure.layout.xaxis.range) == (65.5, 76.5)


@pytest.mark.parametrize(("light", "ground"), [(True, "#ffffff"), (False, "#14171a")])
def test_a_saved_figure_has_the_pages_ground(service, light, ground):
    assert enlarged(service, "a", light=light).figure.layout.paper_bgcolor == ground


@pytest.mark.parametrize("panel", ["z", "", None, 3])
def test_a_panel_that_is_not_there_is_refused(service, panel):
    with pytest.raises(InputError, match="There is no panel"):
        enlarged(service, panel)
