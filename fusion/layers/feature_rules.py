"""Hand-made rules that merge two sets of deep features: what CAMF's learned rule is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor

from fusion.method.rules import Rule


def addition(first: Tensor, second: Tensor) -> Tensor:
    """Both features summed, (N, C, h, w); DenseFuse's first strategy (Li & Wu 2019, Eq. 5).

    Examples
    --------
    >>> addition(torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 2)).flatten().tolist()
    [2.0, 2.0]
    """
    return first + second


def mean(first: Tensor, second: Tensor) -> Tensor:
    """Half of each feature, (N, C, h, w).

    Examples
    --------
    >>> mean(torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, 2)).flatten().tolist()
    [0.5, 0.5]
    """
    return (first + second) / 2


def maximum(first: Tensor, second: Tensor) -> Tensor:
    """The stronger of the two, channel by channel and place by place, (N, C, h, w).

    Examples
    --------
    >>> maximum(torch.tensor([[[[1.0, 3.0]]]]), torch.full((1, 1, 1, 2), 2.0)).flatten().tolist()
    [2.0, 3.0]
    """
    return torch.maximum(first, second)


def l1_norm(first: Tensor, second: Tensor) -> Tensor:
    """Features weighed by how active each image is at a place, (N, C, h, w).

    Activity is the sum of all channels' magnitudes, averaged over 3 × 3 places; its share of both images'
    activity is the weight, one for all channels (Li & Wu 2019, Eqs. 6–8). Where neither is active, ½ each.

    Examples
    --------
    >>> quiet, busy = torch.ones(1, 2, 3, 3), torch.full((1, 2, 3, 3), 3.0)
    >>> l1_norm(quiet, busy)[0, 0, 1].tolist()  # (1·1 + 3·3) / (1 + 3)
    [2.5, 2.5, 2.5]
    """
    activity_first, activity_second = (
        F.avg_pool2d(features.abs().sum(dim=1, keepdim=True), 3, stride=1, padding=1, count_include_pad=False)
        for features in (first, second)
    )
    total = activity_first + activity_second
    both_quiet = total == 0
    # Dividing by 1 in the branch that is not taken keeps its gradient finite.
    divisor = torch.where(both_quiet, torch.ones_like(total), total)
    share = torch.where(both_quiet, torch.full_like(total, 0.5), activity_first / divisor)
    return share * first + (1 - share) * second


FEATURE_RULES: Mapping[str, Rule] = MappingProxyType(
    {"mean": mean, "addition": addition, "maximum": maximum, "ℓ1-norm": l1_norm}
)
"""Every hand-made rule by the name a person chooses it by."""
