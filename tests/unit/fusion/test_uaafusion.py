"""UAAFusion's parts against written-out references, and its two methods against each other."""

import math

import numpy as np
import pytest
import torch

import fusion
from fusion.errors import InputError
from fusion.layers.attribution_weights import attribution_weights, explained
from fusion.layers.unfolding import ConvLSTM, GradientStep, Memory, Reflected
from fusion.method.inference import as_tensors
from fusion.method.inner_views import views
from fusion.method.pair_constants import HasPairConstants
from fusion.networks.held_uaafusion import HeldUAAFusion
from fusion.networks.uaafusion import PARTS, STAGES, UAAFusion
from fusion.synthetic.labels import CLASSES

F64 = torch.float64
RADIUS = 25


def networks():
    """Both methods with the same random weights and steps large enough to see, float64."""
    torch.manual_seed(4)
    exact = UAAFusion(channels=8).to(F64).eval().requires_grad_(False)
    for step in exact.steps:
        step.logit.fill_(-0.4)
    held = HeldUAAFusion(channels=8).to(F64).eval().requires_grad_(False)
    held.load_state_dict(exact.state_dict())
    return exact, held


def pictures(*size, seed=0):
    return torch.rand(2, 1, 1, *size, generator=torch.Generator().manual_seed(seed), dtype=F64)


def gradients(network, first, second, weigh, **words):
    first, second = first.clone().requires_grad_(), second.clone().requires_grad_()
    return torch.autograd.grad((weigh * network(first, second, **words)).sum(), (first, second))


@pytest.mark.parametrize("size", [(5, 6), (1, 6), (5, 1), (1, 1), (2, 2)], ids=str)
def test_a_reflected_convolution_sees_the_mirror_image(size):
    layer = Reflected(1, 1).to(F64)
    image, _ = pictures(*size)
    modes = ["reflect" if side > 1 else "edge" for side in size]
    padded = np.pad(np.pad(image[0, 0].numpy(), ((1, 1), (0, 0)), modes[0]), ((0, 0), (1, 1)), modes[1])
    kernel = layer.conv.weight[0, 0].detach().numpy()
    expected = [
        [(padded[row : row + 3, col : col + 3] * kernel).sum() + layer.conv.bias.item() for col in range(size[1])]
        for row in range(size[0])
    ]
    np.testing.assert_allclose(layer(image)[0, 0].detach(), expected, atol=1e-14)


def test_the_convlstm_is_the_one_written_out():
    torch.manual_seed(0)
    layer = ConvLSTM(channels=2).to(F64)
    features, short, long = torch.randn(3, 1, 2, 4, 5, dtype=F64)
    after = layer(features, Memory(short, long))
    seen = np.pad(torch.cat((features, short), 1)[0].numpy(), ((0, 0), (1, 1), (1, 1)), "reflect")
    weight, bias = layer.gates.conv.weight.detach().numpy(), layer.gates.conv.bias.detach().numpy()
    gates = np.zeros((8, 4, 5))
    for gate, row, col in np.ndindex(gates.shape):
        gates[gate, row, col] = (weight[gate] * seen[:, row : row + 3, col : col + 3]).sum() + bias[gate]
    opened = 1 / (1 + np.exp(-gates))
    expected_long = opened[2:4] * long[0].numpy() + opened[0:2] * np.tanh(gates[6:8])
    np.testing.assert_allclose(after.long[0].detach(), expected_long, atol=1e-13)
    np.testing.assert_allclose(after.short[0].detach(), opened[4:6] * np.tanh(expected_long), atol=1e-13)


def test_the_gradient_step_moves_towards_the_target_and_starts_at_a_thousandth():
    step = GradientStep()
    assert step.size.item() == pytest.approx(1e-3)
    with torch.no_grad():
        step.logit.fill_(-math.log(3))
    assert step(torch.ones(1), torch.zeros(1)).item() == pytest.approx(0.75)


@pytest.mark.parametrize("logit", [-80.0, -3.0, 12.0])
def test_no_gradient_step_leads_away_from_the_target_or_beyond_it(logit):
    step = GradientStep()
    with torch.no_grad():
        step.logit.fill_(logit)
    assert 0 <= step(torch.ones(1), torch.zeros(1)).item() <= 1


@pytest.mark.parametrize("part", PARTS)
def test_each_part_that_is_left_out_changes_the_result_and_no_weight(part):
    exact, _ = networks()
    first, second = pictures(18, 21)
    other = exact.without(part)
    with torch.no_grad():
        assert (other(first, second) - exact(first, second)).abs().max() > 1e-6
    assert other.state_dict().keys() == exact.state_dict().keys()
    assert all(value is exact.get_parameter(name) for name, value in other.named_parameters())
    assert exact.left_out is None


