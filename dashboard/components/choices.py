"""What can be chosen for a view, read from text: one reading for addresses, exports and command lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dashboard.option_values import COLORMAPS, WINDOWS
from fusion import InputError
from saliency.defaults import GAMMA_RANGE, MODES

ChoiceParser = Callable[[str], Any]
"""From text to a value; its ValueError says what the value is: ``"is a number from 0.1 to 2"``."""


def one_of(choices: tuple[Any, ...], kind: ChoiceParser = str) -> ChoiceParser:
    """A parser that takes ``choices`` only."""

    def parse(text: str) -> Any:
        for choice in choices:
            if text == str(choice):
                return kind(text)
        raise ValueError(f"is one of {', '.join(map(str, choices))}")

    return parse


def number_between(low: float, high: float) -> ChoiceParser:
    """A parser that takes numbers from ``low`` to ``high``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:  # NaN is not either
            raise ValueError(f"is a number from {low:g} to {high:g}")
        return value

    return parse


def index(text: str) -> int:
    """A whole number from 0 up: a row, a column, a place in a list."""
    value = int(text)
    if value < 0:
        raise ValueError("is a whole number from 0 up")
    return value


def flag(text: str) -> bool:
    """1 is yes, 0 is no."""
    if text not in ("0", "1"):
        raise ValueError("is 1 or 0")
    return text == "1"


CHOICES: Mapping[str, ChoiceParser] = MappingProxyType(
    {
        "window": one_of(WINDOWS, int),
        "gamma1": number_between(*GAMMA_RANGE),
        "gamma2": number_between(*GAMMA_RANGE),
        "display": one_of(MODES),
        "colormap": one_of(COLORMAPS),
        "color": flag,
        "shared": flag,
    }
)
"""How every display choice is read, by its name in addresses and exports."""


def read_choice(name: str, text: str) -> Any:
    """The display choice ``name`` that ``text`` means.

    Raises
    ------
    InputError
        It means none; the sentence says what it can be.

    Examples
    --------
    >>> read_choice("gamma1", "0.5"), read_choice("color", "1")
    (0.5, True)
    >>> read_choice("window", "30")
    Traceback (most recent call last):
    fusion.errors.InputError: window is one of 11, 21, 31, 41, 61, 81, not '30'.
    """
    try:
        return CHOICES[name](text)
    except ValueError as error:
        raise InputError(f"{name} {error}, not {text[:40]!r}.") from error
