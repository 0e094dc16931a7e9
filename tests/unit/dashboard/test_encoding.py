"""Pictures and figures, checked by decoding what the browser is sent."""

import base64
import io
import math

import matplotlib
import numpy as np
import pytest
from dash import dcc
from PIL import Image

from dashboard.components import ids, plots
from dashboard.imaging.colormaps import DIVERGING, NO_SLOPE, table, tables
from dashboard.imaging.density import density, dots
from dashboard.imaging.encoding import colored, png_source, to_bytes
from dashboard.imaging.palettes import PALETTES
from dashboard.option_values import COLORMAPS
from saliency.geometry.window import Window
from saliency.measures.display import shared_limit

VALUES = np.array([[-4.0, -1.0, -1e-3], [0.0, 0.25, 2.0]], dtype=np.float32)


def decoded(source):
    kind, _, text = source.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text, validate=True))))


def expected(value, limit, gamma, display, colormap):
    """One value's colour, written again from the definition."""
    shown = {"signed": value, "magnitude": abs(value), "fusevis": max(value, 0.0)}[display]
    position = math.copysign(min(abs(shown) / limit, 1) ** gamma, shown) if limit > 0 else 0.0
    if display == "signed":
        return matplotlib.colormaps["RdBu_r"](round((position + 1) / 2 * 255))
    return matplotlib.colormaps[colormap](round(position * 255))


@pytest.mark.parametrize("display", ["signed", "magnitude", "fusevis"])
@pytest.mark.parametrize("gamma", [0.1, 0.45, 1.0, 2.0])
@pytest.mark.parametrize("colormap", COLORMAPS)
def test_every_pixel_of_the_picture_has_its_values_colour(display, gamma, colormap):
    limit = shared_limit(VALUES, VALUES / 2, display)
    assert limit == {"signed": 4, "magnitude": 4, "fusevis": 2}[display]
    pixels = decoded(png_source(colored(VALUES, limit, gamma, display, colormap)))
    assert pixels.shape == (2, 3, 3)
    for place, value in np.ndenumerate(VALUES):
        color = np.array(expected(float(value), limit, gamma, display, colormap)[:3])
        assert np.abs(pixels[place] / 255 - color).max() <= 1 / 255, (place, value)


@pytest.mark.parametrize("display", ["signed", "magnitude", "fusevis"])
def test_a_map_of_zeros_has_the_colour_of_zero(display):
    zeros = np.zeros((3, 2), dtype=np.float32)
    pixels = colored(zeros, shared_limit(zeros, zeros, display), 0.5, display, "magma")
    ends = {"signed": table(DIVERGING)[128]}
    assert (pixels == ends.get(display, table("magma")[0])).all()


@pytest.mark.parametrize(("value", "end"), [(3.0, 255), (-3.0, 0)])
def test_a_constant_map_lies_at_its_end_of_the_scale(value, end):
    constant = np.full((2, 2), value, dtype=np.float32)
    assert (colored(constant, 3.0, 0.3, "signed", "viridis") == table(DIVERGING)[end]).all()
    assert (colored(constant, 3.0, 0.3, "magnitude", "viridis") == table("viridis")[255]).all()
    assert (colored(constant, 3.0, 0.3, "fusevis", "viridis") == table("viridis")[end]).all()


def test_zero_is_neutral_between_blue_and_red():
    below, zero, above = (
        colored(np.array([[v]]), 1.0, 1.0, "signed", "viridis")[0, 0].astype(int) for v in (-1, 0, 1)
    )
    assert below[2] > below[0] + 50
    assert above[0] > above[2] + 50
    assert zero.max() - zero.min() <= 3
    assert zero.min() > 240


