import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from fusion.errors import InputError
from saliency.validation.finite_differences import TOLERANCE, agreement
from saliency.validation.robustness import similarity, under_noise, weight_randomisation
from saliency.validation.trust_card import trust_card, trust_checks
from tests.support.networks import Lambda, dense, network, random_pair

PAIR = random_pair((14, 17), seed=8)
AT = (6, 8)


class Small(nn.Module):
    """Two convolutions and a normalisation, radius 2."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.layers = nn.Sequential(
            nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Tanh(), nn.Conv2d(8, 1, 3, padding=1)
        )
        nn.init.uniform_(self.layers[1].weight, 0.5, 1.5)

    def forward(self, first, second):
        return self.layers(torch.cat((first, second), 1))


class Even(nn.Module):
    """A blur of the first input's square and the second input; all weights are equal."""

    def __init__(self):
        super().__init__()
        self.blur = nn.Conv2d(2, 1, 3, padding=1, bias=False)
        nn.init.constant_(self.blur.weight, 0.1)

    def forward(self, first, second):
        return self.blur(torch.cat((first * first, second), 1))


def small():
    return Small().eval().requires_grad_(False)


def test_differences_confirm_exact_derivatives_pixel_by_pixel():
    found = agreement(small(), PAIR, AT, strongest=5, others=6)
    rows = dense(small().double(), PAIR)[AT]
    assert len(found.slopes) == 11
    assert found.error < TOLERANCE / 10
    assert found.kinks == 0
    for slope in found.slopes:
        assert slope.quotient == pytest.approx(rows[slope.input_index, *slope.pixel], abs=1e-7)
    strongest = sorted(np.abs(rows).ravel())[::-1][:5]
    assert [abs(slope.derivative) for slope in found.slopes[:5]] == pytest.approx(strongest, rel=1e-4)


def test_derivatives_that_hold_a_factor_fixed_are_found_out():
    found = agreement(network("Weighted Averaging (frozen weights)"), PAIR, AT)
    assert found.error > 0.01
    assert found.kinks == 0


@pytest.mark.parametrize("kinked", [torch.relu, nn.LeakyReLU(0.2)])
def test_a_kink_is_told_apart_from_a_wrong_derivative(kinked):
    first = PAIR.first.copy()
    first[AT] = 0.5
    found = agreement(Lambda(lambda a, b: kinked(a - 0.5) + b), replace(PAIR, first=first), AT)
    assert {slope.input_index: slope.kink for slope in found.slopes} == {0: True, 1: False}
    assert found.error < 1e-6


def test_where_nothing_has_a_slope_there_is_no_error_to_name():
    dark = replace(PAIR, first=0 * PAIR.first, second=0 * PAIR.second)
    check = trust_card(network("Weighted Averaging"), dark, AT)[0]
    assert (check.value, check.passed) == (None, None)
    assert "no slope" in check.meaning


def test_similarity_of_a_map_with_itself_its_negative_and_noise():
    rng = np.random.default_rng(0)
    J = rng.normal(size=(2, 20, 21))
    assert similarity(J, J).change == 0
    assert similarity(J, J).signed == pytest.approx(1)
    opposite = similarity(J, -J)
    assert opposite.ranks == pytest.approx(1)
    assert opposite.signed == pytest.approx(-1)
    assert opposite.change == pytest.approx(2)
    other = similarity(J, rng.normal(size=J.shape))
    assert abs(other.ranks) < 0.15
    assert abs(other.signed) < 0.15
    nothing = similarity(0 * J, J)
    assert (nothing.ranks, nothing.change) == (None, None)
    assert similarity(J[:, :1, :1], J[:, :1, :1]).ranks is None


def test_a_linear_network_does_not_mind_noise_and_a_bent_one_minds_more_the_more_there_is():
    assert max(each.change for each in under_noise(Lambda(lambda a, b: 0.3 * a - b), PAIR, AT)) == 0
    little, much = (under_noise(small(), PAIR, AT, sigma=sigma, copies=4) for sigma in (0.01, 0.2))
    assert 0 < np.mean([each.change for each in little]) < np.mean([each.change for each in much])
    assert np.mean([each.signed for each in little]) > 0.95


def test_layers_are_randomised_from_the_output_on_and_the_network_is_left_as_it_was():
    net = small()
    before = copy.deepcopy(net.state_dict())
    stages = list(weight_randomisation(net, PAIR, AT))
    assert [stage.layer for stage in stages] == ["layers.3", "layers.0"]
    assert all(stage.similarity.change > 0.1 for stage in stages)
    for name, weight in net.state_dict().items():
        assert torch.equal(weight, before[name])
    again = list(weight_randomisation(net, PAIR, AT))
    assert again == stages
    assert list(weight_randomisation(net, PAIR, AT, seed=1)) != stages


def test_a_card_passes_a_sound_network_and_warns_of_others():
    assert [check.passed for check in trust_card(network("Weighted Averaging (frozen weights)"), PAIR, AT)] == [
        False,
        True,
        None,
    ]
    wild = Lambda(lambda a, b: torch.sin(400 * a) + b)
    differences, noise, _ = trust_card(wild, PAIR, AT)
    assert differences.passed
    assert not noise.passed
    for check in trust_card(small(), PAIR, AT):
        assert check.passed == (check.value <= check.threshold)


def test_a_network_that_shows_its_architecture_alone_is_warned_of():
    """Weights that are all equal come back as they were: randomising changes nothing."""
    check = trust_card(Even().eval().requires_grad_(False), PAIR, AT)[2]
    assert check.value > 0.9
    assert check.passed is False


def test_checks_come_one_by_one_and_bad_pixels_are_refused():
    checks = trust_checks(small(), PAIR, AT)
    assert next(checks).name == "agrees with differences"
    checks.close()
    with pytest.raises(InputError, match="outside"):
        next(trust_checks(small(), PAIR, (14, 0)))
