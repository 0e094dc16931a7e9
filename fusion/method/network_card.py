"""What somebody says of a network of their own: ``my_net.toml`` beside ``my_net.py``, every line optional."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fusion.errors import InputError
from fusion.method.card_depth import is_too_deep
from fusion.method.own_network import checked_name
from fusion.method.value_range import NAMED_RANGES, ValueRange

GREY = "grey"
"""What ``output_channel`` says where three channels are to be made grey."""
LARGEST_MULTIPLE = 1024


@dataclass(frozen=True)
class NetworkCard:
    """How a network wants its inputs, what it gives, how it is built, and where it comes from.

    Attributes
    ----------
    name, reference : str
        What it is called, and the paper it comes from; empty where the card is silent.
    made_for : tuple of str
        The modalities it was made for, first and second image; empty where the card is silent.
    inputs : int
        2 for two tensors, 1 for one with both images stacked along the channels.
    channels : int
        Channels of each image, 1 or 3; grey is repeated.
    input_range, output_range : ValueRange
        How inputs and output are counted: ``"0-1"``, ``"0-255"``, ``"-1-1"`` or ``{mean = …, sd = …}`` on a card.
    order : tuple of two int
        Which of the pair's images come first and second: (1, 2) or (2, 1).
    output : int, str or None
        Place or key of the fused image where several things are returned.
    output_channel : int, "grey" or None
        Which channel of the output is the fused image; ``"grey"`` for the grey value of three.
    multiple : int
        Both sides have to be multiples of it; images are continued at the right and at the bottom, and cut back.
    square : bool
        Whether both sides have to be equal.
    arguments : mapping
        What the class or factory is called with, by name.
    checkpoint_key : str
        Under which key of the file of weights the network's own lie; dots between keys of keys.
    checkpoint_prefix : str
        What the names of weights begin with in the file and not in the network; names without it are left out.
    place : str
        The card's file, as sentences name it.

    Examples
    --------
    >>> NetworkCard(multiple=32).order
    (1, 2)
    """

    name: str = ""
    reference: str = ""
    made_for: tuple[str, ...] = ()
    inputs: int = 2
    channels: int = 1
    input_range: ValueRange = NAMED_RANGES["0-1"]
    order: tuple[int, int] = (1, 2)
    output: int | str | None = None
    output_channel: int | str | None = None
    output_range: ValueRange = NAMED_RANGES["0-1"]
    multiple: int = 1
    square: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    checkpoint_key: str = ""
    checkpoint_prefix: str = ""
    place: str = "its card"


def read_card(path: Path) -> NetworkCard:
    """The card at ``path``; one without any line where there is no such file.

    Raises
    ------
    InputError
        The file is no TOML, has a key that no card has (the nearest one is named), or a value that cannot be.

    Examples
    --------
    >>> read_card(Path("no_such_card.toml")).inputs
    2
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        content = {}
    except RecursionError as error:
        raise InputError(_too_deep(path)) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise InputError(f"The card {path} is no TOML: {error}.") from error
    except OSError as error:
        raise InputError(f"The card {path} cannot be read ({error.strerror}).") from error
    if is_too_deep(content):
        raise InputError(_too_deep(path))
    values: dict[str, Any] = {key: _value(key, value, path) for key, value in content.items()}
    card = NetworkCard(**values, place=path.name)
    if len(card.input_range.scales) not in (1, card.channels):
        raise InputError(f"{path}: input_range has three means and deviations; write channels = 3 beside it.")
    if len(card.output_range.scales) == 3 and card.output_channel not in (0, 1, 2, GREY):
        raise InputError(f"{path}: output_range has three means and deviations; say which output_channel to take.")
    return card


def _too_deep(path: Path) -> str:
    return f"The card {path} has tables too deep inside one another; write a line for each thing it says."


def _value(key: str, value: object, path: Path) -> object:
    if key not in READERS:
        (nearest,) = difflib.get_close_matches(key, READERS, n=1, cutoff=0.0)
        raise InputError(f"{path}: a card has no line called {key!r}; the nearest is {nearest!r}.")
    read, demand = READERS[key]
    try:
        return read(value)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InputError(f"{path}: {key} must be {demand}, not {value!r}.") from error


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(each) for each in value)


def _one_of(*known: object) -> Callable[[object], object]:
    def read(value: object) -> object:
        if isinstance(value, bool | float) or value not in known:  # True and 1.0 equal 1
            raise ValueError
        return value

    return read


def _order(value: object) -> tuple[int, int]:
    if value not in ([1, 2], [2, 1]):
        raise ValueError
    return (1, 2) if value == [1, 2] else (2, 1)


def _whole(least: int, largest: int | None = None) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError
        if value < least or (largest is not None and value > largest):
            raise ValueError
        return value

    return read


def _place_or_key(value: object) -> int | str:
    return _text(value) if isinstance(value, str) else _whole(-LARGEST_MULTIPLE)(value)


def _channel(value: object) -> int | str:
    return GREY if value == GREY else _whole(0)(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _range(value: object) -> ValueRange:
    if isinstance(value, str):
        return NAMED_RANGES[value]
    table = _table(value)
    if table.keys() != {"mean", "sd"}:
        raise ValueError
    means, deviations = ([float(each) for each in _listed(table[key])] for key in ("mean", "sd"))
    if len(means) not in (1, 3) or min(deviations) <= 0 or not all(map(math.isfinite, (*means, *deviations))):
        raise ValueError
    return ValueRange.normalized(means, deviations)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


_RANGES = f"{', '.join(map(repr, NAMED_RANGES))} or {{mean = …, sd = …}} with one number or three of each"
READERS: Mapping[str, tuple[Callable[[Any], object], str]] = {
    "name": (lambda value: checked_name(_text(value)), "a text without commas"),
    "reference": (_text, "a text"),
    "made_for": (_texts, 'a list of texts such as ["MRI", "PET"]'),
    "inputs": (_one_of(1, 2), "2 (two tensors) or 1 (both images stacked along the channels)"),
    "channels": (_one_of(1, 3), "1 or 3, the channels of each image"),
    "input_range": (_range, _RANGES),
    "order": (_order, "[1, 2] or [2, 1]"),
    "output": (_place_or_key, "a whole number (a place in a tuple, from 0) or a text (a key)"),
    "output_channel": (_channel, f'a whole number from 0 or "{GREY}"'),
    "output_range": (_range, _RANGES),
    "multiple": (_whole(1, LARGEST_MULTIPLE), f"a whole number from 1 to {LARGEST_MULTIPLE}"),
    "square": (_flag, "true or false"),
    "arguments": (_table, "a table of the constructor's arguments"),
    "checkpoint_key": (_text, "a text"),
    "checkpoint_prefix": (_text, "a text"),
}
"""How each line of a card is read, and what is said of one that cannot be."""
