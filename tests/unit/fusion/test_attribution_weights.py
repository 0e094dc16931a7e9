"""Attribution by class region: closed forms, completeness, and derivatives of the weights themselves."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from fusion.layers.attribution_weights import (
    LEAST_SCORE,
    attribution_weights,
    class_regions,
    explained,
    mean_scores,
    path_gradients,
    path_leg,
)
from fusion.layers.segmenter import Segmenter
from fusion.synthetic.labels import CLASSES

F64 = torch.float64


class Powers(nn.Module):
    """Logits x, x² and x³, pixel by pixel: everything about them is known."""

    def forward(self, image):
        return torch.cat((image, image**2, image**3), dim=1)


def segmenter():
    torch.manual_seed(3)
    return Segmenter().to(F64).eval().requires_grad_(False)


def pictures(*size, count=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, count, 1, *size, generator=generator, dtype=F64)


def halves(count, *size):
    """Class 0 on the left, class 1 on the right, no other."""
    regions = torch.zeros(1, count, *size, dtype=F64)
    regions[:, 0, :, : size[1] // 2] = 1
    regions[:, 1, :, size[1] // 2 :] = 1
    return regions


def test_integrated_gradients_of_powers_are_the_powers_shared_out_over_the_region():
    image, _ = pictures(6, 8)
    regions = halves(3, 6, 8)
    integrated = path_gradients(Powers(), image, regions, differentiable=False, steps=400).mean(dim=0)
    assert torch.allclose(integrated[0, 0], image[0, 0] * regions[0, 0] / 24, atol=1e-12)
    assert torch.allclose(integrated[0, 1], image[0, 0] ** 2 * regions[0, 1] / 24, atol=1e-12)
    assert integrated[0, 2].abs().max() == 0  # a class without a region


def test_attributions_sum_to_the_change_of_the_class_score_as_the_steps_grow():
    network, (image, other) = segmenter(), pictures(21, 18)
    regions = class_regions(network, image, other)
    scores = mean_scores(network(image), regions) - mean_scores(network(torch.zeros_like(image)), regions)
    errors = []
    for steps in (2, 8, 32):
        integrated = path_gradients(network, image, regions, differentiable=False, steps=steps).mean(dim=0)
        errors.append((integrated.sum(dim=(-2, -1)) - scores).abs().max().item())
    assert scores.abs().max() > 0.05
    assert errors[1] < errors[0] / 8  # the midpoint rule: sixteen times less for four times the steps
    assert errors[2] < errors[1] / 8


def test_regions_share_out_every_pixel_and_follow_the_mean_probability():
    network, (first, second) = segmenter(), pictures(20, 13, count=2)
    regions = class_regions(network, first, second)
    assert torch.equal(regions.sum(dim=1), torch.ones(2, 20, 13, dtype=F64))
    likely = (network(first).softmax(1) + network(second).softmax(1)).argmax(1)
    assert torch.equal(regions.argmax(dim=1), likely)


def test_weights_are_the_explained_scores_by_hand():
    first, second = torch.full((2, 1, 1, 4, 4), 0.5, dtype=F64)
    first[..., :2] = 0.9
    weights = attribution_weights(Powers(), first, second, differentiable=False, steps=1)
    # x > x² > x³ below 1, so every pixel is of class 0, whose score is the mean of x: gradient 1/16.
    assert torch.equal(weights.regions[:, 0], torch.ones(1, 4, 4, dtype=F64))
    expected = (0.7 + LEAST_SCORE) / (0.7 + 0.5 + 2 * LEAST_SCORE)
    assert torch.allclose(weights.first, torch.full((1, 1, 4, 4), expected, dtype=F64), atol=1e-12)


@pytest.mark.parametrize("size", [(16, 16), (9, 14), (1, 1)], ids=str)
def test_weights_lie_between_0_and_1_and_sum_to_one(size):
    weights = attribution_weights(segmenter(), *pictures(*size, count=2), differentiable=False)
    assert weights.first.shape == (2, 1, *size)
    assert weights.first.min() >= 0
    assert weights.first.max() <= 1
    assert torch.allclose(weights.first + weights.second, torch.ones(2, 1, *size, dtype=F64), atol=1e-15)


def test_two_black_sources_weigh_the_same():
    black = torch.zeros(1, 1, 8, 8, dtype=F64)
    weights = attribution_weights(segmenter(), black, black, differentiable=False)
    assert torch.equal(weights.first, torch.full_like(black, 0.5))


def test_what_speaks_against_a_class_explains_nothing():
    gradients = torch.tensor([-1.0, 3.0]).view(2, 1, 1, 1, 1)  # cut off point by point, then averaged
    assert explained(gradients, torch.ones(1, 1, 1, 1)).item() == 1.5


def test_the_weights_own_derivative_is_that_of_central_differences():
    network, (first, second) = segmenter(), pictures(10, 12)
    direction = torch.randn(2, *first.shape, generator=torch.Generator().manual_seed(1), dtype=F64)

    def weight(shift, differentiable):
        moved = first + shift * direction[0], second + shift * direction[1]
        return (attribution_weights(network, *moved, differentiable=differentiable).first * direction[0]).sum()

    shift = torch.zeros((), dtype=F64, requires_grad=True)
    (slope,) = torch.autograd.grad(weight(shift, True), shift)
    difference = (weight(1e-6, False) - weight(-1e-6, False)) / 2e-6
    assert abs(slope) > 1e-4
    assert slope.item() == pytest.approx(difference.item(), rel=1e-5)


def test_constants_carry_no_graph_even_where_gradients_are_on():
    first, second = (value.requires_grad_() for value in pictures(8, 8))
    weights = attribution_weights(segmenter(), first, second, differentiable=False)
    assert not weights.first.requires_grad
    with torch.no_grad():
        again = attribution_weights(segmenter(), first, second, differentiable=False)
    assert torch.equal(weights.first, again.first)


def test_a_leg_is_the_gradient_of_the_scores_times_the_change():
    (here, before), regions = pictures(6, 8), halves(3, 6, 8)
    leg = path_leg(Powers(), here, before, regions, differentiable=False)
    slope = regions[:, :1] + 2 * here * regions[:, 1:2]
    assert torch.allclose(leg, slope * (here - before), atol=1e-14)


def test_legs_add_up_to_the_change_of_the_scores_along_a_fine_path():
    network, (start, end) = segmenter(), pictures(12, 12)
    regions = class_regions(network, start, end)
    points = [start + share * (end - start) for share in np.linspace(0, 1, 201)]
    total = sum(
        path_leg(network, here, before, regions, differentiable=False).sum().item()
        for before, here in itertools.pairwise(points)
    )
    change = ((network(end) - network(start)) * regions).sum().item()
    assert total == pytest.approx(change, rel=0.02)


@pytest.mark.parametrize("size", [(1, 1), (3, 17), (8, 8), (25, 30)], ids=str)
def test_the_segmenter_takes_any_size(size):
    image, _ = pictures(*size, count=2)
    logits = segmenter()(image)
    assert logits.shape == (2, len(CLASSES), *size)
    assert torch.isfinite(logits).all()


def test_the_segmenter_is_small_and_its_result_depends_on_the_pixels():
    network, (image, other) = segmenter(), pictures(16, 16)
    assert sum(value.numel() for value in network.parameters()) < 100_000
    assert (network(image) - network(other)).abs().max() > 0.1