def test_without_its_memory_a_stage_knows_the_sources_by_the_last_image_and_the_target_only():
    exact, _ = networks()
    first, second = pictures(18, 21)
    weight = torch.full_like(first, 0.5)
    with torch.no_grad():
        both_ways = {
            network.left_out: [
                network.run(*pair, weight, lambda _, moved: torch.zeros_like(moved)).stages[-1]
                for pair in ((first, second), (second, first))
            ]
            for network in (exact, exact.without("memory"))
        }
    assert torch.allclose(*both_ways["memory"], atol=1e-12)
    assert not torch.allclose(*both_ways[None], atol=1e-3)


def test_a_part_that_it_has_not_cannot_be_left_out():
    with pytest.raises(InputError, match="memory, attention, attribution, steps to leave out, and no 'gate'"):
        UAAFusion().without("gate")


def test_attribution_weights_change_the_result():
    exact, _ = networks()
    first, second = pictures(18, 21)
    with torch.no_grad():
        weights = attribution_weights(exact.segmenter, first, second, differentiable=False)
        calm = [torch.zeros_like(first)] * STAGES
        fused = [
            exact.run(first, second, weight, lambda stage, _: calm[stage]).stages[-1]
            for weight in (weights.first, weights.second)
        ]
    assert (weights.first - weights.second).abs().max() > 1e-3
    assert (fused[0] - fused[1]).abs().max() > 1e-6


def test_the_unfolding_starts_at_the_mean_and_its_last_stage_is_the_result():
    exact, _ = networks()
    first, second = pictures(12, 9)
    with torch.no_grad():
        unfolding = exact.unfold(
            first, second, exact.weigh(first, second, differentiable=False), differentiable=False
        )
        assert torch.equal(unfolding.stages[-1], exact(first, second))
    assert torch.equal(unfolding.stages[0], (first + second) / 2)
    assert len(unfolding.stages) == STAGES + 1
    assert len(unfolding.attention) == STAGES


def test_both_methods_show_the_same_picture_in_every_mode_of_autograd():
    exact, held = networks()
    first, second = pictures(14, 17)
    expected = exact(first, second)
    with torch.no_grad():
        assert torch.allclose(exact(first, second), expected, atol=1e-14)
        assert torch.allclose(held(first, second), expected, atol=1e-14)
    with torch.inference_mode():
        inside = torch.ones_like(first) * first, torch.ones_like(second) * second  # inference tensors
        assert torch.allclose(exact(*inside), expected, atol=1e-14)
        assert torch.allclose(held(*inside, held.pair_constants(*inside)), expected, atol=1e-14)


def test_the_exact_derivative_is_that_of_central_differences_and_the_held_one_is_not():
    exact, held = networks()
    first, second = pictures(11, 9)
    weigh, *along = torch.randn(3, *first.shape, generator=torch.Generator().manual_seed(2), dtype=F64)
    by_exact, by_held = (
        sum((slope * way).sum() for slope, way in zip(gradients(net, first, second, weigh), along, strict=True))
        for net in (exact, held)
    )
    with torch.no_grad():
        shifted = [
            (weigh * exact(first + shift * along[0], second + shift * along[1])).sum() for shift in (1e-6, -1e-6)
        ]
    difference = ((shifted[0] - shifted[1]) / 2e-6).item()
    assert by_exact.item() == pytest.approx(difference, rel=1e-5)
    assert abs(by_held.item() - difference) > 1e-3 * abs(difference)


@pytest.mark.slow
def test_every_pixel_of_the_pair_moves_an_exactly_differentiated_one_and_few_a_held_one():
    exact, held = networks()
    first, second = pictures(2 * RADIUS + 9, 2 * RADIUS + 9)
    centre = RADIUS + 4
    weigh = torch.zeros_like(first)
    weigh[0, 0, centre, centre] = 1
    constants = held.pair_constants(first, second)
    everywhere = gradients(exact, first, second, weigh)[0]
    assert (everywhere != 0).float().mean() > 0.95
    reached = torch.nonzero(gradients(held, first, second, weigh, constants=constants)[0][0, 0])
    assert (reached - centre).abs().max().item() == RADIUS


