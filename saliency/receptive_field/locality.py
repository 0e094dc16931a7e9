"""How far a fused pixel sees: measured with NaN, checked against the full image.

The measurement proposes, the check decides. NaN shows what structurally depends on a pixel; an operation
that swallows NaN, a network that knows where it is, or a branch that hides a stride would mislead it. The
check then compares crops with the full image, values and gradients, in float64, and only a network that
passes counts as local. What no probe of bounded size and number can exclude: a network that looks further
the other content it is shown (sampling at predicted places), or one that jumps diagonally by more than the
probe's side and touches nothing in between. Such networks must not be trusted with crops.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from fusion.errors import InputError, NetworkSizeError
from fusion.method.carded_network import CardedNetwork
from fusion.method.pair_constants import HasPairConstants
from fusion.method.pair_summaries import HasPairSummaries
from saliency.geometry.window import Shape, Window, around, whole
from saliency.network.fingerprint import layers_of
from saliency.network.found_summaries import FoundSummaries, HeldSummaries, found_summaries
from saliency.network.network_look import UnchangedLayers
from saliency.network.pair_inputs import Fuse, constants_for, with_constants
from saliency.network.per_network import PerNetworkCache
from saliency.network.plan import Plan
from saliency.network.shrinking import run_on_window
from saliency.network.tracing import NoPlanError, plan_of
from saliency.receptive_field.global_layer import global_layer
from saliency.receptive_field.nan_probe import (
    LARGEST_STRIDE,
    CropRunner,
    UndefinedValueError,
    crops_agree,
    noise,
    odd_reach,
    probed,
    reach_and_stride,
)

logger = logging.getLogger(__name__)

SMALL = (32, 32)
"""Rows and columns of the picture that is fused twice."""
LARGEST_MULTIPLE = 64
"""Largest multiple of rows and columns, asked for by a card, whose crops are looked at."""
REASONS = {
    "global": "Each fused pixel of this network depends on the whole image{layer}, so full images are computed.",
    "summaries": "Each fused pixel of this network depends on the whole image{layer}, so full images are computed"
    ". It does so through {count} numbers alone: once guidance has found their derivatives for a pair, where "
    "memory allows, its Jacobians are quick.",
    "crop": "Crops do not give this network's full-image Jacobian (it depends on where a pixel lies, or on the "
    "image's size), so full images are computed.",
    "square": "Its card asks for square images, as no crop is, so full images are computed.",
    "multiple": "Its card pads images to a multiple that no crop is tried with, so full images are computed.",
    "failed": "How far this network sees could not be measured",
    "undefined": "How far this network sees could not be measured, for it fails where a value is undefined",
}
"""Why a network is not local, for the user; a failure's goes on with what the network said."""
CHANCE = (
    "This network's result depends on chance: the same pair, twice, gives two results. Make it deterministic "
    "(dropout that stays on in eval mode is one cause); a single draw must not pass for an exact map."
)


@dataclass(frozen=True)
class Locality:
    """Which inputs a fused pixel can depend on.

    Attributes
    ----------
    radius : int
        Fused pixel i depends on no input pixel further than ``radius`` rows or columns from i, whatever
        the phase of the stride. Means nothing where not ``is_local``.
    stride : int
        The network is equivariant to shifts by multiples of this.
    is_local : bool
        Whether a crop gives the full image's Jacobian; measured, then checked.
    reason : str
        Why not, in a sentence for the user; empty where ``is_local``.
    any_size : bool
        Whether crops are exact on images whose sides are no multiples of ``stride`` too. Resizing features
        "to the input's size" stretches the sampling grid there; such images are computed whole.
    shrinks : bool
        Whether a single pixel may be computed layer by layer on a shrinking window; see
        `saliency.network.shrinking`.
    held : Locality or None
        What holds once the numbers are given to which the network condenses a pair, where it is local then.
    """

    radius: int
    stride: int = 1
    is_local: bool = True
    reason: str = ""
    any_size: bool = True
    shrinks: bool = False
    held: Locality | None = None

    def crops(self, shape: Shape) -> bool:
        """Whether a crop of an image of ``shape`` can stand for the whole."""
        on_grid = shape[0] % self.stride == 0 and shape[1] % self.stride == 0
        return self.is_local and (self.any_size or on_grid)

    def window(self, area: Window, shape: Shape) -> Window:
        """The part of the inputs that has to be computed for the fused pixels of ``area``."""
        return around(area, self.radius, self.stride, shape) if self.crops(shape) else whole(shape)


