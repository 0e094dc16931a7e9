"""Which layer makes a fused pixel depend on the whole image? So that whoever wrote the network finds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from fusion.method.carded_network import CardedNetwork
from saliency.geometry.window import whole
from saliency.network.pair_inputs import constants_for, with_constants
from saliency.receptive_field.nan_probe import Probe, noise

SIDE = 96
"""Rows and columns of the picture in which one pixel is NaN."""


def global_layer(probe: Probe) -> str:
    """The innermost module that spreads a single pixel over everything it gives, as ``name (Class)``.

    Empty where none does, or where the network itself is the innermost: what it does outside of its modules.

    Parameters
    ----------
    probe : Module
        In float64, as `saliency.receptive_field.nan_probe.probed` makes it.

    Examples
    --------
    >>> import fusion
    >>> global_layer(fusion.load("Weighted Averaging").double())
    ''
    """
    shape = (SIDE, SIDE)
    images = [noise(shape, seed) for seed in (1, 2)]
    fuse = with_constants(probe, constants_for(probe, *images), whole(shape))
    for image in images:
        image[..., SIDE // 2, SIDE // 2] = torch.nan
    with _watched(probe) as found, torch.no_grad():
        fuse(*images)
    return found[0] if found else ""


@contextmanager
def _watched(probe: Probe) -> Iterator[list[str]]:
    """The modules that spread NaN, in the order in which they are done."""
    found: list[str] = []

    def watch(name: str) -> Any:  # noqa: ANN401  # a hook
        def seen(part: nn.Module, inputs: tuple[object, ...], output: object) -> None:
            given, made = list(_tensors(inputs)), list(_tensors(output))
            if name and given and made and _share(given) < 0.5 and _share(made) == 1:
                found.append(f"{name} ({type(part).__name__})")

        return seen

    own = probe.network if isinstance(probe, CardedNetwork) else probe
    hooks = [part.register_forward_hook(watch(name)) for name, part in own.named_modules()]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _tensors(values: object) -> Iterator[Tensor]:
    """What a module is given or gives, its tuples and lists taken apart."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, tuple | list):
        for each in values:
            yield from _tensors(each)


def _share(values: Sequence[Tensor]) -> float:
    """The largest part of a tensor's places at which a channel is NaN."""
    places = (each.isnan().any(dim=1) if each.dim() == 4 else each.isnan() for each in values)
    return max(float(each.double().mean()) for each in places)
