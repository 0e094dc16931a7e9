"""Large images: what is reduced is reduced by the rule that is told, and windows hold every pixel."""

from dataclasses import replace

import numpy as np
import pytest
from flask import Flask
from PIL import Image
from scipy.ndimage import gaussian_filter

import fusion
import saliency
from dashboard.imaging import density as dashboard_density
from dashboard.imaging import downsampling
from dashboard.pages.explore.callbacks import commit, draw_scatter, enlarge
from dashboard.server.messages import unpacked
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.pictures import pictures
from fusion import InputError
from saliency.defaults import MODES
from saliency.geometry.window import Window
from saliency.measures.display import shared_limit
from tests.support.explore_committed import AT, finish, pixels
from tests.support.explore_requests import asked, finished, refused

SHAPE = (150, 230)
PIXEL = (70, 120)
VIEW = {"pair": "large/one", "network": "Weighted Averaging"}
SIDE = 40
STEP = 6


@pytest.fixture
def large(settings, tmp_path, monkeypatch):
    """A dashboard to which a picture of 150 × 230 pixels is large."""
    monkeypatch.setattr(downsampling, "WHOLE", 10_000)
    monkeypatch.setattr("dashboard.pages.explore.panel_images.FIGURE_SIDE", SIDE)
    rng = np.random.default_rng(5)
    for part, channels in (("mri", 1), ("pet", 3)):
        (tmp_path / "large" / part).mkdir(parents=True)
        noise = gaussian_filter(rng.normal(size=(*SHAPE, channels)), (3, 3, 0)) + 0.05 * rng.normal(
            size=(*SHAPE, channels)
        )
        levels = np.round(255 * (noise - noise.min()) / np.ptp(noise)).astype(np.uint8).squeeze()
        Image.fromarray(levels).save(tmp_path / "large" / part / "one.png")
    return replace(settings, pairs=(tmp_path / "large",), cache=tmp_path / "cache")


@pytest.fixture
def service(large):
    found = SaliencyService(large, Flask("large"))
    yield found
    found.jobs.close()


@pytest.fixture
def client(large, own_app):
    return own_app(large).server.test_client()


def blocks(image, step):
    """Every block of an image, as a plain loop cuts it."""
    return [
        [image[top : top + step, left : left + step] for left in range(0, image.shape[1], step)]
        for top in range(0, image.shape[0], step)
    ]


def test_a_mean_is_that_of_its_block():
    values = np.random.default_rng(0).random((17, 23), dtype=np.float32)
    expected = [[block.mean() for block in row] for row in blocks(values, 5)]
    assert np.allclose(downsampling.mean(values, 5), expected, atol=1e-6)
    levels = np.round(255 * np.stack([values] * 3, axis=-1)).astype(np.uint8)
    expected = [[block.mean(axis=(0, 1)) for block in row] for row in blocks(levels, 5)]
    assert (
        np.abs(downsampling.mean(levels, 5) - np.array(expected)).max() < 0.55
    )  # Pillow rounds with a reciprocal


@pytest.mark.parametrize("shape", [(17, 23), (20, 25), (3, 40), (5, 5)])
def test_no_strong_derivative_is_lost(shape):
    values = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    values[values > 1.5] = np.nan
    found = downsampling.strongest(values, 5)
    for row, line in enumerate(blocks(values, 5)):
        for col, block in enumerate(line):
            known = block[np.isfinite(block)]
            assert found[row, col] == known[np.abs(known).argmax()]
    assert np.nanmax(np.abs(found)) == np.nanmax(np.abs(values))


def test_a_block_without_a_value_stays_unknown():
    values = np.full((6, 6), np.nan, dtype=np.float32)
    values[0, 0] = -2
    assert np.array_equal(downsampling.strongest(values, 3), [[-2, np.nan], [np.nan, np.nan]], equal_nan=True)


def test_a_window_is_reduced_as_its_whole_image_would_be():
    full = np.zeros((40, 50), dtype=np.float32)
    area = Window(11, 22, 30, 50)
    full[area.slices] = np.random.default_rng(2).normal(size=area.shape)
    assert np.array_equal(
        downsampling.strongest_in(full[area.slices], area, full.shape, 7), downsampling.strongest(full, 7)
    )


