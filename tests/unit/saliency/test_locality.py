"""How far networks see: the known radii, strides, and networks that try to mislead the NaN probe."""

import sys
import threading

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fusion.errors import InputError
from fusion.method.carded_network import CardedNetwork
from saliency import jacobian, locality
from saliency.geometry.window import Window, around, check_pixel, single
from saliency.receptive_field.locality import Locality, measure
from tests.support.networks import (
    KNOWN,
    METHODS,
    RADII,
    Lambda,
    Strided,
    frozen,
    minus_mean,
    network,
    random_pair,
    reference,
)
from tests.support.waiting import PATIENCE


@pytest.mark.parametrize("name", METHODS)
def test_every_registered_method_is_either_local_or_says_why_not(name):
    found = measure(network(name))
    assert found.is_local == (found.reason == "")
    assert found.any_size or not found.is_local
    assert found == KNOWN.get(name, found)


def test_a_module_that_gives_a_tuple_is_not_taken_for_what_sees_everything():
    class Pair(nn.Module):
        def forward(self, first, second):
            return first, second

    class Centred(nn.Module):
        def __init__(self):
            super().__init__()
            self.pair = Pair()
            self.last = nn.Conv2d(1, 1, 1)

        def forward(self, first, second):
            one, other = self.pair(first, second)
            return self.last(one - other.mean())

    assert "the whole image, so" in measure(frozen(Centred())).reason


