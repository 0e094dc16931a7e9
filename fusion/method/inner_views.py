"""What a network shows of its own reasoning: pictures from inside it, each with a weight, in a reader's words.

A network that has something to show offers one method, ``inside(first, second) -> tuple[InnerView, ...]``; whoever
shows it (the Networks page) asks `views` and knows no network by name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors


@dataclass(frozen=True, eq=False)
class InnerView:
    """A set of pictures from inside a network that belong together, such as all feature maps of one input.

    Attributes
    ----------
    title : str
        What is shown, e.g. ``"Feature maps of the first image"``.
    meaning : str
        What a reader can learn from it, in whole sentences without formulas.
    images : float32 (K, h, w)
        In the order they are to be listed. A picture coarser than the inputs covers the same field of view.
    labels : tuple of K str
        What each picture is called, e.g. ``"channel 17"``.
    weights : tuple of K float, or empty
        A number that belongs to each picture; empty where there is none.
    weight_name : str
        What that number is, e.g. ``"class activation weight"``; empty where there is none.
    signed : bool
        Whether the pictures' values lie on both sides of a meaningful 0.
    common_scale : bool
        Whether the pictures are to be shown on one scale, because their values can be compared.
    numbers : tuple of K str, or empty
        What the pictures are called instead where ``labels`` name regions that the pair does not have labelled;
        empty where the labels hold for every pair.

    Raises
    ------
    ValueError
        The counts do not match: a mistake in the network that made the view.
    """

    title: str
    meaning: str
    images: NDArray[np.float32]
    labels: tuple[str, ...]
    weights: tuple[float, ...] = ()
    weight_name: str = ""
    signed: bool = False
    common_scale: bool = False
    numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.images.ndim != 3 or len(self.images) != count or len(self.weights) not in (0, count):
            raise ValueError(
                f"{self.title}: {self.images.shape} images, {count} labels and {len(self.weights)} weights."
            )
        if len(self.numbers) not in (0, count):
            raise ValueError(f"{self.title}: {len(self.numbers)} numbers and {count} labels.")
        if bool(self.weights) != bool(self.weight_name):
            raise ValueError(f"{self.title}: weights need a name, and a name needs weights.")

    def for_regions(self, names: Collection[str]) -> InnerView:
        """The same for a pair with labelled regions of these names: none names tissue that nobody labelled.

        Examples
        --------
        >>> image = np.zeros((1, 2, 2), np.float32)
        >>> view = InnerView("Classes", "", image, ("necrotic core",), numbers=("class 5",))
        >>> view.for_regions(["necrotic core", "rim"]).labels, view.for_regions([]).labels
        (('necrotic core',), ('class 5',))
        """
        if not self.numbers or set(self.labels) & set(names):
            return self
        return replace(self, labels=self.numbers, numbers=())


@runtime_checkable
class Transparent(Protocol):
    """A fusion network that can show its inside."""

    def inside(self, first: Tensor, second: Tensor) -> tuple[InnerView, ...]:
        """Show what led to the fused image of one pair, (1, 1, H, W) each, in [0, 1]."""


def views(network: nn.Module, pair: ImagePair) -> tuple[InnerView, ...]:
    """What can ``network`` show of how it fuses ``pair``? Empty where it offers nothing.

    Examples
    --------
    >>> from fusion import load, phantom
    >>> views(load("Weighted Averaging"), phantom(0))
    ()
    """
    if not isinstance(network, Transparent):
        return ()
    with torch.no_grad():  # not inference_mode: what a network keeps must serve gradients later
        return network.inside(*as_tensors(network, pair))


def pictures(maps: Tensor) -> NDArray[np.float32]:
    """The maps of one image, (K, h, w) or (1, K, h, w), as a view's ``images``."""
    return maps.detach().reshape(-1, *maps.shape[-2:]).float().cpu().numpy()
