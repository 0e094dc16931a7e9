from itertools import product

import numpy as np
import pytest
import scipy.stats

from saliency.cohort.case_bootstrap import case_mean, paired_difference

RNG = np.random.default_rng(5)


def slices_of(means, count=3):
    """Slices whose cases have these means, by chance apart; case i has ``count`` + i of them."""
    found = []
    for case, mean in enumerate(means):
        noise = RNG.normal(size=count + case)
        found += [(f"case {case}", mean + each) for each in noise - noise.mean()]
    return found


def test_few_cases_are_drawn_in_every_way_there_is():
    means = [0.2, 0.9, -0.4, 0.3]
    drawn = [np.mean(each) for each in product(means, repeat=4)]
    found = case_mean(slices_of(means))
    np.testing.assert_allclose((found.low, found.high), np.quantile(drawn, (0.025, 0.975)), atol=1e-12)
    assert found.mean == pytest.approx(0.25)
    assert (found.cases, found.slices) == (4, 3 + 4 + 5 + 6)


def test_many_cases_agree_with_scipy_on_the_means_of_cases():
    means = RNG.gamma(2.0, size=30)
    found = case_mean(slices_of(means), resamples=20_000)
    wanted = scipy.stats.bootstrap(
        (means,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    width = wanted.high - wanted.low
    assert abs(found.low - wanted.low) < 0.03 * width
    assert abs(found.high - wanted.high) < 0.03 * width


def test_a_seed_gives_the_same_interval_in_whatever_order_slices_come():
    values = slices_of(RNG.normal(size=12))
    found = case_mean(values, seed=3)
    assert case_mean(values[::-1], seed=3).low == pytest.approx(found.low, abs=1e-12)
    assert case_mean(values, seed=4).low != found.low


def test_slices_of_one_case_stay_together():
    means = RNG.normal(size=8)
    once = case_mean([(str(case), mean) for case, mean in enumerate(means)])
    often = case_mean([(str(case), mean) for case, mean in enumerate(means) for _ in range(50)])
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_one_case_has_no_interval_and_none_has_no_mean():
    alone = case_mean([("a", 1.0), ("a", 2.0)])
    assert (alone.mean, alone.low, alone.high) == (1.5, None, None)
    assert case_mean([]) is None


def test_differences_are_of_the_same_slices():
    first = {("a", "1"): 3.0, ("a", "2"): 5.0, ("b", "1"): 1.0, ("c", "9"): 100.0}
    second = {("a", "2"): 1.0, ("a", "1"): 1.0, ("b", "1"): 2.0}
    found = paired_difference(first, second)
    low, high = np.quantile([-1.0, 1.0, 1.0, 3.0], (0.025, 0.975))
    assert (found.mean, found.low, found.high, found.cases, found.slices) == (
        1.0,
        pytest.approx(low),
        pytest.approx(high),
        2,
        3,
    )
    turned = paired_difference(second, first)
    assert (turned.mean, turned.low, turned.high) == (-1.0, pytest.approx(-high), pytest.approx(-low))
