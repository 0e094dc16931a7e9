"""What is said of a brought network that fails or gives something else than one fused image, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from fusion.method.network_card import GREY, NetworkCard

MULTIPLES = (1, 2, 4, 8, 16, 32, 64)
LONGEST = 160
"""Characters of somebody else's message that a sentence takes in."""


def helpful_lines(
    card: NetworkCard, takes: Callable[[NetworkCard], bool], *, sizes_alone: bool = False
) -> Mapping[str, object]:
    """Which further lines of a card let a network run; empty where none do, or where it runs without.

    Parameters
    ----------
    card : NetworkCard
        With which it failed.
    takes : callable
        Tries the network with another card.
    sizes_alone : bool
        Whether to try multiples and squares only; else one stacked input and three channels too.

    Examples
    --------
    >>> helpful_lines(NetworkCard(), lambda card: card.multiple % 8 == 0)
    {'multiple': 8}
    """
    if takes(card):
        return {}
    for lines in _candidates(card, sizes_alone=sizes_alone):
        changed = {key: value for key, value in lines.items() if value != getattr(card, key)}
        if changed and takes(replace(card, **changed)):  # type: ignore[arg-type]  # each value is of its key's type
            return changed
    return {}


def _candidates(card: NetworkCard, *, sizes_alone: bool) -> Iterator[Mapping[str, object]]:
    """Lines to be tried, the likeliest first."""
    multiples = [multiple for multiple in MULTIPLES if multiple >= card.multiple]
    for square, multiple in product((card.square, True), multiples):
        yield {"multiple": multiple, "square": square}
    if not sizes_alone:
        for channels, inputs, multiple in product(
            (card.channels, 4 - card.channels), (card.inputs, 3 - card.inputs), multiples
        ):
            yield {"inputs": inputs, "channels": channels, "multiple": multiple}


def failed(title: str, shape: Sequence[int], error: BaseException, lines: Mapping[str, object], place: str) -> str:
    """The network raised ``error``."""
    what = f"{title} fails on images of {_sides(shape)} pixels ({type(error).__name__}: {first_line(error)}); "
    if lines:
        return what + _advice(lines, place)
    if "in-place" in first_line(error):
        return what + "let it make new tensors (x = x - 0.5) where it alters its inputs (x -= 0.5)."
    return (
        what
        + f"let its forward take two tensors (N, 1, H, W), or say in {place} what it takes (inputs, channels, "
        "multiple); a network that takes a list needs a class of yours around it."
    )


def wrong_size(
    title: str, shape: Sequence[int], asked: Sequence[int], lines: Mapping[str, object], place: str
) -> str:
    """The output has not the input's rows and columns."""
    what = f"{title} gives {_sides(shape)} pixels for images of {_sides(asked)}; "
    if lines:
        return what + _advice(lines, place)
    return (
        what + "let it give the inputs' size, for every fused pixel is explained by the input pixels at its place."
    )


def wrong_output(title: str, values: Any, shape: Sequence[int]) -> str:  # noqa: ANN401  # anything with a shape
    """The output is no batch of images."""
    return (
        f"{title} gives a tensor of shape {tuple(values.shape)} for inputs of {tuple(shape)}; "
        "let it give the fused image as (N, 1, H, W)."
    )


def wrong_channels(title: str, count: int, chosen: int | str | None, place: str) -> str:
    """The output has not the one channel, or not the chosen one."""
    if count == 1:
        return f"{title} gives one channel; leave the line output_channel = {shown(chosen)} out of {place}."
    grey = f' or output_channel = "{GREY}"' if count == 3 else ""
    return (
        f"{title} gives {count} channels where one fused image is needed; say which in {place}: "
        f"output_channel = 0 to {count - 1}{grey}."
    )


def several_outputs(title: str, output: Any, place: str) -> str:  # noqa: ANN401  # a tuple, a dictionary, a list
    """The network returns several things, and the card does not say which is the fused image."""
    named = list(output.items()) if isinstance(output, Mapping) else list(enumerate(output))
    choices = ", ".join(f"output = {shown(key)} ({_kind(value)})" for key, value in named[:8])
    return f"{title} returns {len(named)} things; say in {place} which is the fused image: {choices}."


def first_line(error: BaseException) -> str:
    """The beginning of an exception's message, in one line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0].strip().rstrip(".")
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"


def _advice(lines: Mapping[str, object], place: str) -> str:
    needs = "it runs with" if "multiple" not in lines else "it runs on padded images, with"
    return f"{needs} {' and '.join(f'{key} = {shown(value)}' for key, value in lines.items())} in {place}."


def _sides(shape: Sequence[int]) -> str:
    return " × ".join(map(str, tuple(shape)[-2:]))


def _kind(value: object) -> str:
    shape = getattr(value, "shape", None)
    return type(value).__name__ if shape is None else "×".join(map(str, shape))


def shown(value: object) -> str:
    """A value as a card has it.

    Examples
    --------
    >>> shown(True), shown("grey"), shown(32)
    ('true', '"grey"', '32')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
