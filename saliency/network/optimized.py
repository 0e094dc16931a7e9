"""The same network, arranged to be computed faster: BatchNorm folded into the convolutions, channels last.

In eval mode BatchNorm is a fixed scale and shift of each channel, which the convolution before it can do
itself (Jacob et al. 2018, Eq. 14); the results are equal up to float32 rounding. On CPUs, convolutions of
channels-last features are faster. Together they save 15 to 30 % of a Jacobian or a guidance pass. Layers that
saturate get slopes that stay exact there (`saliency.network.saturating`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from saliency.geometry.window import whole
from saliency.network.blockwise import agrees
from saliency.network.device import fastest_layout, keep_float32
from saliency.network.grid_derivatives import GridDerivatives
from saliency.network.network_copy import copied
from saliency.network.network_look import Unchanged
from saliency.network.pair_inputs import constants_for, with_constants
from saliency.network.per_network import PerNetworkCache
from saliency.network.plain_derivatives import PlainDerivatives
from saliency.network.plan import Plan
from saliency.network.saturating import LAYERS
from saliency.network.tracing import NoPlanError, plan_of

logger = logging.getLogger(__name__)

TOLERANCE = 1e-4
"""Largest difference from the network itself, relative to its largest value; rounding makes about 1e-6."""
TOLERANCE_FLOAT64 = 1e-9
"""The same in float64, where rounding makes about 1e-14."""
TIMES = 4
"""How many times the network's own rounding error a copy's may be: both are chance."""
DRAWS = 3
"""Pictures of a kind that are looked at in float32, at most."""
SIDE = 32
"""Rows and columns of the pictures that show it."""


def optimized(network: nn.Module) -> nn.Module:
    """Which network gives ``network``'s results fastest? A rearranged copy, or else the network itself.

    Made once per network and anew when it changes, as far as `saliency.network.fingerprint` sees; ``network`` is
    left as it is.

    Examples
    --------
    >>> import fusion
    >>> net = fusion.load("Weighted Averaging")
    >>> optimized(net) is net  # nothing to rearrange
    True
    """
    faster = _cache(network).faster
    return network if faster is None else faster


def optimized_plan(network: nn.Module) -> Plan | None:
    """The steps of the optimized network, where they are all known and give what autograd gives; else None.

    Remembered, and written anew when the network changes, as `optimized` is.

    Examples
    --------
    >>> import fusion
    >>> net = fusion.load("MaskNet")
    >>> optimized_plan(net).radius
    8
    """
    return _cache(network).plan


def grid_derivatives(network: nn.Module) -> GridDerivatives | None:
    """What is kept of the derivative at a network's pairs; None where it has no optimized copy.

    Remembered, and begun anew when the network changes, as `optimized` is.

    Examples
    --------
    >>> import fusion
    >>> at = grid_derivatives(fusion.load("CAMF")).at(fusion.phantom(seed=7, size=64))
    >>> tuple(at.fused.shape)
    (1, 1, 64, 64)
    """
    return _cache(network).grids


def exact_copy(network: nn.Module) -> ExactCopy | None:
    """The optimized network in float64, for what float32 cannot tell; None where there is no optimized copy.

    Remembered, and made anew when the network changes, as `optimized` is. None, too, of one that is not float32.

    Examples
    --------
    >>> import fusion
    >>> found = exact_copy(fusion.load("MaskNet"))
    >>> next(found.network.parameters()).dtype, found.plan.radius
    (torch.float64, 8)
    """
    return _cache(network).exact


def shrinking_plan(network: nn.Module) -> Plan | None:
    """The steps to run on a shrinking window (`saliency.network.shrinking`); None where not all are known.

    Those of the optimized copy where there is one. A network that is computed as it is, is traced at every call:
    it may read what no fingerprint covers, such as a number in a list.
    """
    found = _cache(network)
    if found.faster is not None:
        return found.plan
    try:
        return plan_of(network)
    except NoPlanError:
        logger.debug("%s has no plan", type(network).__name__, exc_info=True)
        return None


def optimized_copy(network: nn.Module) -> nn.Module | None:
    """Rearrange a copy; None where there is nothing to gain or the copy does not do the same."""
    if not any(isinstance(part, nn.Conv2d) for part in network.modules()):
        return None
    keep_float32(network)
    with torch.inference_mode(False):
        try:
            # Compared is a copy of the network, which may note things as it runs and so seem changed.
            faster, untouched = (copied(network).requires_grad_(False) for _ in range(2))
        except RuntimeError:  # it holds what torch does not copy, such as a list of maps with their graph
            logger.debug("%s cannot be copied", type(network).__name__, exc_info=True)
            return None
        return _rearranged(faster) if _does_the_same(untouched) else None


def _rearranged(network: nn.Module) -> nn.Module:
    """The network itself, changed."""
    for part in list(network.modules()):
        if isinstance(part, nn.Sequential):
            _fold(part)
        _keep_slopes(part)
    network.to(memory_format=fastest_layout(network))  # type: ignore[call-overload]  # missing in its stubs
    return network


def _keep_slopes(part: nn.Module) -> None:
    """Let what saturates have slopes that stay exact there."""
    for name, layer in part.named_children():
        if exact := LAYERS.get(type(layer)):
            part._modules[name] = exact()


def _fold(layers: nn.Sequential) -> None:
    """Let each convolution do the work of the BatchNorm right after it."""
    for (place, conv), (next_place, norm) in pairwise(list(layers.named_children())):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d) and norm.track_running_stats:
            layers._modules[place] = fuse_conv_bn_eval(conv, norm)
            layers._modules[next_place] = nn.Identity()


def _does_the_same(network: nn.Module) -> bool:
    """Whether a rearranged copy gives the same values and gradients, in the network's own type and in float64.

    Folding would be wrong in a network that also calls its layers singly; and torch itself has layers that are
    right in one memory layout and not in the other (InstanceNorm, pytorch #72341). Both are seen on noise or on a
    picture with edges and a black ground, where other branches of an activation are taken.
    """
    name = type(network).__name__
    for part in list(network.modules()):
        _keep_slopes(part)  # or the copy would seem wrong where it alone is right
    # Copied before anything runs: a network may keep what it made, with its graph, which torch cannot copy.
    # Folded in float64 anew, or the folded weights' rounding would show.
    other, exact, other_exact = (copied(network) for _ in range(3))
    try:
        with torch.enable_grad():
            exact = exact.double()
            is_same = _agree(network, _rearranged(other), exact, TOLERANCE, DRAWS)
            is_same = is_same and _agree(exact, _rearranged(other_exact.double()), exact, TOLERANCE_FLOAT64, 1)
    except (RuntimeError, ValueError):  # the network takes no such size, so it stays as it is
        logger.debug("%s takes no pictures of %d × %d", name, SIDE, SIDE, exc_info=True)
        return False
    if not is_same:
        logger.info("No rearranged copy of %s: its values or gradients would be others", name)
    return is_same


def _agree(network: nn.Module, faster: nn.Module, exact: nn.Module, tolerance: float, draws: int) -> bool:
    """Whether both give the same on noise and on a picture, in the type they are of.

    In float32 rounding alone can move a value across an activation's kink; then another draw decides. What differs
    by more than ``tolerance`` may be no further from ``exact`` than `TIMES` what the network itself is.
    """
    return all(
        any(_agree_on(network, faster, exact, pictures(draw), tolerance) for draw in range(draws))
        for pictures in (_noise, _disk)
    )


def _agree_on(
    network: nn.Module, faster: nn.Module, exact: nn.Module, pictures: Sequence[Tensor], tolerance: float
) -> bool:
    expected, found = (_values_and_gradients(each, pictures) for each in (network, faster))
    if all(map(partial(_is_close, tolerance=tolerance), found, expected)):
        return True
    if network is exact:
        return False
    truth = _values_and_gradients(exact, pictures)
    return all(_is_as_close(*three) for three in zip(found, expected, truth, strict=True))


def _values_and_gradients(network: nn.Module, pictures: Sequence[Tensor]) -> list[Tensor]:
    """The fused image, and for both inputs the gradient of its sum with random weights."""
    weight = next(network.parameters())
    leaves = [each.to(weight.device, weight.dtype, copy=True).requires_grad_() for each in pictures]
    constants = constants_for(network, *(each.detach() for each in leaves))
    fused = with_constants(network, constants, whole((SIDE, SIDE)))(*leaves)
    weights = torch.rand(fused.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    gradients = torch.autograd.grad((fused * weights.to(fused)).sum(), leaves, materialize_grads=True)
    return [fused.detach(), *gradients]


def _is_close(found: Tensor, expected: Tensor, tolerance: float) -> bool:
    return bool((found - expected).abs().max() <= tolerance * expected.abs().max())


def _is_as_close(found: Tensor, own: Tensor, truth: Tensor) -> bool:
    """Whether the copy's rounding is no worse than the network's own."""
    return bool((found - truth).abs().max() <= TIMES * (own - truth).abs().max())


def _noise(draw: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1 + draw)
    return [torch.rand(1, 1, SIDE, SIDE, generator=generator, dtype=torch.float64) for _ in range(2)]


def _disk(draw: int) -> list[Tensor]:
    """Two pictures of one round thing on black, shaded one way and the other; in further draws with grain."""
    rows, cols = torch.meshgrid(*[torch.linspace(-1, 1, SIDE, dtype=torch.float64)] * 2, indexing="ij")
    inside = (rows**2 + cols**2 < 0.5).double()
    grain = [0.01 * min(draw, 1) * each for each in _noise(draw)]
    return [
        (inside * (0.5 + 0.4 * ramp))[None, None] + each for ramp, each in zip((rows, -cols), grain, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class ExactCopy:
    """A rearranged copy in float64, and its steps where they are all known."""

    network: nn.Module
    plan: Plan | None


@dataclass(frozen=True, eq=False)
class _Optimized:
    """What was found; no part keeps the network itself alive."""

    faster: nn.Module | None = None
    plan: Plan | None = None
    grids: GridDerivatives | None = None
    exact: ExactCopy | None = None


def _optimized(network: nn.Module) -> _Optimized:
    faster = optimized_copy(network)
    if faster is None:
        return _Optimized()
    plan = checked_plan(faster)
    exact = _exact_copy(network, has_plan=plan is not None)
    return _Optimized(faster, plan, _derivatives(faster, plan, exact), exact)


def _derivatives(faster: nn.Module, plan: Plan | None, exact: ExactCopy | None) -> GridDerivatives:
    """What is kept for pairs: along the plan where it is known for every size."""
    if plan is None:
        return GridDerivatives(faster, None if exact is None else exact.network)
    if exact is None or exact.plan is None:
        return PlainDerivatives(faster, plan, faster, plan)
    return PlainDerivatives(faster, plan, exact.network, exact.plan)


def _exact_copy(network: nn.Module, *, has_plan: bool) -> ExactCopy | None:
    if next(network.parameters()).dtype != torch.float32:
        return None
    with torch.inference_mode(False):
        exact = _rearranged(copied(network).double().requires_grad_(False))
        return ExactCopy(exact, plan_of(exact) if has_plan else None)


def checked_plan(network: nn.Module) -> Plan | None:
    """The plan of ``network``, if it has one that gives the same gradients in float64; else None."""
    name = type(network).__name__
    try:
        with torch.inference_mode(False):
            exact = copied(network).double()
            plan, agreeing = plan_of(network), agrees(plan_of(exact), exact)
    except (NoPlanError, RuntimeError, ValueError) as reason:  # other steps, or no picture of the size tried
        logger.info("No plan of %s: %s", name, reason)
        logger.debug("Tracing or checking %s failed", name, exc_info=True)
        return None
    if not agreeing:
        logger.info("No plan of %s: its gradients are not what its steps say", name)
    return plan if agreeing else None


_cache = PerNetworkCache(_optimized, Unchanged)