def test_a_layer_after_what_sees_everything_is_not_taken_for_it():
    class Beside(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Conv2d(3, 1, 1)

        def forward(self, first, second):
            return self.last(torch.cat((first, second, first - second.mean()), 1))

    assert "the whole image, so" in measure(frozen(Beside())).reason


@pytest.mark.parametrize("name", [name for name in METHODS if name in RADII or "Averaging" in name])
def test_methods_of_plain_convolutions_are_local_with_the_radius_of_their_layers(name):
    found = locality(network(name))
    assert (found.is_local, found.stride, found.any_size, found.reason) == (True, 1, True, "")
    # A convolution of side k adds k // 2: the same number by arithmetic, for networks named here.
    assert found.radius == RADII.get(name, 0)


@pytest.mark.parametrize(("stride", "kernel"), [(2, 3), (4, 3), (4, 7), (3, 5), (8, 9)])
def test_a_strided_network_is_local_on_its_own_grid(stride, kernel):
    net = Strided(stride, to_size=False, kernel=kernel).eval()
    found = measure(net)
    assert (found.is_local, found.stride, found.any_size) == (True, stride, True)
    assert_crops_are_exact(net, (61, 47))


@pytest.mark.parametrize("shape", [(64, 48), (61, 47), (63, 45)])
@pytest.mark.parametrize("stride", [2, 4])
def test_a_network_that_resizes_to_the_inputs_size_is_cropped_only_where_that_is_exact(stride, shape):
    net = Strided(stride, to_size=True).eval()
    found = measure(net)
    assert (found.is_local, found.stride, found.any_size) == (True, stride, False)
    assert found.crops(shape) == (shape == (64, 48))
    assert_crops_are_exact(net, shape)


def assert_crops_are_exact(net, shape):
    pair, found = random_pair(shape), locality(net)
    precise = net.double()
    for pixel in [(0, 0), (30, 21), (31, 22), (33, 24), (shape[0] - 1, shape[1] - 1), (shape[0] - 1, 20)]:
        expected = reference(precise, pair, pixel)
        J = jacobian(precise, pair, pixel)
        assert abs(J.full() - expected).max() <= 1e-12 * abs(expected).max()
        rows, cols = Window(*around(single(pixel), found.radius, 1, shape)).slices
        expected[:, rows, cols] = 0
        assert abs(expected).max() == 0  # nothing further than the radius, at any size


def test_a_stride_hidden_by_a_wider_branch_is_found_by_the_check():
    found = measure(Strided(2, to_size=False, wide=21).eval())
    assert (found.radius, found.stride, found.is_local) == (10, 2, True)


def test_an_asymmetric_reach_counts_by_its_longest_side():
    look_left = Lambda(lambda a, b: F.pad(a, (5, 0, 2, 0))[..., : a.shape[-2], : a.shape[-1]] * b)
    assert measure(look_left) == Locality(radius=5)


def test_a_wide_network_is_still_measured():
    kernel = torch.rand(1, 1, 3, 3, dtype=torch.float64)
    found = measure(Lambda(lambda a, b: F.conv2d(a, kernel.to(a), dilation=40, padding=40) + b))
    assert found == Locality(radius=40)


def assert_refused(function, about):
    found = measure(Lambda(function))
    assert not found.is_local
    assert about in found.reason
    assert found.window(single((3, 4)), (50, 40)) == Window(0, 50, 0, 40)


def test_a_global_network_is_reported():
    assert_refused(minus_mean, "whole image")


class Squeezes(nn.Module):
    """Weights the picture by what a pooling layer, three modules deep, finds in all of it."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 2, 3, padding=1)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(2, 2, 1), nn.Sigmoid())

    def forward(self, first, second):
        features = self.first(torch.cat((first, second), 1))
        return (self.gate(features) * features).sum(1, keepdim=True)


def test_the_layer_that_sees_everything_is_named():
    assert "whole image, through gate.0 (AdaptiveAvgPool2d), so" in measure(frozen(Squeezes())).reason
    brought = CardedNetwork(frozen(Squeezes()))
    assert "whole image, through gate.0 (AdaptiveAvgPool2d), so" in measure(brought).reason
    assert "the whole image, so" in measure(Lambda(lambda a, b: a - b.mean((2, 3), keepdim=True))).reason


def test_a_network_that_knows_where_it_is_fails_the_check():
    assert_refused(lambda a, b: a * b * torch.arange(a.shape[-1]).to(a), "Crops")
    assert_refused(lambda a, b: a + b + torch.arange(a.shape[-2]).to(a)[:, None], "Crops")


def test_a_network_that_swallows_nan_is_not_trusted():
    kernel = torch.rand(1, 1, 5, 5, dtype=torch.float64)
    assert_refused(lambda a, b: F.conv2d(a.nan_to_num(), kernel.to(a), padding=2) + b, "Crops")
    assert_refused(lambda a, b: a + b + a.nan_to_num().amax(dim=(-2, -1), keepdim=True), "Crops")


def test_a_gradient_that_reaches_further_than_the_value_fails_the_check():
    def straight_through(a, b):
        blurred = F.avg_pool2d(a, 5, stride=1, padding=2).nan_to_num()
        return a + b + blurred - blurred.detach()

    assert_refused(straight_through, "Crops")


def test_wrapping_around_fails_the_check():
    assert_refused(lambda a, b: a.roll(2, dims=-1) + b, "Crops")


def test_a_network_that_cannot_take_small_images_falls_back_and_the_log_says_why(caplog):
    def particular(a, b):
        if a.shape[-1] != 256:
            raise RuntimeError("256 columns only")
        return a + b

    assert_refused(particular, "256 columns only")
    assert "256 columns only" in caplog.text


def test_a_constant_or_saturated_network_is_local():
    assert measure(Lambda(lambda a, b: 0 * a + 0.3)).is_local
    assert measure(Lambda(lambda a, b: torch.tanh(9 + a + b))).is_local


class AddingNormed(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(1)

    def forward(self, first, second):
        return self.norm(first) + second


def test_training_mode_is_refused_even_after_a_measurement():
    whole = AddingNormed().eval()
    assert locality(whole).is_local
    whole.train()
    with pytest.raises(InputError, match="eval"):
        locality(whole)


def test_measuring_neither_changes_the_network_nor_needs_gradients_switched_on():
    net = network("FunFuseAn")
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with torch.inference_mode():
        assert measure(net).radius == 11
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert next(net.parameters()).dtype == torch.float32


def test_sixteen_threads_measure_a_network_once_and_others_do_not_wait(monkeypatch):
    module = sys.modules["saliency.receptive_field.locality"]
    begun, together = [], threading.Barrier(2)

    def slow(net):
        begun.append(net)
        together.wait(PATIENCE)  # until the other network is measured as well
        return Locality(len(begun))

    monkeypatch.setattr(module, "measure", slow)
    nets = [Lambda(lambda a, b: a), Lambda(lambda a, b: b)]
    answers = []
    threads = [
        threading.Thread(target=lambda k=k: answers.append((k % 2, locality(nets[k % 2])))) for k in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 2
    assert len(answers) == 16
    assert len(set(answers)) == 2


def test_a_failed_measurement_is_made_again(monkeypatch):
    module = sys.modules["saliency.receptive_field.locality"]
    net = Lambda(lambda a, b: a + b)
    monkeypatch.setattr(module, "measure", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        locality(net)
    monkeypatch.undo()
    assert locality(net) == Locality(0)


@pytest.mark.parametrize("pixel", [(-1, 0), (0, 47), (61, 0), (0, -47)])
def test_a_pixel_outside_is_told_what_the_image_has(pixel):
    with pytest.raises(InputError, match=r"rows go from 0 to 60, columns from 0 to 46"):
        check_pixel(pixel, (61, 47))


@pytest.mark.parametrize("pixel", [(1.5, 2), (1,), (1, 2, 3), ("1", "2"), None])
def test_a_pixel_is_two_whole_numbers(pixel):
    with pytest.raises(InputError, match="two whole numbers"):
        check_pixel(pixel, (61, 47))
