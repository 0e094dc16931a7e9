from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import fusion
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.region_rows import region_rows, region_rows_stream
from saliency.geometry.masks import disk, rectangle, ring
from saliency.measures.region_contrast import contrast
from saliency.measures.region_report import region_report
from saliency.measures.requirements import REQUIREMENTS, little_leakage, no_neighbourhood, opposed_guidance, ranked
from tests.support.networks import Lambda, Strided, dense, diagonal, network, random_pair

SHAPE = (12, 15)


def reported(net, pair, region, width=3.0):
    return region_report(region_rows(net, pair, region), pair, fused_image(net, pair), width)


@pytest.mark.parametrize("region", [disk((5, 6), 3, SHAPE), rectangle((0, 9), (7, 14), SHAPE)])
def test_every_figure_follows_its_definition_from_the_dense_jacobian(region):
    net, pair = Strided(1, to_size=True).eval().requires_grad_(False), random_pair(SHAPE, seed=6)
    found = reported(net, pair, region)
    rows = dense(Strided(1, to_size=True).double(), pair)
    strength = np.abs(rows[region])  # (region's pixels, 2, H, W)
    by_input, outside = strength.sum(axis=(0, 2, 3)), strength[..., ~region].sum(axis=(0, 2))
    own = diagonal(rows)[:, region]
    close = {"rel": 1e-4}
    assert found.pixels == region.sum()
    assert found.influence == pytest.approx(tuple(by_input / region.sum()), **close)
    assert found.share == pytest.approx(tuple(by_input / by_input.sum()), **close)
    assert found.leakage == pytest.approx(outside.sum() / by_input.sum(), **close)
    assert found.leakages == pytest.approx(tuple(outside / by_input), **close)
    assert found.neighbourhood == pytest.approx(1 - np.abs(own).sum() / by_input.sum(), **close)
    assert found.guidance_mean == pytest.approx(tuple(own.mean(axis=1)), **close)
    assert found.guidance_size == pytest.approx(tuple(np.abs(own).mean(axis=1)), **close)
    assert found.correlation.pearson == pytest.approx(stats.pearsonr(*own).statistic, abs=1e-4)
    assert found.correlation.spearman == pytest.approx(stats.spearmanr(*own).statistic, abs=0.01)


def test_contrast_is_that_of_the_definition():
    image, region = np.random.default_rng(0).random(SHAPE), disk((0, 3), 3, SHAPE)
    around = ring(region, 2)
    found = contrast(image, region, around)
    inside, outside = image[region], image[around]
    step = inside.mean() - outside.mean()
    assert found.step == pytest.approx(step)
    assert found.weber == pytest.approx(step / outside.mean())
    assert found.cnr == pytest.approx(step / np.sqrt((np.std(inside) ** 2 + np.std(outside) ** 2) / 2))
    # Brightness added everywhere changes Weber's fraction but not the contrast-to-noise ratio; gain neither.
    lifted, stretched = contrast(image + 1, region, around), contrast(3 * image, region, around)
    assert lifted.cnr == pytest.approx(found.cnr)
    assert abs(lifted.weber) < abs(found.weber)
    assert (stretched.weber, stretched.cnr) == pytest.approx((found.weber, found.cnr))


def test_contrast_without_ground_scatter_or_ring_is_none():
    region = disk((5, 6), 3, SHAPE)
    found = contrast(region.astype(np.float32), region, ring(region, 2))
    assert (found.step, found.weber, found.cnr) == (1.0, None, None)
    everything = np.ones(SHAPE, dtype=bool)
    assert contrast(np.ones(SHAPE), everything, ~everything) is None


def test_a_region_that_nothing_decides_has_no_shares():
    pair, region = random_pair(SHAPE), disk((5, 6), 3, SHAPE)
    found = reported(Lambda(lambda a, b: 0 * (a + b)), pair, region)
    assert (found.share, found.leakage, found.leakages) == ((None, None), None, (None, None))
    assert found.correlation.pearson is None
    assert opposed_guidance(found).holds is None
    assert no_neighbourhood(found).holds is None