@pytest.mark.parametrize("mode", MODES)
def test_limits_are_those_of_the_display(mode):
    first, second = (np.random.default_rng(n).normal(size=(9, 9)).astype(np.float32) for n in (3, 4))
    ranges = downsampling.extremes(first), downsampling.extremes(second)
    assert downsampling.limits(ranges)[mode] == pytest.approx(shared_limit(first, second, mode))


def test_every_pixel_is_counted_in_the_scatterplot(monkeypatch):
    monkeypatch.setattr(dashboard_density, "BAND", 100)
    first, second = (np.random.default_rng(n).normal(size=(40, 30)).astype(np.float32) for n in (5, 6))
    found = dashboard_density.density(first, second)
    counts, _, _ = np.histogram2d(
        second.ravel(), first.ravel(), bins=dashboard_density.SIDE, range=[found.y, found.x]
    )
    assert counts.sum() == first.size
    assert np.array_equal(found.dots[..., 3] > 0, counts[::-1] > 0)


def test_pictures_are_sent_as_the_screen_can_show_them(client, service):
    about, arrays = asked(client, "images", **VIEW, side=SIDE)
    assert (about["height"], about["width"], about["step"]) == (*SHAPE, STEP)
    assert arrays["first"].shape == (25, 39)
    fused_pair = service.open_pair(*VIEW.values())
    expected = [[block.mean() for block in row] for row in blocks(fused_pair.fused, STEP)]
    assert np.abs(arrays["fused"] / 255 - np.clip(expected, 0, 1)).max() <= 0.51 / 255
    assert len(client.get("/explore/images", query_string={**VIEW, "side": SIDE}).get_data()) < 20_000


def test_a_window_holds_every_pixel(client, service):
    finished(client, **VIEW)
    about, arrays = asked(client, "window", **VIEW, row=PIXEL[0], col=PIXEL[1], side=31)
    area = (slice(55, 86), slice(105, 136))
    assert (about["top"], about["left"]) == (55, 105)
    fused_pair = service.open_pair(*VIEW.values())
    G = saliency.guidance(fused_pair.loaded.network, fused_pair.pair)
    assert np.array_equal(arrays["first"], np.rint(255 * fused_pair.pair.first[area]))
    assert np.array_equal(arrays["second_color"], fused_pair.pair.second_color[area])
    assert np.array_equal(
        arrays["fused_color"], fusion.recolor(fused_pair.fused[area], fused_pair.pair.second_color[area])
    )
    assert np.allclose(arrays["guidance1"], G.first[area], atol=1e-6)
    assert np.allclose(arrays["guidance2"], G.second[area], atol=1e-6)


@pytest.mark.slow
def test_a_window_at_the_corner_ends_with_the_image(client):
    about, arrays = asked(client, "window", **VIEW, row=0, col=229, side=21)
    assert (about["top"], about["left"], arrays["first"].shape) == (0, 219, (11, 11))


def test_a_window_that_cannot_be_is_refused(client):
    for side in (0, -1, 513, 10**9):
        assert "1 to 512 pixels" in refused(client, "window", **VIEW, row=1, col=1, side=side)
    assert "rows go from 0 to 149" in refused(client, "window", **VIEW, row=150, col=1, side=5)
    assert "side has to be a whole number" in refused(client, "images", **VIEW, side="wide")


def test_reduced_guidance_brings_what_cannot_be_told_from_it(client, service):
    arrays = finished(client, **VIEW, side=SIDE)
    about, _ = asked(client, "guidance", **VIEW, side=SIDE, have=0)
    fused_pair = service.open_pair(*VIEW.values())
    G = saliency.guidance(fused_pair.loaded.network, fused_pair.pair)
    assert np.allclose(arrays["first"], downsampling.strongest(G.first, STEP), atol=1e-6)
    for found, exact in zip(about["ranges"], (G.first, G.second), strict=True):
        assert found == pytest.approx([exact.min(), exact.max()], abs=1e-6)
    for mode in MODES:
        assert about["limits"][mode] == pytest.approx(shared_limit(G.first, G.second, mode), abs=1e-6)
    assert arrays["dots"].shape == (dashboard_density.SIDE,) * 2


