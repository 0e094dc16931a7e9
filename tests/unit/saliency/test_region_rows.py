from functools import cache

import numpy as np
import pytest

from fusion.errors import InputError
from saliency.derivatives import region_rows as rows_module
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.region_rows import lattices_within, region_rows, region_rows_stream
from saliency.geometry.masks import disk, outline, rectangle
from saliency.geometry.window import single, whole
from saliency.receptive_field.locality import locality
from tests.support.networks import Lambda, Strided, dense, diagonal, in_double, minus_mean, network, random_pair

SHAPE = (13, 17)
FIGURES = ("sources", "totals", "guidance")
REGIONS = {
    "all": np.ones(SHAPE, dtype=bool),
    "corner": rectangle((0, 0), (4, 6), SHAPE),
    "border": disk((6, 16), 4, SHAPE),
    "inner": outline([(3, 3), (5, 12), (10, 7)], SHAPE),
    "scattered": np.random.default_rng(2).random(SHAPE) < 0.1,
}


def narrow():
    """A network of radius 2: an image of 13 × 17 pixels holds several of its windows."""
    return Strided(1, to_size=True).eval().requires_grad_(False)


@cache
def wanted_of(name):
    net = narrow().double() if name == "narrow" else in_double(name)
    return dense(net, random_pair(SHAPE, seed=1))


def expected(rows, region):
    """Sources, totals and guidance out of a dense Jacobian (H, W, 2, H, W)."""
    strengths = np.abs(rows)
    sources = strengths[region].sum(axis=0)
    totals = np.where(region, np.moveaxis(strengths.sum(axis=(3, 4)), -1, 0), np.nan)
    return sources, totals, np.where(region, diagonal(rows), np.nan)


def assert_agrees(found, rows, region, tolerance=1e-4):
    for values, wanted in zip((found.sources, found.totals, found.guidance), expected(rows, region), strict=True):
        np.testing.assert_allclose(values, wanted, rtol=0, atol=tolerance * np.nanmax(np.abs(wanted)))
    assert found.is_complete
    assert found.total == region.sum()


@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
@pytest.mark.parametrize("name", ["narrow", "Weighted Averaging", "DeepFuse"])
def test_rows_of_a_region_equal_dense_autograd(name, region):
    net = narrow() if name == "narrow" else network(name)
    assert_agrees(region_rows(net, random_pair(SHAPE, seed=1), region), wanted_of(name), region)


@pytest.mark.parametrize("tile", [320, 7])
@pytest.mark.parametrize("singly", [False, True])
def test_both_ways_are_exact(monkeypatch, singly, tile):
    """Whichever way the counts make cheaper, in tiles that meet inside the region."""
    region, asked = REGIONS["inner"], []
    monkeypatch.setattr(rows_module, "optimized_plan", lambda net: None)
    monkeypatch.setattr(rows_module, "_singly_is_cheaper", lambda *of: singly)
    monkeypatch.setattr(rows_module, "jacobian", lambda *of: asked.append(of) or jacobian(*of))
    for partial in region_rows_stream(narrow(), random_pair(SHAPE, seed=1), region, tile=tile):
        latest = partial
    assert_agrees(latest, wanted_of("narrow"), region)
    assert len(asked) == (region.sum() if singly else 0)


def test_lone_pixels_are_taken_singly_and_crowded_ones_by_lattices():
    """Of a network with a stride, which has no plan: what is cheaper by far, counted."""
    net = Strided(4, to_size=False).eval().requires_grad_(False)
    pair, found = random_pair((200, 200)), locality(net)
    lone = [(3, 3), (190, 191)]
    crowd = [tuple(pixel) for pixel in np.argwhere(np.ones((200, 200))).tolist()]
    everywhere = whole(pair.shape)
    assert rows_module._singly_is_cheaper(net, pair, found, lone[:1], 1, found.window(single(lone[0]), pair.shape))
    assert rows_module._singly_is_cheaper(net, pair, found, lone, 2, everywhere)
    assert not rows_module._singly_is_cheaper(net, pair, found, crowd, 21 * 21, everywhere)