@pytest.mark.slow
@pytest.mark.parametrize("pixel", [(40, 33), (0, 0), (69, 30)], ids=str)
def test_a_crop_with_its_constants_gives_the_whole_pictures_value_and_derivatives(pixel):
    _, held = networks()
    shape = (70, 66)
    first, second = pictures(*shape)
    constants = held.pair_constants(first, second)
    rows, cols = (
        slice(max(place - RADIUS, 0), place + RADIUS + 1) for place, side in zip(pixel, shape, strict=True)
    )
    window = np.s_[..., rows, cols]
    weigh = torch.zeros_like(first)
    weigh[0, 0, *pixel] = 1
    with torch.no_grad():
        whole = held(first, second, constants)[window][weigh[window] == 1]
        cropped = held(first[window], second[window], constants[window])[weigh[window] == 1]
    assert cropped.item() == pytest.approx(whole.item(), abs=1e-13)
    full = gradients(held, first, second, weigh, constants=constants)
    part = gradients(held, first[window], second[window], weigh[window], constants=constants[window])
    for slope, piece in zip(full, part, strict=True):
        assert torch.allclose(slope[window], piece, atol=1e-14)
        assert slope.abs().sum().item() == pytest.approx(piece.abs().sum().item(), rel=1e-12)


def test_pair_constants_of_another_size_are_refused_in_one_sentence():
    _, held = networks()
    first, second = pictures(8, 9)
    constants = held.pair_constants(first, second)
    assert constants.shape == (1, 1 + STAGES, 8, 9)
    assert not constants.requires_grad
    with pytest.raises(InputError, match="Crop them exactly as the images"):
        held(first, second, constants[..., 1:])
    with pytest.raises(InputError, match="6 channels"):
        held(first, second, constants[:, :2])


def test_only_the_held_method_has_pair_constants():
    exact, held = networks()
    assert isinstance(held, HasPairConstants)
    assert not isinstance(exact, HasPairConstants)


def test_its_summaries_are_what_each_class_explains_and_fuse_to_the_same_picture():
    exact, _ = networks()
    first, second = pictures(18, 21)
    weights = exact.weigh(first, second, differentiable=False)
    expected = [explained(each, weights.regions) for each in (weights.gradients_first, weights.gradients_second)]
    maps = exact.held_maps(first, second)
    summaries = torch.zeros(1, exact.summary_count, dtype=F64)
    leaves = first.clone().requires_grad_(), second.clone().requires_grad_()
    for step in range(exact.summary_steps):
        for number, value in exact.summary_terms(step, *leaves, maps):
            summaries[0, number] += value.detach()
    assert torch.allclose(summaries, torch.cat(expected, dim=1), atol=1e-14)
    assert summaries.max() > 1e-3
    with torch.no_grad():
        assert torch.allclose(exact.fuse_with(first, second, maps, summaries), exact(first, second), atol=1e-14)


def test_both_methods_find_one_checkpoint(tmp_path):
    fusion.method.checkpoints.save(UAAFusion(), fusion.find("UAAFusion"), {}, tmp_path)
    loaded = [fusion.load_with_hash(name, tmp_path) for name in ("UAAFusion", "UAAFusion (frozen weights)")]
    assert loaded[0][1] == loaded[1][1]
    assert isinstance(loaded[1][0], HeldUAAFusion)
    assert fusion.card("uaafusion-frozen-weights", tmp_path)["method"] == "UAAFusion"


def test_its_inside_shows_attribution_by_class_weights_stages_and_attention():
    exact, _ = networks()
    pair = fusion.phantom(2, size=64)
    shown = {view.title: view for view in views(exact.float(), pair)}
    by_class = shown["Attribution of the first image by class"]
    assert set(by_class.labels) <= set(CLASSES)
    assert by_class.images.shape == (len(by_class.labels), 64, 64)
    assert min(by_class.weights) >= 0
    np.testing.assert_allclose(shown["Attribution weights"].images.sum(axis=0), 1, atol=1e-6)
    stages = shown["Stages"]
    np.testing.assert_allclose(stages.images[0], (pair.first + pair.second) / 2, atol=1e-6)
    np.testing.assert_allclose(stages.images[-1], fusion.fuse(exact, pair), atol=1e-6)
    assert shown["Attribution attention"].weights == pytest.approx([1 / (1 + math.exp(0.4))] * STAGES)
    assert views(fusion.load("Weighted Averaging"), pair) == ()


def test_the_attention_shown_is_the_one_held_fixed():
    exact, held = networks()
    pair = fusion.phantom(1, size=64)
    shown = {view.title: view for view in views(exact, pair)}
    constants = held.pair_constants(*as_tensors(held, pair))[0]
    np.testing.assert_allclose(shown["Attribution attention"].images, constants[1:], atol=1e-5)
