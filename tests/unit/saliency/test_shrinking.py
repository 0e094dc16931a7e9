"""Networks computed on shrinking areas: the same numbers for less work, or a refusal."""

import numpy as np
import pytest
import torch
import torch.autograd.forward_ad as forward_ad
import torch.nn.functional as F
from torch import nn

from fusion.method.pair_constants import HasPairConstants
from saliency import jacobian, locality
from saliency.geometry.window import Window, around, single
from saliency.network import shrinking
from saliency.network.shrinking import run_on_window
from saliency.network.tracing import NoPlanError, plan_of
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
        values, place = run_on_window(plan_of(net), crops(full, area), area, SHAPE)
        assert values.shape[-2:] == place.shape
        torch.testing.assert_close(values[0, 0], whole[place.slices], rtol=1e-11, atol=1e-11)
        assert place.top == (0 if area.top == 0 else area.top + RADII[name])
        assert place.bottom == (41 if area.bottom == 41 else area.bottom - RADII[name])
        assert place.left == (0 if area.left == 0 else area.left + RADII[name])
        assert place.right == (50 if area.right == 50 else area.right - RADII[name])


@pytest.mark.parametrize("name", METHODS)
def test_every_method_with_layers_of_stride_1_has_a_shrinking_window(name):
    found = locality(network(name))
    plain = found.is_local and found.stride == 1 and found.radius > 0
    assert found.shrinks == (plain and not isinstance(network(name), HasPairConstants))


def test_layers_shrink_to_the_pixel_and_less_is_computed(monkeypatch):
    sizes = []
    plain = F.conv2d
    plan, area = plan_of(in_double("DeepPedestrian")), around(single((20, 25)), 17, 1, (60, 70))
    monkeypatch.setattr(F, "conv2d", lambda x, *a, **k: sizes.append(x.shape[-1]) or plain(x, *a, **k))
    _, place = run_on_window(plan, crops(inputs((60, 70)), area), area, (60, 70))
    assert place == Window(20, 21, 25, 26)
    assert sizes == list(range(35, 2, -2))


def residual(a, b):
    wide = F.conv2d(a, KERNEL, padding=(1, 2))
    mixed = F.conv2d(torch.cat((wide, b, a), dim=1), KERNEL[..., 1:4].expand(1, 3, 3, 3), padding=1)
    return 2 * wide + b / 3 - a * b + torch.tanh(mixed)


def with_a_mask(a, b):
    """One channel times many, and many plus one."""
    many = F.conv2d(a, KERNEL.expand(3, 1, 3, 5) * torch.arange(1, 4)[:, None, None, None], padding=(1, 2))
    return F.conv2d(torch.sigmoid(b) * many + b, KERNEL[..., 1:4].expand(1, 3, 3, 3), padding=1)


def in_place(a, b):
    """The map itself becomes the activation, for whoever uses it afterwards."""
    blurred = F.conv2d(a, KERNEL, padding=(1, 2)) - 3
    positive = F.leaky_relu(blurred, 0.2, inplace=True)
    return positive * b + blurred


def partly_constant(a, b):
    with torch.no_grad():
        weight = torch.tanh(F.conv2d(a, KERNEL, padding=(1, 2)))
    return weight * b + a


def with_an_unused_map(a, b):
    F.conv2d(b, KERNEL.flip(-1), padding=(1, 2))
    return F.conv2d(a, KERNEL, padding=(1, 2)) - b


def with_numbers(a, b):
    half = torch.tensor(0.5, dtype=torch.float64)
    bounded = torch.maximum(torch.clamp(F.conv2d(a, KERNEL, padding=(1, 2)), min=1.5, max=4), half * 6)
    return torch.sub(1 - bounded, torch.div(b, half)) + F.elu(-b, alpha=0.3)


def of_some_size(a, b):
    if min(a.shape[-2:]) < 3:
        raise ValueError("too small")
    return F.conv2d(a * b, KERNEL, padding=(1, 2))


def the_larger(a, b):
    """Both networks' features merged by their larger and smaller values (IFCNN), and a soft threshold."""
    one, other = (F.conv2d(each, KERNEL, padding=(1, 2)) for each in (a, b))
    larger = torch.max(one, other) - torch.min(one, b)
    return torch.sign(larger) * torch.clamp(torch.abs(larger) - 0.1, 0)


KNOWN = [
    residual,
    with_a_mask,
    in_place,
    partly_constant,
    with_an_unused_map,
    with_numbers,
    of_some_size,
    the_larger,
]


def test_the_largest_of_all_channels_is_no_step():
    with pytest.raises(NoPlanError, match="along an axis"):
        plan_of(Lambda(lambda a, b: torch.max(torch.cat((a, b), 1), 1)[0][:, None]))


