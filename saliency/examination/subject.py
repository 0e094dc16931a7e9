"""The network that is examined, and the pictures on which it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.carded_network import CardedNetwork
from fusion.method.inference import as_tensors
from fusion.synthetic.phantom import phantom
from saliency.geometry.window import Shape

SIDES = (64, 128, 256)
"""Of the square pictures that are tried, the first that the network takes is used."""
SEED = 5


@dataclass(frozen=True, eq=False)
class Subject:
    """A network under examination.

    Attributes
    ----------
    network : Module
        In eval mode, its weights frozen.
    weights : str
        SHA-256 of its weights; empty where it has none.
    """

    network: nn.Module
    weights: str = ""

    @cached_property
    def picture(self) -> ImagePair:
        """A square phantom, black around the head, as small as the network takes.

        Raises
        ------
        InputError
            It takes none.
        """
        refused: InputError | None = None
        for side in SIDES:
            try:
                self.fused(pair := picture((side, side)))
            except InputError as error:
                refused = refused or error
            else:
                return pair
        assert refused is not None
        raise refused

    def inputs(self, pair: ImagePair) -> tuple[Tensor, Tensor]:
        """Copies of both images, (1, 1, H, W), which the network may alter."""
        return as_tensors(self.network, pair)

    def fused(self, pair: ImagePair) -> Tensor:
        """What the network makes of a pair, without gradients.

        Raises
        ------
        InputError
            The network fails on it, or gives no fused image.
        """
        with torch.no_grad():
            return self.made_of(*self.inputs(pair))

    def made_of(self, first: Tensor, second: Tensor) -> Tensor:
        """The network's result, (N, 1, H, W); InputError where it is something else."""
        shape = first.shape  # a network that works in place may change that, too
        fused: Tensor = self.network(first, second)
        if fused.shape != shape:
            raise InputError(f"It gives a tensor of shape {tuple(fused.shape)} for inputs of {tuple(shape)}.")
        return fused

    @property
    def multiple(self) -> int:
        """Of what rows and columns are padded to, as the network's card says; 1 without."""
        return self.network.card.multiple if isinstance(self.network, CardedNetwork) else 1


def picture(shape: Shape) -> ImagePair:
    """The top left part of a phantom, (H, W)."""
    rows, cols = shape
    drawn = phantom(SEED, size=max(rows, cols, SIDES[0]))
    return ImagePair(drawn.first[:rows, :cols], drawn.second[:rows, :cols], drawn.title, drawn.names)


def percent(part: float) -> str:
    """A part of 1 as a reader reads it.

    Examples
    --------
    >>> percent(0.25), percent(0.0000123), percent(1.0)
    ('25 %', '0.0012 %', '100 %')
    """
    return f"{100 * part:.2g} %" if part < 0.995 else f"{100 * part:.0f} %"
