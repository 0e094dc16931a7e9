"""What the saliency tests share: networks with random weights, random pairs, small hand-made networks."""

import copy
from functools import cache
from inspect import signature
from types import FunctionType

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import fusion
from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.receptive_field.locality import Locality, locality, remember

METHODS = [
    name
    for name, method in fusion.methods().items()
    if any(isinstance(value, FunctionType) for value in vars(method.build).values())
]
"""Every method that computes something of its own; one that differs in its weights alone needs no second proof."""
FEW = 16
"""Channels of a network whose number of them can be chosen."""
DOUBLES, KEPT = set(), {}
"""Registered networks in float64, and references found for them."""
RADII = {"FunFuseAn": 11, "MaskNet": 8, "DeepFuse": 12, "DeepPedestrian": 17}
KNOWN = {"CAMF": Locality(34, stride=4), "UAAFusion (frozen weights)": Locality(25)}
"""Where measuring takes seconds it is done once, by the test that holds these."""


@cache
def network(name):
    """The method with random weights and BatchNorm statistics that are not 0 and 1; do not change it."""
    torch.manual_seed(11)
    net = narrow(fusion.methods()[name].build).eval().requires_grad_(False)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):  # keeps the signal's size through seventeen layers
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.3, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    if name in KNOWN:
        remember(net, KNOWN[name])
    return net


def narrow(build):
    """A network of few channels, where their number can be chosen: the same layers for a part of the work."""
    return build(channels=FEW) if "channels" in signature(build).parameters else build()


def frozen(net):
    """A network of a test's own, ready to be asked."""
    return net.eval().requires_grad_(False)


@cache
def in_double(name):
    """The same network in float64; do not change it. Its reach is measured once for both."""
    net = copy.deepcopy(network(name)).double()
    remember(net, locality(network(name)))
    DOUBLES.add(net)
    return net


def random_pair(shape, seed=0):
    rng = np.random.default_rng(seed)
    return ImagePair(*rng.random((2, *shape), dtype=np.float32), title="random")


def special_pixels(shape):
    """Corners, borders and inner pixels."""
    height, width = shape
    places = {(0, 0), (height - 1, 0), (height - 1, width - 1), (0, width // 2), (height // 2, width - 1)}
    return sorted(places | {(height // 2, width // 2), (height // 3, width // 4)})


def no_larger_than_needed(name, shape):
    """The shape itself, which windows fit into; a network that sees the whole image has no window."""
    return (
        shape
        if locality(network(name)).is_local
        else tuple(min(*each) for each in zip(shape, (17, 16), strict=True))
    )


def telling_pixels(name, shape):
    """Special pixels; of a network that sees the whole image, which treats all alike, every second one."""
    return special_pixels(shape)[:: 1 if locality(network(name)).is_local else 2]


def stacked(images):
    return np.stack(images).astype(np.float64)


def reference(net, pair, pixel):
    """Both Jacobian images, (2, H, W), by full-image autograd on whatever type ``net`` has."""
    return kept(("row", pixel), net, pair, lambda: stacked(full_image_jacobian(net, pair, pixel).full()))


def dense(net, pair):
    """Every row of the Jacobian, float64 (H, W, 2, H, W), by torch's own dense autograd."""
    return kept("dense", net, pair, lambda: by_dense_autograd(net, pair))


def kept(what, net, pair, compute):
    """What ``compute`` gives, computed once for a registered network in float64, which no test changes."""
    if net not in DOUBLES:
        return compute()
    key = what, id(net), pair.content_hash
    if key not in KEPT:
        KEPT[key] = compute()
    return KEPT[key].copy()


def by_dense_autograd(net, pair):
    height, width = pair.shape
    inputs = tuple(torch.tensor(x).double()[None, None] for x in (pair.first, pair.second))
    both = torch.autograd.functional.jacobian(lambda a, b: net(a, b)[0, 0], inputs)
    return torch.stack(both, dim=2).reshape(height, width, 2, height, width).numpy()


def diagonal(rows):
    """Guidance out of a dense Jacobian, (2, H, W)."""
    return np.einsum("ijkij->kij", rows)


class Lambda(nn.Module):
    """A network out of a function, with a weight so that it has a type and can be counted."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.one = nn.Parameter(torch.ones(()))
        self.calls = []

    def forward(self, first, second):
        self.calls.append(tuple(first.shape))
        return self.function(first, second) * self.one


class Strided(nn.Module):
    """Convolution of stride s, then bilinear back: to the input's size, or by s and cut to size."""

    def __init__(self, stride, *, to_size, kernel=3, wide=None):
        super().__init__()
        torch.manual_seed(5)
        self.stride, self.to_size = stride, to_size
        self.down = nn.Conv2d(2, 6, kernel, stride=stride, padding=kernel // 2)
        self.mix = nn.Conv2d(6, 1, 3, padding=1)
        self.wide = nn.Conv2d(2, 1, wide, padding=wide // 2) if wide else None

    def forward(self, first, second):
        both = torch.cat((first, second), 1)
        size = both.shape[-2:]
        low = self.mix(torch.tanh(self.down(both)))
        if self.to_size:
            fused = F.interpolate(low, size=size, mode="bilinear", align_corners=False)
        else:
            fused = F.interpolate(low, scale_factor=self.stride, mode="bilinear", align_corners=False)
            fused = fused[..., : size[0], : size[1]]
        return fused if self.wide is None else fused + self.wide(both)


def minus_mean(first, second):
    """A global network: each output depends on every pixel of the first input, in a way that nobody sees."""
    return first * second - first.flatten(2).mean(-1)[..., None, None]


FIRST, SECOND = 2 * 3 * 3 * 3, 3 * 5 * 5
"""Multiplications of the layers of `TwoLayers` for each pixel that they make."""


class TwoLayers(nn.Module):
    """2 → 3 channels by 3×3, 3 → 1 by 5×5: a radius of 1 + 2 pixels."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Tanh(), nn.Conv2d(3, 1, 5, padding=2))

    def forward(self, first, second):
        return self.layers(torch.cat([first, second], dim=1))


def central_difference(net, inputs, at, pixel, step=1e-7):
    """In float64 the rounding is about 1e-16 / step; so small a step crosses no kink but by rare chance."""
    values = []
    for sign in (1, -1):
        moved = inputs.clone()
        moved[at] += sign * step
        with torch.no_grad():
            values.append(float(net(*moved)[0, 0, pixel[0], pixel[1]]))
    return (values[0] - values[1]) / (2 * step)