def gradients(outputs, leaves):
    weights = torch.rand(outputs.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return torch.autograd.grad((outputs * weights).sum(), leaves, materialize_grads=True)


@pytest.mark.parametrize("function", KNOWN)
def test_what_a_hand_made_network_does_is_known_and_exact(function):
    """Values and gradients: alone on a whole image, and where a window shrinks at inner edges only."""
    net, full = Lambda(function).double(), [image.requires_grad_() for image in inputs()]
    for area in [Window(0, 41, 0, 50), Window(3, 20, 0, 30)]:
        values, place = run_on_window(plan_of(net), crops(full, area), area, SHAPE)
        wanted = net(*full)[..., *place.slices]
        torch.testing.assert_close(values, wanted, rtol=1e-12, atol=1e-12)
        found, expected = gradients(values, full), gradients(wanted, full)
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)
    assert measure(net).shrinks


@pytest.mark.parametrize("function", KNOWN)
def test_a_batch_and_a_direction_go_through_as_one_picture_does(function):
    plan, area = plan_of(Lambda(function).double()), Window(3, 20, 0, 30)
    many = [crops(inputs(seed=seed), area) for seed in range(3)]
    together, _ = run_on_window(plan, [torch.cat(each) for each in zip(*many, strict=True)], area, SHAPE)
    along = [torch.ones_like(crop) for crop in many[0]]
    for alone, crop in zip(together, many, strict=True):
        values = run_on_window(plan, crop, area, SHAPE)[0]
        torch.testing.assert_close(alone[None], values, rtol=1e-12, atol=1e-12)
    with forward_ad.dual_level():
        pairs = [forward_ad.make_dual(*each) for each in zip(many[0], along, strict=True)]
        slopes = forward_ad.unpack_dual(run_on_window(plan, pairs, area, SHAPE)[0]).tangent
    leaves = [crop.clone().requires_grad_() for crop in many[0]]
    values = run_on_window(plan, leaves, area, SHAPE)[0]
    backward = sum(each.sum() for each in gradients(values, leaves))
    weights = torch.rand(values.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    torch.testing.assert_close((slopes * weights).sum(), backward, rtol=1e-11, atol=1e-11)


def test_branches_of_unequal_reach_are_cut_to_their_common_area():
    net, area = Lambda(residual).double(), Window(3, 20, 0, 30)
    assert run_on_window(plan_of(net), crops(inputs(), area), area, SHAPE)[1] == Window(5, 18, 0, 27)


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

    with pytest.raises(NoPlanError):
        plan_of(Bare())


def test_a_refused_network_is_still_local_on_whole_crops_and_the_log_says_why(caplog):
    net = Lambda(lambda a, b: F.avg_pool2d(a * b, 3, 1, 1, count_include_pad=True))
    with caplog.at_level("INFO", logger="saliency"):
        found = locality(net)
    (told,) = [record for record in caplog.records if "Lambda" in record.message]
    assert told.message == "No shrinking window for Lambda: avg_pool2d"
    assert told.exc_info is None
    assert (found.is_local, found.radius, found.shrinks) == (True, 1, False)
    pair = random_pair((20, 21))
    expected = reference(net.double(), pair, (0, 7))
    np.testing.assert_allclose(stacked(jacobian(net, pair, (0, 7)).full()), expected, rtol=1e-6)


def test_a_wrong_cut_is_caught_by_the_check(monkeypatch):
    """Maps cut one row off their place: it runs, the shapes fit, and only the numbers tell."""
    assert measure(Lambda(residual).double()).shrinks
    right = shrinking.cut
    monkeypatch.setattr(shrinking, "cut", lambda source, window: right(source, window).roll(1, -2))
    found = measure(Lambda(residual).double())
    assert (found.is_local, found.shrinks) == (True, False)


def test_a_plan_that_fails_when_run_is_logged_with_its_traceback(monkeypatch, caplog):
    monkeypatch.setattr(shrinking, "convolved", lambda *of: 1 / 0)
    found = measure(Lambda(residual).double())
    assert (found.is_local, found.shrinks) == (True, False)
    assert caplog.records[-1].levelname == "ERROR"
    assert caplog.records[-1].exc_info[0] is ZeroDivisionError


class Scaled(nn.Module):
    """A kernel of its own, no layer, and a number in a list."""

    def __init__(self):
        super().__init__()
        self.kernel, self.gains = nn.Parameter(KERNEL.float(), requires_grad=False), [2.0]

    def forward(self, a, b):
        return F.conv2d(a, self.kernel, padding=(1, 2)) * self.gains[0] + b


def test_a_network_without_a_copy_is_never_answered_with_an_old_number():
    """What a list holds is in no fingerprint, and a plan would keep the number that it was."""
    net, pair = Scaled(), random_pair((20, 21))
    before = jacobian(net, pair, (9, 7)).first
    assert locality(net).shrinks
    net.gains[0] = 3.0
    np.testing.assert_allclose(jacobian(net, pair, (9, 7)).first, 1.5 * before, rtol=1e-6)
    net.kernel.data.mul_(2)
    np.testing.assert_allclose(jacobian(net, pair, (9, 7)).first, 3 * before, rtol=1e-6)