def locality(network: nn.Module) -> Locality:
    """How far does a fused pixel of ``network`` see? Measured once per network, then remembered.

    Measured anew when a layer was replaced or a setting of one of torch's layers changed.

    Raises
    ------
    InputError
        The network is in training mode, where it has no fixed result.

    Examples
    --------
    >>> import fusion
    >>> found = locality(fusion.load("Weighted Averaging"))
    >>> found.radius, found.stride, found.is_local
    (0, 1, True)
    """
    _refuse_training(network)
    return _cache(network)


def remember(network: nn.Module, found: Locality) -> None:
    """Spare `locality` the measurement: ``found`` was measured before, on a network of the same weights.

    Raises
    ------
    InputError
        The network is in training mode.
    """
    _refuse_training(network)
    _cache.put(network, found)


def measure(network: nn.Module) -> Locality:
    """Measure a network's locality anew: probe with NaN, then compare crops with the full image.

    Raises
    ------
    InputError
        The network's result depends on chance, or is no fused image.
    """
    try:
        with torch.inference_mode(False):  # wherever the caller is, gradients are needed here
            probe = probed(network)
            _refuse_chance(probe)
            return _measured(probe)
    except Exception as error:  # a layer that takes no small size, or whatever else somebody's network raises
        if isinstance(error, InputError) and not isinstance(error, NetworkSizeError):
            raise
        logger.warning("The receptive field of %s could not be measured", type(network).__name__, exc_info=True)
        return Locality(0, is_local=False, reason=_why_unmeasured(error))


def _why_unmeasured(error: Exception) -> str:
    said = str(error).strip().split("\n")[0] or type(error).__name__
    is_undefined = isinstance(error, UndefinedValueError)
    return f"{REASONS['undefined' if is_undefined else 'failed']} ({said}), so full images are computed."


def _refuse_chance(probe: nn.Module) -> None:
    pictures = [noise(SMALL, seed) for seed in (1, 2)]
    constants = constants_for(probe, *pictures)
    with torch.no_grad():
        one, other = (with_constants(probe, constants, whole(SMALL))(*pictures) for _ in range(2))
    if not torch.allclose(one, other, rtol=1e-12, atol=1e-14, equal_nan=True):
        raise InputError(CHANCE)


def _measured(probe: nn.Module) -> Locality:
    """Quick for the common stride of 1; every phase of larger strides only where the check asks for it."""
    inner = probe.network if isinstance(probe, HeldSummaries) else probe
    carded = inner.network if isinstance(inner, FoundSummaries) else inner
    if isinstance(carded, CardedNetwork) and (carded.card.square or carded.card.multiple > 1):
        return _measured_padded(probe, carded.card.multiple, square=carded.card.square)
    quick = reach_and_stride(probe, phases=4)
    if quick is None:
        return _beside_summaries(probe)
    if quick.stride == 1 and crops_agree(probe, quick.radius, stride=1):
        return Locality(quick.radius, shrinks=_shrinks(probe, quick.radius))
    return _measured_at_every_phase(probe)


def _beside_summaries(probe: nn.Module) -> Locality:
    """Of a network that sees the whole image: perhaps by a few numbers found of it, and is local but for these."""
    everything = Locality(0, is_local=False, reason=_why_global(probe))
    if isinstance(probe, HasPairConstants):  # whose constants stand for all that is held
        return everything
    by = probe if isinstance(probe, HasPairSummaries) else found_summaries(probe)
    if by is None:
        return everything
    try:
        held = _measured(HeldSummaries(by))
    except Exception:  # whatever somebody's network does once it is given the numbers
        logger.info("What %s is beside its summaries could not be measured", type(probe).__name__, exc_info=True)
        return everything
    reason = _why_global(probe, "summaries", by.summary_count)
    return replace(everything, reason=reason, held=held) if held.is_local else everything


