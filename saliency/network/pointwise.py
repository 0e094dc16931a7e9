"""Which of torch's functions treat every pixel alike, and the slopes of the most common in closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.network.kink import Kink
from saliency.network.plan import SlopeFunction
from saliency.network.saturating import FUNCTIONS, tanh, tanh_slope

POINTWISE = frozenset(
    {
        F.batch_norm,
        F.relu,
        F.leaky_relu,
        F.elu,
        F.gelu,
        F.silu,
        F.softplus,
        F.hardtanh,
        F.hardsigmoid,
        F.hardswish,
        F.logsigmoid,
        F.mish,
        F.prelu,
        F.relu6,
        F.selu,
        F.softsign,
        torch.square,
        torch.sin,
        torch.cos,
        torch.relu,
        torch.abs,
        torch.sign,
        torch.exp,
        torch.clamp,
        *FUNCTIONS,
    }
)
"""Functions of one map that treat every pixel alike; batch_norm because training mode was refused before."""
METHODS: Mapping[str, Callable[..., Tensor]] = MappingProxyType(
    {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "abs": torch.abs,
        "exp": torch.exp,
        "square": torch.square,
        "clamp": torch.clamp,
    }
)
"""The functions that some tensors' methods stand for."""
UNCHANGED = frozenset({F.dropout, F.dropout2d, F.dropout3d, F.alpha_dropout, F.feature_alpha_dropout})
"""Functions that do nothing in eval mode; training mode was refused before."""
PAIRED = frozenset({torch.mul, torch.div, torch.maximum, torch.minimum})
"""Functions of two maps that treat every pixel alike and are not linear."""


def slope_of(function: Callable[..., Tensor], options: Mapping[str, Any]) -> SlopeFunction | None:
    """The derivative of the most common functions in closed form; at a kink the slope below it, as in torch."""
    if function in (F.relu, torch.relu):
        return Kink()
    if FUNCTIONS.get(function) is tanh:
        return lambda given, _: tanh_slope(given)
    if function is F.leaky_relu and (below := options.get("negative_slope", 0.01)) > 0:
        return Kink(below)
    return None
