from dataclasses import replace

import numpy as np
import pytest

import fusion
from fusion.errors import InputError
from saliency.derivatives.jacobian import jacobian
from saliency.validation.nudge import nudge
from tests.support.networks import Lambda, Strided, network, random_pair


def product(first, second):
    return first * first * second


def test_the_curve_is_the_functions_own_and_the_line_its_tangent():
    pair, at, deltas = random_pair((6, 7)), (2, 3), [0.2, -0.4, 0.0]
    x, z = float(pair.first[at]), float(pair.second[at])
    found = nudge(Lambda(product), pair, at, 0, deltas=deltas)
    np.testing.assert_array_equal(found.deltas, sorted(deltas))
    np.testing.assert_allclose(found.real, (x + found.deltas) ** 2 * z, rtol=1e-5)
    np.testing.assert_allclose(found.predicted, x * x * z + 2 * x * z * found.deltas, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found.possible, (x + found.deltas >= 0) & (x + found.deltas <= 1))
    assert nudge(Lambda(product), pair, at, 1).true_within() == pytest.approx(0.5)  # a straight line in x2
    # Off by δ² z of a change of 2 x δ z + δ² z, so by a tenth from |δ| = 2 x / 11 downwards or 2 x / 9 up.
    assert nudge(Lambda(product), pair, at, 0).true_within() <= 2 * x / 9


@pytest.mark.parametrize("source", [(0, 0), (4, 6), (11, 14)])
@pytest.mark.parametrize("net", [network("DeepFuse"), Strided(1, to_size=True).eval().requires_grad_(False)])
def test_real_changes_are_those_of_the_full_image(net, source):
    pair, target = random_pair((12, 15), seed=5), (5, 7)
    found = nudge(net, pair, source, 1, target, deltas=[-0.3, 0.0, 0.2])
    for delta, real in zip(found.deltas, found.real, strict=True):
        second = pair.second.copy()
        second[source] += delta
        assert real == pytest.approx(fusion.fuse(net, replace(pair, second=second))[target], abs=1e-5)
    assert found.slope == pytest.approx(jacobian(net, pair, target).full()[1][source], abs=1e-6)


def test_a_pixel_out_of_sight_changes_nothing():
    found = nudge(network("Weighted Averaging"), random_pair((6, 7)), (0, 0), 0, target=(5, 6))
    assert found.slope == 0
    assert np.ptp(found.real) == 0
    np.testing.assert_array_equal(found.real, found.predicted)
    assert found.true_within() == 0.5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"input_index": 2}, "0 .first. or 1"),
        ({"source": (6, 0)}, "outside"),
        ({"target": (0, 7)}, "outside"),
        ({"deltas": []}, "one number or more"),
        ({"deltas": [float("nan")]}, "finite"),
    ],
)
def test_what_cannot_be_nudged_is_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        nudge(
            network("Weighted Averaging"), random_pair((6, 7)), **{"source": (0, 0), "input_index": 0} | arguments
        )