def _why_global(probe: nn.Module, reason: str = "global", count: int = 0) -> str:
    """That it depends on the whole image, and through which layer."""
    try:
        found = global_layer(probe)
    except Exception:  # whatever a layer does that is watched: only the name is missing
        logger.info("No layer was found through which a network sees everything", exc_info=True)
        found = ""
    return REASONS[reason].format(layer=f", through {found}" if found else "", count=count)


def _shrinks(probe: nn.Module, radius: int) -> bool:
    """Whether its plan, run on a shrinking window, gives the full image's values and gradients."""
    if radius == 0:
        return False
    name = type(probe).__name__
    try:
        plan = plan_of(probe)
    except NoPlanError as reason:
        logger.info("No shrinking window for %s: %s", name, reason)
        logger.debug("Tracing %s failed", name, exc_info=True)
        return False
    try:
        return crops_agree(probe, radius, stride=1, run=_on_window(plan))
    except Exception:  # whatever a step does on a small window: the network is computed on whole crops
        logger.exception("%s could not be run on a shrinking window", name)
        return False


def _on_window(plan: Plan) -> CropRunner:
    def run(_: Fuse, crops: Sequence[Tensor], area: Window, shape: Shape) -> tuple[Tensor, Window]:
        return run_on_window(plan, crops, area, shape)

    return run


def _measured_at_every_phase(probe: nn.Module) -> Locality:
    found = reach_and_stride(probe, phases=2 * LARGEST_STRIDE)
    if found is None:
        return _beside_summaries(probe)
    # A branch of wider reach can hide the stride of another, so multiples are tried as well.
    for stride in (found.stride * factor for factor in range(1, LARGEST_STRIDE // found.stride + 1)):
        if crops_agree(probe, found.radius, stride):
            return _with_odd_sizes(probe, found.radius, stride)
    return Locality(found.radius, is_local=False, reason=REASONS["crop"])


def _measured_padded(probe: nn.Module, multiple: int, *, square: bool) -> Locality:
    """Of a network whose images are padded: crops that begin on its multiples are padded as the full image is.

    Any others are padded by another number of rows and columns, which a pixel near the end can tell.
    """
    if square or multiple > LARGEST_MULTIPLE:
        return Locality(0, is_local=False, reason=REASONS["square" if square else "multiple"])
    found = reach_and_stride(probe, phases=2 * max(LARGEST_STRIDE, multiple))
    if found is None:
        return _beside_summaries(probe)
    for stride in dict.fromkeys((multiple, math.lcm(multiple, found.stride))):
        if crops_agree(probe, found.radius, stride):
            # The network itself only meets sizes that fit; what differs is how many rows and columns are padded.
            extras = {1, multiple // 2, multiple - 1}
            any_size = all(crops_agree(probe, found.radius, stride, extra) for extra in extras)
            return Locality(found.radius, stride, any_size=any_size)
    return Locality(found.radius, is_local=False, reason=REASONS["crop"])


def _with_odd_sizes(probe: nn.Module, radius: int, stride: int) -> Locality:
    """What else holds on images that do not fit the stride: a wider reach, perhaps no crops."""
    try:
        widest = max([radius, *(odd_reach(probe, radius, stride, extra) for extra in range(1, stride))])
        any_size = all(crops_agree(probe, widest, stride, extra) for extra in range(1, stride))
    except (RuntimeError, ValueError):  # the network takes no such sizes, so none will come
        logger.debug("%s takes no sizes off its grid", type(probe).__name__, exc_info=True)
        return Locality(radius, stride, any_size=False)
    return Locality(widest, stride, any_size=any_size)


def _refuse_training(network: nn.Module) -> None:
    # Checked at every call: a network measured in eval mode may have been switched since.
    changing = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)
    if any(part.training for part in layers_of(network) if isinstance(part, changing)):
        raise InputError(
            "The network is in training mode, where its result depends on chance or on the batch; "
            "call network.eval() first."
        )


_cache = PerNetworkCache(lambda network: measure(network), UnchangedLayers)