def test_the_same_question_gets_the_same_digits():
    net, pair = Strided(4, to_size=False).eval().requires_grad_(False), random_pair((24, 20))
    region = disk((12, 10), 6, (24, 20))
    once, again = (region_rows(net, pair, region) for _ in range(2))
    for kind in FIGURES:
        np.testing.assert_array_equal(getattr(once, kind), getattr(again, kind))


@pytest.mark.parametrize("name", ["FunFuseAn", "MaskNet"])
def test_blocks_and_autograd_give_the_same_rows(monkeypatch, name):
    """At the border and inside, with inputs of unequal reach."""
    pair, region = (
        random_pair((31, 45), seed=9),
        rectangle((12, 20), (13, 30), (31, 45)) | disk((0, 2), 1, (31, 45)),
    )
    by_blocks = region_rows(network(name), pair, region)
    monkeypatch.setattr(rows_module, "optimized_plan", lambda net: None)
    by_autograd = region_rows(network(name), pair, region)
    for one, other in ((getattr(each, kind) for each in (by_blocks, by_autograd)) for kind in FIGURES):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * np.nanmax(np.abs(other)))


@pytest.mark.parametrize("shape", [(24, 20), (23, 18)])
def test_a_strided_network_is_exact(shape):
    net = Strided(4, to_size=False).eval().requires_grad_(False)
    pair, region = random_pair(shape), rectangle((0, 3), (13, 17), shape)
    found = region_rows(net, pair, region)
    assert_agrees(found, dense(net.double(), pair), region)


def test_a_global_network_takes_plain_rows():
    pair, net = random_pair((7, 9)), Lambda(minus_mean).requires_grad_(False)
    region = disk((0, 4), 2, (7, 9))
    steps = [each.done for each in region_rows_stream(net, pair, region)]
    assert steps == list(range(1, region.sum() + 1))
    assert_agrees(region_rows(net, pair, region), dense(net.double(), pair), region)


@pytest.mark.parametrize("name", ["FunFuseAn", "DeepPedestrian"])
def test_both_sums_hold_the_same_whole(name):
    pair, region = random_pair((23, 31), seed=4), disk((6, 29), 2, (23, 31))
    found = region_rows(network(name), pair, region)
    np.testing.assert_allclose(
        found.sources.sum(axis=(1, 2)), found.totals[:, region].sum(axis=1, dtype=float), rtol=1e-6
    )


def test_a_network_that_ignores_an_input_has_rows_of_zeros():
    pair, region = random_pair((8, 9)), disk((2, 2), 2, (8, 9))
    found = region_rows(Lambda(lambda a, b: -a * a), pair, region)
    assert not found.sources[1].any()
    assert not found.guidance[1, region].any()
    np.testing.assert_allclose(found.guidance[0, region], -2 * pair.first[region], rtol=1e-6)


def test_the_stream_can_be_left_and_grows_steadily():
    stream = region_rows_stream(network("DeepFuse"), random_pair((20, 21)), np.ones((20, 21), dtype=bool))
    done = [next(stream).done for _ in range(5)]
    assert done == sorted(set(done))
    stream.close()


def test_lattices_hold_every_pixel_once_and_keep_their_distance():
    pixels = [tuple(pixel) for pixel in np.argwhere(np.random.default_rng(0).random((30, 26)) < 0.4).tolist()]
    groups = lattices_within(pixels, 7)
    assert sorted(pixel for group in groups for pixel in group) == sorted(pixels)
    assert len(groups) <= 49
    for group in groups:
        apart = np.abs(np.array(group)[:, None] - np.array(group)).max(axis=-1)
        assert (apart[~np.eye(len(group), dtype=bool)] >= 7).all()


@pytest.mark.parametrize(
    ("region", "said"),
    [(np.zeros((8, 9), bool), "no pixel"), (np.ones((9, 8), bool), "shape"), (np.ones((8, 9)), "true and false")],
)
def test_an_unusable_region_is_refused(region, said):
    with pytest.raises(InputError, match=said):
        region_rows(network("DeepFuse"), random_pair((8, 9)), region)
