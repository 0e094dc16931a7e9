"""A network's model card as a reader sees it: what its file says, and what can be counted."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion import InputError, find
from fusion.method.checkpoints import card
from fusion.method.registry import Method
from fusion.training.curves import smoothed

Rows = Sequence[tuple[str, str]]
"""What is told of a network: a name and a text each."""
HEADS = ("method", "reference", "parameters", "sha256", "summary", "command", "data", "recipe")
"""Entries of a card that have a place of their own; all others are shown under their names."""
NAMES = {
    "sha256": "weights, SHA-256",
    "final_losses": "final losses, training crops",
    "unseen": "kept-out figures",
}
"""What entries are called whose names say too little."""


@dataclass(frozen=True)
class Section:
    """A part of a card: its head and what stands there."""

    title: str
    rows: Rows


@dataclass(frozen=True)
class ModelCard:
    """What is told of a method, installed or not.

    Attributes
    ----------
    name, summary, reference : str
    problem : str
        Why it cannot be used and what to do; empty where it can.
    command : str
        What repeats the training; empty where nothing is trained.
    is_recorded : bool
        Whether the card holds that command; otherwise it is put together from the card's recipe.
    sections : tuple of Section
    """

    name: str
    summary: str
    reference: str
    problem: str
    command: str
    is_recorded: bool
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Curve:
    """One column of a training's record: its name, and step and value where it was recorded."""

    name: str
    steps: NDArray[np.float64]
    values: NDArray[np.float64]


def model_card(name: str, folder: Path, problem: str = "") -> ModelCard:
    """Read what is known of the method ``name``; ``problem`` is why it cannot be used."""
    method = find(name)
    content = _content(method, folder)
    command = str(content.get("command", "")) or _put_together(method, content)
    return ModelCard(
        method.name,
        str(content.get("summary", method.summary)),
        str(content.get("reference", method.reference)),
        problem,
        command,
        "command" in content,
        tuple(_sections(method, content)),
    )


def curves(name: str, folder: Path) -> tuple[Curve, ...]:
    """The recorded losses of a method's training, smoothed as in its picture; empty where there is no record.

    Stages that record different losses leave the others' columns empty.
    """
    path = folder / f"{find(name).weights_slug}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return ()
    names = [each for each in (rows[0] if rows else {}) if each != "step"]
    return tuple(found for each in names if (found := _curve(rows, each)) is not None)


def curve_sentence(found: Sequence[Curve], name: str) -> str:
    """The curves in a sentence each, for who cannot see them.

    Examples
    --------
    >>> curve_sentence([Curve("loss", np.array([0.0, 90.0]), np.array([2.0, 0.5]))], "MaskNet")
    'Training curves of MaskNet: loss goes from 2 to 0.5 over steps 0 to 90.'
    """
    each = [
        f"{curve.name.replace('_', ' ')} goes from {curve.values[0]:.3g} to {curve.values[-1]:.3g} "
        f"over steps {curve.steps[0]:.0f} to {curve.steps[-1]:.0f}"
        for curve in found
    ]
    return f"Training curves of {name}: {'; '.join(each)}." if each else ""


def texts(value: Any) -> Rows:
    """Every number and word of a card's entry with the names that lead to it.

    Examples
    --------
    >>> texts({"steps": 1800, "objective": {"gamma_l2": 0.494}, "cases": ["3", "10"]})
    [('steps', '1800'), ('objective, gamma l2', '0.494'), ('cases', '3, 10')]
    """
    if not isinstance(value, Mapping):
        return [("", _text(value))]
    return [
        (", ".join(filter(None, (_spoken(name), rest))), text)
        for name, part in value.items()
        for rest, text in texts(part)
    ]


def _content(method: Method, folder: Path) -> Mapping[str, Any]:
    """The card's file; empty where there is none, or none that can be read."""
    if not method.trained:
        return {}
    try:
        return card(method.name, folder)
    except InputError:
        return {}


def _sections(method: Method, content: Mapping[str, Any]) -> list[Section]:
    count = content.get("parameters", sum(each.numel() for each in method.build().parameters()))
    weights = [("weights, SHA-256", str(content["sha256"]))] if "sha256" in content else []
    sections = [Section("Network", [("parameters", f"{count:,}"), *weights])]
    if method.weights:
        sections.append(Section("Shares", [("", f"Uses the weights and the card of {method.weights}.")]))
    if not method.trained:
        sections.append(Section("Training", [("", "Nothing is trained: the method is used as it is.")]))
    heads = (("data", "Trained on"), ("recipe", "Recipe"))
    sections += [Section(head, texts(content[name])) for name, head in heads if name in content]
    rest = {name: value for name, value in content.items() if name not in HEADS}
    groups = [(name, value) for name, value in rest.items() if isinstance(value, Mapping)]
    plain = [(_spoken(name), _text(value)) for name, value in rest.items() if not isinstance(value, Mapping)]
    sections += [Section(_spoken(name).capitalize(), texts(value)) for name, value in groups]
    return [*sections, *([Section("Record", plain)] if plain else [])]


def _put_together(method: Method, content: Mapping[str, Any]) -> str:
    """The training's command by the card's recipe; empty where the card says too little."""
    # Training loads Matplotlib for its curves: not when the dashboard starts.
    from fusion.cli.train import command_of

    recipe, data = content.get("recipe", {}), content.get("data", {})
    try:
        cases = [case for part in data["kept_out"].values() for case in part["cases"]]
        words = {name: recipe[name] for name in ("steps", "batch", "side", "learning_rate", "seed")}
        args = argparse.Namespace(
            **words,
            half_precision=recipe.get("half_precision", 0.0),
            kept_out=sorted(set(cases)),
            phantoms=data["phantoms"]["count"],
            device="cpu",
        )
        return command_of(method, args, data)
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""


def _curve(rows: Sequence[Mapping[str, str]], name: str) -> Curve | None:
    try:
        points = [(float(row["step"]), float(row[name])) for row in rows if row.get(name)]
    except (ValueError, KeyError):  # a column of another program
        return None
    if not points:
        return None
    steps, values = np.array(points).T
    return Curve(name, steps, smoothed(values))


def _spoken(name: str) -> str:
    return NAMES.get(name, name.replace("_", " "))


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)