def test_the_browser_is_sent_matplotlibs_tables():
    served = tables()
    assert set(served) == {*COLORMAPS, DIVERGING, *PALETTES}
    for name in (*COLORMAPS, DIVERGING):
        colors = np.frombuffer(base64.b64decode(served[name]), dtype=np.uint8).reshape(256, 3)
        theirs = matplotlib.colormaps[name](np.linspace(0, 1, 256))[:, :3]
        assert np.abs(colors / 255 - theirs).max() <= 1 / 255, name
        assert len(np.unique(colors, axis=0)) > 200, name


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_png_loses_nothing(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(decoded(png_source(pixels)), pixels)


def test_grey_levels_are_clipped_and_rounded():
    levels = to_bytes(np.array([[-9, 0, 0.1, 0.998, 1, 1.0001, 9]], dtype=np.float32))
    assert levels.tolist() == [[0, 0, 26, 254, 255, 255, 255]]
    assert levels.dtype == np.uint8


# ---- figures


def picture(values, scale=None):
    levels = np.zeros(values.shape, dtype=np.uint8)
    return plots.PanelPicture(levels, values, Window(0, values.shape[0], 0, values.shape[1]), 1, scale)


def test_row_zero_is_on_top_and_pixel_centres_are_whole_numbers():
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    figure = plots.enlarged(picture(values), "first", (-0.5, 5.5, -0.5, 3.5), ["value"], light=False)
    assert tuple(figure.layout.xaxis.range) == (-0.5, 5.5)
    assert tuple(figure.layout.yaxis.range) == (3.5, -0.5)
    assert figure.layout.yaxis.scaleanchor == "x"
    image, exact = figure.data
    assert all((each.x0, each.y0, each.dx, each.dy) == (0, 0, 1, 1) for each in (image, exact))
    assert np.array_equal(exact.z, values)
    assert exact.hovertemplate == "row %{y}, column %{x}<br>value %{z:.7g}<extra></extra>"
    assert image.hoverinfo == "skip"


@pytest.mark.parametrize("display", ["signed", "magnitude", "fusevis"])
@pytest.mark.parametrize("gamma", [0.1, 0.45, 1.0, 2.0])
def test_the_colour_bar_has_each_values_colour(display, gamma):
    scale = plots.ColorScale(4.0, gamma, display, "viridis")
    figure = plots.enlarged(picture(VALUES, scale), "J", (-0.5, 2.5, -0.5, 1.5), ["derivative"], light=True)
    marker = figure.data[2].marker
    assert (marker.cmin, marker.cmax) == (-4.0 if display == "signed" else 0.0, 4.0)
    for place, text in marker.colorscale:
        value = marker.cmin + place * (marker.cmax - marker.cmin)
        if 0 < abs(value) < 1e-9:  # an axis whose middle is zero holds no smaller values exactly
            continue
        color = 255 * np.array(expected(value, 4.0, gamma, display, "viridis")[:3])
        assert np.abs([int(part) for part in text[4:-1].split(",")] - color).max() <= 5, value  # a step at most


def test_a_map_of_zeros_has_no_colour_bar():
    values = np.zeros((2, 3), dtype=np.float32)
    scale = plots.ColorScale(0.0, 0.5, "magnitude", "viridis")
    figure = plots.enlarged(picture(values, scale), "J", (-0.5, 2.5, -0.5, 1.5), ["derivative"], light=True)
    assert len(figure.data) == 2


def test_three_points_are_three_dots_at_their_place():
    first = np.array([[0.05, 0.95, 0.95]], dtype=np.float32)
    second = np.array([[0.05, 0.05, 0.85]], dtype=np.float32)
    image = dots(first, second, [0, 1], [0, 1], side=10)
    marked = {tuple(place) for place in np.argwhere(image[..., 3] > 0).tolist()}
    # Column from the first image, row from the second counted from below.
    assert marked == {(9, 0), (9, 9), (1, 9)}


def test_where_more_points_lie_the_dot_is_denser():
    first = np.array([[0.05] * 20 + [0.95]], dtype=np.float32)
    image = dots(first, first, [0, 1], [0, 1], side=10)
    assert image[9, 0, 3] > image[0, 9, 3] > 0


def test_the_dots_picture_fills_the_axes():
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=(2, 6, 5)).astype(np.float32)
    figure = plots.scatter(density(first, second), ("MRI", "PET"))
    (image,) = figure.layout.images
    x, y = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert (image.x, image.x + image.sizex) == pytest.approx(x)
    assert (image.y - image.sizey, image.y) == pytest.approx(y)
    assert (image.xref, image.yref, image.sizing) == ("x", "y", "stretch")
    assert x[0] < first.min() < first.max() < x[1]
    assert y[0] < second.min() < second.max() < y[1]
    assert decoded(image.source)[..., 3].any()


def test_a_constant_guidance_has_a_plot_too():
    constant = np.full((3, 3), 0.5, dtype=np.float32)
    figure = plots.scatter(density(constant, constant), ("MRI", "PET"))
    assert tuple(figure.layout.xaxis.range) == (0.0, 1.0)
    assert (decoded(figure.layout.images[0].source)[..., 3] > 0).sum() == 1


@pytest.mark.parametrize("pixel", [(0, 0), (4, 6), (0, 3), (2, 6), (2, 3)])
@pytest.mark.parametrize("window", [1, 3, 5, 31])
def test_a_window_at_the_border_is_cut_off(pixel, window):
    values = np.arange(35, dtype=np.float32).reshape(5, 7)
    half = window // 2
    inside = [
        values[r, c] for r in range(5) for c in range(7) if abs(r - pixel[0]) <= half and abs(c - pixel[1]) <= half
    ]
    assert plots.windowed(values, pixel, window).ravel().tolist() == inside
    figure = plots.marked(plots.scatter(density(values, -values), ("a", "b")), values, -values, pixel, window)
    assert list(figure.data[0].x) == inside
    assert list(figure.data[0].y) == [-value for value in inside]


# ---- the page


def graphs(app):
    return [each for each in app.validation_layout._traverse() if isinstance(each, dcc.Graph)]


def test_no_graph_offers_to_send_its_picture_away(app):
    found = graphs(app)
    assert {graph.id for graph in found} >= {ids.SCATTER, ids.ENLARGED_FIGURE}
    for graph in found:
        assert graph.config["showSendToCloud"] is False
        assert graph.config["plotlyServerURL"] == ""
        assert "sendChartToCloud" not in str(graph.config.get("modeBarButtonsToAdd", ""))


def test_the_seventeen_panels_carry_the_papers_letters():
    assert "".join(panel.letter for panel in ids.PANELS) == "abcdefghijklmnopq"
    assert len({(panel.row, panel.col) for panel in ids.PANELS}) == 17
    assert {panel.image for panel in ids.PANELS if panel.picks} == {
        "first",
        "second",
        "fused",
        "guidance1",
        "guidance2",
        "rgb",
    }


@pytest.mark.parametrize("display", ["signed", "magnitude", "fusevis"])
def test_what_has_no_slope_has_a_colour_of_no_scale(display):
    values = np.array([[np.nan, np.inf, -np.inf, 0.5]], dtype=np.float32)
    found = colored(values, shared_limit(values, values, display), 1.0, display, "magma")
    assert found[0, :3].tolist() == [list(NO_SLOPE)] * 3
    assert tuple(found[0, 3]) != NO_SLOPE
    every = np.concatenate([table(name) for name in (*COLORMAPS, DIVERGING)]).astype(int)
    assert np.abs(every - NO_SLOPE).max(axis=1).min() > 60
