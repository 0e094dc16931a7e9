"""A brought network as every other one: two images (N, 1, H, W) in [0, 1] go in, the fused one comes out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fusion.data.color import BLUE, GREEN, RED
from fusion.errors import InputError, NetworkSizeError
from fusion.method.inference import check_inputs
from fusion.method.network_card import GREY, NetworkCard
from fusion.method.network_refusals import (
    failed,
    first_line,
    helpful_lines,
    several_outputs,
    shown,
    wrong_channels,
    wrong_output,
    wrong_size,
)
from fusion.method.program_state import settings_kept

LUMA = (RED, GREEN, BLUE)
Size = tuple[int, int]

logger = logging.getLogger(__name__)


class CardedNetwork(nn.Module):
    """A network with what its card says done around it; derivatives are those of the whole.

    Where the card is silent nothing is done, and values and derivatives are the network's own, bit for bit.

    Parameters
    ----------
    network : Module
        As it was brought.
    card : NetworkCard, optional
    title : str, optional
        What it is called in sentences and lists; else the card's name, else that of its class.

    Examples
    --------
    >>> half = CardedNetwork(nn.Conv2d(2, 1, 1, bias=False), NetworkCard(inputs=1))
    >>> _ = nn.init.constant_(half.network.weight, 0.5)
    >>> half(torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, 2)).flatten().tolist()
    [0.5, 0.5]
    """

    def __init__(self, network: nn.Module, card: NetworkCard | None = None, title: str = "") -> None:
        super().__init__()
        self.network = network
        self.card = NetworkCard() if card is None else card
        self.title = title or self.card.name or type(network).__name__

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W) inputs in [0, 1] to (N, 1, H, W).

        Raises
        ------
        InputError
            The network gives something else than one image.
        NetworkSizeError
            It fails on these images, or gives another size.
        """
        check_inputs(first, second)
        inputs = _prepared(self.card, first, second)
        try:
            with settings_kept():
                output = self.network(*inputs)
        except (Exception, SystemExit) as error:  # whatever somebody's code raises
            if not _is_of_the_network(error, first):
                raise
            help_ = self._help(first, second)
            raise NetworkSizeError(failed(self.title, first.shape, error, help_, self.card.place)) from error
        return self._fused(output, first, inputs[0])

    def _fused(self, output: Any, first: Tensor, asked: Tensor) -> Tensor:  # noqa: ANN401  # a network gives anything
        card = self.card
        values = _taken(output, card, self.title)
        shape, rows, cols = values.shape, *asked.shape[-2:]
        if len(shape) != 4 or shape[0] != first.shape[0]:
            raise InputError(wrong_output(self.title, values, first.shape))
        if tuple(shape[-2:]) != (rows, cols):
            help_ = self._help(first, first, sizes_alone=True) if isinstance(first, Tensor) else {}
            raise NetworkSizeError(wrong_size(self.title, shape, (rows, cols), help_, card.place))
        fused = _one_channel(values, card, self.title)
        height, width = first.shape[-2:]
        return fused if (rows, cols) == (height, width) else fused[..., :height, :width]

    def _help(self, first: Tensor, second: Tensor, *, sizes_alone: bool = False) -> Mapping[str, object]:
        """The lines of a card with which the network would take such inputs, found by trying; empty if none."""
        images = [_small(image) for image in (first, second)]
        return helpful_lines(self.card, lambda card: _takes(self.network, card, images), sizes_alone=sizes_alone)


def _is_of_the_network(error: BaseException, image: Tensor) -> bool:
    """Whether a network cannot take an image; not where it says so itself, or where memory is short.

    Something else than a tensor only notes what a network does, and raises what is meant for whoever reads that.
    """
    is_memory = isinstance(error, MemoryError | torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)
    return isinstance(image, Tensor) and not is_memory and not isinstance(error, InputError)


def _prepared(card: NetworkCard, first: Tensor, second: Tensor) -> tuple[Tensor, ...]:
    """What the network is given for two images."""
    ordered = (first, second) if card.order == (1, 2) else (second, first)
    images = tuple(card.input_range.repeated(image, card.channels) for image in ordered)
    if card.multiple > 1 or card.square:
        images = tuple(_continued(image, card.multiple, square=card.square) for image in images)
    return images if card.inputs == 2 else (torch.cat(images, 1),)


def _continued(image: Tensor, multiple: int, *, square: bool) -> Tensor:
    """The image with its last row and column repeated until both sides are what the network takes.

    Padded even by nothing: a network that is written down as steps (`saliency.network.tracing`), on an image that
    needs no padding, would else be taken for one that never pads.
    """
    height, width = image.shape[-2:]
    sides = [max(height, width)] * 2 if square else [height, width]
    rows, cols = (-(-side // multiple) * multiple for side in sides)
    return F.pad(image, (0, cols - width, 0, rows - height), mode="replicate")


def _taken(output: Any, card: NetworkCard, title: str) -> Tensor:  # noqa: ANN401  # a network gives anything
    """The fused image among what a network returned."""
    several = isinstance(output, Sequence | Mapping)
    if card.output is None:
        if several:
            raise InputError(several_outputs(title, output, card.place))
        taken = output
    else:
        if not several:
            raise InputError(
                f"{title} returns one thing, not several; leave the line output = {shown(card.output)} "
                f"out of {card.place}."
            )
        try:
            taken = output[card.output]
        except (LookupError, TypeError) as error:
            raise InputError(several_outputs(title, output, card.place)) from error
    if not hasattr(taken, "__torch_function__"):  # tensors, and what notes a network's steps in their place
        raise InputError(f"{title} returns {type(taken).__name__}, no tensor; let it return the fused image.")
    tensor: Tensor = taken
    return tensor


def _one_channel(values: Tensor, card: NetworkCard, title: str) -> Tensor:
    """The fused image (N, 1, H, W) in [0, 1] out of the channels of a network's output."""
    count, chosen = values.shape[1], card.output_channel
    if count == 1 and chosen in (None, 0):
        return card.output_range.to_unit(values)
    if chosen == GREY and count == len(LUMA):
        parts = [_channel(values, card, place) * weight for place, weight in enumerate(LUMA)]
        return parts[0] + parts[1] + parts[2]
    if isinstance(chosen, int) and chosen < count:
        return _channel(values, card, chosen)
    raise InputError(wrong_channels(title, count, chosen, card.place))


def _channel(values: Tensor, card: NetworkCard, place: int) -> Tensor:
    return card.output_range.to_unit(values[:, place : place + 1], place)


def _small(image: Tensor) -> Tensor:
    """A small black image with as many rows and columns beyond a multiple of 64 as ``image`` has.

    Wide enough that no padding to a multiple makes it square by chance.
    """
    height, width = image.shape[-2:]
    return image.new_zeros(1, 1, 64 + height % 64, 192 + width % 64)


def _takes(network: nn.Module, card: NetworkCard, images: Sequence[Tensor]) -> bool:
    """Whether the network runs on images prepared so, and gives something of their size."""
    try:
        with torch.no_grad():
            inputs = _prepared(card, images[0], images[1])
            output = network(*inputs)
        if isinstance(output, Sequence | Mapping):
            output = _taken(output, card, "") if card.output is not None else inputs[0]
        return bool(output.shape[-2:] == inputs[0].shape[-2:])
    except (Exception, SystemExit) as error:  # whatever somebody's code raises: then these lines are no help
        logger.debug("%s: %s", card, first_line(error))
        return False
