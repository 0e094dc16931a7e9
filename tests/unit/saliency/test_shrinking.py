"""Networks computed on shrinking areas: the same numbers for less work, or a refusal."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fusion.method.pair_constants import Companioned
from saliency import jacobian, locality
from saliency.geometry.window import Window, around, single
from saliency.network.shrinking import NotTrimmableError, Trimmed, trimmed
from saliency.receptive_field.locality import measure
from tests.support.networks import METHODS, RADII, Lambda, in_double, network, random_pair, reference, stacked

SHAPE = (41, 50)
KERNEL = torch.rand(1, 1, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def inputs(shape=SHAPE, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(1, 1, *shape, generator=generator, dtype=torch.float64) for _ in range(2)]


def crops(images, area):
    return [image[..., *area.slices] for image in images]


@pytest.mark.parametrize("name", RADII)
def test_every_network_is_exact_wherever_it_says_so(name):
    net, full = in_double(name), inputs()
    whole = net(*full)[0, 0]
    for area in [Window(0, 41, 0, 50), Window(0, 38, 5, 50), Window(2, 40, 3, 45), Window(4, 41, 0, 40)]:
        values, place = trimmed(net, crops(full, area), area, SHAPE)
        assert values.shape[-2:] == place.shape
        torch.testing.assert_close(values[0, 0], whole[place.slices], rtol=1e-11, atol=1e-11)
        assert place.top == (0 if area.top == 0 else area.top + RADII[name])
        assert place.bottom == (41 if area.bottom == 41 else area.bottom - RADII[name])
        assert place.left == (0 if area.left == 0 else area.left + RADII[name])
        assert place.right == (50 if area.right == 50 else area.right - RADII[name])


@pytest.mark.parametrize("name", METHODS)
def test_every_method_with_layers_of_stride_1_is_trimmed(name):
    found = locality(network(name))
    plain = found.is_local and found.stride == 1 and found.radius > 0
    assert found.trims == (plain and not isinstance(network(name), Companioned))


def test_layers_shrink_to_the_pixel_and_less_is_computed(monkeypatch):
    sizes = []
    plain = F.conv2d
    monkeypatch.setattr(F, "conv2d", lambda x, *a, **k: sizes.append(x.shape[-1]) or plain(x, *a, **k))
    net, area = in_double("DeepPedestrian"), around(single((20, 25)), 17, 1, (60, 70))
    _, place = trimmed(net, crops(inputs((60, 70)), area), area, (60, 70))
    assert place == Window(20, 21, 25, 26)
    # Seen once as a Trimmed by the layer and once as its values by the handler.
    assert sizes[1::2] == list(range(35, 2, -2))


def test_branches_of_unequal_reach_are_cut_to_their_common_area():
    def residual(a, b):
        wide = F.conv2d(a, KERNEL, padding=(1, 2))
        mixed = F.conv2d(torch.cat((wide, b, a), dim=1), KERNEL[..., 1:4].expand(1, 3, 3, 3), padding=1)
        return 2 * wide + b / 3 - a * b + torch.tanh(mixed)

    net, full, area = Lambda(residual).double(), inputs(), Window(3, 20, 0, 30)
    values, place = trimmed(net, crops(full, area), area, SHAPE)
    assert place == Window(5, 18, 0, 27)
    torch.testing.assert_close(values[0, 0], net(*full)[0, 0][place.slices], rtol=1e-12, atol=1e-12)


REFUSED = {
    "stride": lambda a, b: F.conv2d(a, KERNEL, stride=2, padding=(1, 2)) + b,
    "no padding": lambda a, b: F.conv2d(a, KERNEL) + b,
    "even kernel": lambda a, b: F.conv2d(a, KERNEL[..., :4], padding=(1, 2)) + b,
    "pooling": lambda a, b: F.max_pool2d(a, 3, 1, 1) + b,
    "rows joined": lambda a, b: torch.cat((a, b), dim=2),
    "a picture of its own": lambda a, b: a + b * torch.ones(1, 1, *SHAPE, dtype=torch.float64),
    "mean": lambda a, b: a - torch.mean(a) + b,
    "reflection": lambda a, b: F.conv2d(F.pad(a, (2, 2, 1, 1), mode="reflect"), KERNEL) + b,
    "no map at all": lambda a, b: torch.ones(1, 1, *SHAPE),
}


@pytest.mark.parametrize("function", REFUSED.values(), ids=REFUSED)
def test_what_is_not_known_to_shrink_rightly_is_refused(function):
    class Bare(nn.Module):
        def forward(self, a, b):
            return function(a, b)

    with pytest.raises((NotTrimmableError, AttributeError)):
        trimmed(Bare(), inputs(), Window(0, *SHAPE[:1], 0, SHAPE[1]), SHAPE)


def test_a_refused_network_is_still_local_on_whole_crops():
    net = Lambda(lambda a, b: F.avg_pool2d(a * b, 3, 1, 1, count_include_pad=True))
    found = locality(net)
    assert (found.is_local, found.radius, found.trims) == (True, 1, False)
    pair = random_pair((20, 21))
    expected = reference(net.double(), pair, (0, 7))
    np.testing.assert_allclose(stacked(jacobian(net, pair, (0, 7)).full()), expected, rtol=1e-6)


def test_wrong_trimming_is_caught_by_the_check(monkeypatch):
    """Maps cut one row off their place: it runs, the shapes fit, and only the numbers tell."""

    def residual(a, b):
        return F.conv2d(a, KERNEL, padding=(1, 2)) + b

    assert measure(Lambda(residual).double()).trims
    right = Trimmed.cut
    monkeypatch.setattr(Trimmed, "cut", lambda self, area: right(self, area).roll(1, -2))
    found = measure(Lambda(residual).double())
    assert (found.is_local, found.trims) == (True, False)