def test_more_watchers_ask_less_often(client):
    about, _ = asked(client, "guidance", **VIEW, have=0, page="one")
    assert 0.2 <= about["again"] < 5


def test_enlarged_panels_of_a_large_pair_are_reduced_and_their_zooms_exact(service):
    fused_pair = service.open_pair(*VIEW.values())
    finished_images = finish(service, fused_pair)
    at = {**AT, **VIEW, "row": PIXEL[0], "col": PIXEL[1]}
    shown = {letter: enlarge(service, {**at, "panel": letter}).figure for letter in "abcdef"}
    first, zoom = shown["a"], shown["b"]
    assert pixels(first).shape == (25, 39)
    assert list(first.layout.xaxis.range) == [-0.5, 229.5]
    assert (first.data[0].dx, first.data[0].x0) == (STEP, 2.5)
    assert np.allclose(first.data[1].z, downsampling.mean(fused_pair.pair.first, STEP))
    assert "6 × 6 pixels around" in first.data[1].hovertemplate
    assert np.array_equal(pixels(zoom), np.rint(255 * fused_pair.pair.first[65:76, 115:126]))
    assert np.array_equal(zoom.data[1].z, fused_pair.pair.first[65:76, 115:126])
    assert (zoom.data[0].x0, zoom.data[0].dx) == (115, 1)
    assert np.array_equal(shown["c"].data[1].z, downsampling.strongest(finished_images[0], STEP))
    assert np.array_equal(shown["d"].data[1].z, finished_images[0][65:76, 115:126])
    J = service.answer(fused_pair, PIXEL).jacobian
    assert np.array_equal(shown["e"].data[1].z, downsampling.strongest(J.full()[0], STEP))
    assert pixels(shown["f"]).shape == (11, 11, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", 30),
        ("window", "31"),
        ("window", None),
        ("gamma1", 0),
        ("gamma1", "much"),
        ("display", "loud"),
        ("colormap", "jet"),
        ("row", 1.5),
        ("row", True),
        ("col", None),
        ("pair", ["x"]),
        ("network", 3),
    ],
)
def test_a_commit_that_no_page_of_ours_sends_is_refused_in_a_sentence(service, name, value):
    with pytest.raises(InputError, match=rf"^{name} cannot be .*; reload the page\.$"):
        commit(service, {**AT, **VIEW, name: value})


@pytest.mark.parametrize("asked_for", [commit, draw_scatter, enlarge])
def test_guidance_choices_are_checked_too(service, asked_for):
    with pytest.raises(InputError, match="gamma2 cannot be"):
        asked_for(service, {**AT, **VIEW, "gamma2": 9, "panel": "a"})


def test_pictures_without_colours_are_the_same_but_for_them(service):
    fused_pair = service.open_pair(*VIEW.values())
    area = Window(3, 50, 4, 90)
    grey, full = pictures(fused_pair, area, 3, in_color=False), pictures(fused_pair, area, 3)
    assert set(full) - set(grey) == {"second_color", "fused_color"}
    assert all(np.array_equal(grey[name], full[name]) for name in grey)


@pytest.mark.slow
def test_the_fused_image_takes_the_colours_of_visible_light(service):
    fused_pair, area = service.open_pair("nightscene-1", VIEW["network"]), Window(3, 50, 4, 90)
    found = pictures(fused_pair, area)
    assert set(found) == {"first", "second", "fused", "blue", "first_color", "fused_color"}
    kept = fused_pair.pair.first_color[area.slices]
    assert np.array_equal(found["fused_color"], fusion.recolor(fused_pair.fused[area.slices], kept))


def test_the_wire_carries_reduced_pictures_whole(client):
    response = client.get("/explore/images", query_string={**VIEW, "side": SIDE})
    about, arrays = unpacked(response.get_data())
    assert set(arrays) == {"first", "second", "fused", "blue", "second_color", "fused_color"}
    assert about["step"] == STEP