def test_a_network_of_nan_has_no_shares():
    pair, region = random_pair(SHAPE), disk((5, 6), 3, SHAPE)
    found = reported(Lambda(lambda a, b: (a + b) * float("nan")), pair, region)
    assert (found.share, found.leakage) == ((None, None), None)


def test_a_report_can_be_made_while_rows_arrive():
    pair, region = random_pair(SHAPE, seed=6), disk((5, 6), 3, SHAPE)
    net = network("DeepFuse")  # whose rows come one by one
    first = next(region_rows_stream(net, pair, region))
    assert 0 < first.done < first.total
    found = region_report(first, pair, fused_image(net, pair))
    known = np.isfinite(first.totals[0])
    assert known.sum() == first.done
    assert found.share[0] == pytest.approx(first.totals[0, known].sum() / first.totals[:, known].sum())


def test_averaging_answers_as_the_paper_says_and_others_do_not():
    """Kumar & Gumhold 2020: no neighbourhood influence (6.3.1), opposed guidance (6.4)."""
    pair = fusion.phantom(seed=3, size=64)
    region = pair.regions["oedema"] | pair.regions["necrotic core"]
    averaging = reported(fusion.load("Weighted Averaging"), pair, region)
    assert (averaging.leakage, averaging.leakages) == (0, (0, 0))
    assert averaging.neighbourhood == pytest.approx(0, abs=1e-6)
    assert no_neighbourhood(averaging).holds
    assert opposed_guidance(averaging).holds
    assert little_leakage(averaging).holds
    spreading = reported(Strided(1, to_size=True).eval().requires_grad_(False), pair, region)
    assert not no_neighbourhood(spreading).holds
    together = reported(Lambda(lambda a, b: (a + b) ** 2), pair, region)
    assert not opposed_guidance(together).holds


def test_averaging_share_is_the_analytic_one():
    pair, region = random_pair(SHAPE, seed=2), disk((4, 4), 3, SHAPE)
    a, b = (image[region].astype(float) for image in (pair.first, pair.second))
    by_first, by_second = ((p**2 + 2 * p * q - q**2) / (p + q) ** 2 for p, q in ((a, b), (b, a)))
    found = reported(network("Weighted Averaging"), pair, region)
    assert found.share[0] == pytest.approx(
        np.abs(by_first).sum() / (np.abs(by_first) + np.abs(by_second)).sum(), rel=1e-5
    )


def dark_pair():
    """A region dark in the second image and not in the first."""
    rng, region = np.random.default_rng(1), disk((6, 7), 3, SHAPE)
    noise = 0.05 * rng.random((2, *SHAPE))
    second = np.where(region, 0.1, 0.8) + noise[1]
    pair = replace(random_pair(SHAPE), first=(0.5 + noise[0]).astype(np.float32), second=second.astype(np.float32))
    return pair, region


def test_the_four_requirements_of_networks_whose_answers_are_known():
    pair, region = dark_pair()
    nets = {
        "second": Lambda(lambda a, b: b + 0 * a),
        "first": Lambda(lambda a, b: a + 0 * b),
        "inverse": Lambda(lambda a, b: 1 - b + 0 * a),
        "half": Lambda(lambda a, b: 0.5 * (a + b)),
    }
    reports = {name: reported(net, pair, region) for name, net in nets.items()}
    dark, bright, lesser, outside = (ranked(requirement, reports) for requirement in REQUIREMENTS)
    assert dark["second"].value == pytest.approx(1, rel=1e-5)
    assert dark["inverse"].value == pytest.approx(-1, rel=1e-5)
    assert abs(dark["first"].value) < 0.1
    assert [dark[name].rank for name in ("second", "inverse")] == [1, 4]
    assert {standing.value for standing in bright.values()} == {None}
    assert {standing.rank for standing in bright.values()} == {None}
    assert [lesser[name].value for name in nets] == pytest.approx([0, 1, 0, 0.5])
    assert [lesser[name].rank for name in nets] == [1, 4, 1, 3]
    assert {standing.value for standing in outside.values()} == {0}
    lit = replace(pair, second=1 - pair.second)
    kept = REQUIREMENTS[1].measure(reported(nets["half"], lit, region))
    assert 0 < kept <= 1.01
