"""Networks that have no map to show: each is refused in a sentence, or says truly why it is slow."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import fusion
import saliency
from fusion.errors import InputError
from saliency.receptive_field.locality import CHANCE, measure
from tests.support.networks import Lambda, frozen, random_pair


class Returns(nn.Module):
    """A convolution, and whatever is made of its result."""

    def __init__(self, make, channels=1):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.make = nn.Conv2d(2, channels, 3, padding=1), make

    def forward(self, first, second):
        return self.make(self.conv(torch.cat((first, second), 1)))


WRONG = {
    "2 things (Tensor, Tensor)": Returns(lambda y: (y, y)),
    "a dictionary with 'fused', 'mask'": Returns(lambda y: {"fused": y, "mask": y}),
    "a tensor (1, 3, 20, 23)": Returns(lambda y: y, channels=3),
    "a tensor (1, 1, 40, 46)": Returns(lambda y: F.interpolate(y, scale_factor=2.0)),
    "a tensor (1, 20, 23)": Returns(lambda y: y[:, 0]),
    "a NoneType": Returns(lambda y: None),
}


@pytest.mark.parametrize("came", WRONG)
@pytest.mark.parametrize("ask", [fusion.fuse, saliency.fused_image, saliency.guidance])
def test_what_is_no_fused_image_is_refused_and_named(came, ask):
    shown = came if ask is fusion.fuse else came.partition(" (1")[0]  # its size is that of the probe elsewhere
    with pytest.raises(InputError) as refusal:
        ask(frozen(WRONG[came]), random_pair((20, 23)))
    assert "has to return one fused image" in str(refusal.value)
    assert f"this one returns {shown}" in str(refusal.value)


def test_a_result_that_depends_on_chance_is_refused():
    net = frozen(Returns(lambda y: F.dropout(y, 0.3)))
    with pytest.raises(InputError, match="depends on chance"):
        saliency.jacobian(net, random_pair((20, 23)), (3, 4))
    assert "dropout" in CHANCE


def test_a_network_that_cannot_be_measured_says_why_and_is_computed_whole(caplog):
    def halved(first, second):
        low = F.max_pool2d(first + second, 16)
        return F.interpolate(low, scale_factor=16.0) + 0.5 * first

    found = measure(Lambda(halved))
    assert not found.is_local
    assert "could not be measured (" in found.reason
    assert "small images" not in found.reason
    assert "Traceback" in caplog.text


def test_an_error_of_any_kind_inside_a_network_is_its_reason(caplog):
    class PictureNeededError(Exception):
        """What somebody's own code may raise."""

    def broken(first, second):
        if first.shape[-1] < 500:
            raise PictureNeededError("larger pictures, please")
        return first + second

    assert "(larger pictures, please)" in measure(Lambda(broken)).reason


def test_a_network_that_takes_no_undefined_value_says_so_and_is_computed_whole():
    def by_its_mean(first, second):
        return first.roll(int(20 * first.mean()) % 3, -1) + second

    found = measure(Lambda(by_its_mean))
    assert not found.is_local
    assert "it fails where a value is undefined (cannot convert float NaN to integer)" in found.reason
