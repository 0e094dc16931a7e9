"""The networks that can be chosen, loaded when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from dashboard.bounded import Bounded
from fusion import InputError, find, load, load_with_hash, methods
from saliency import locality


@dataclass(frozen=True)
class Installed:
    """A network ready to be asked.

    Attributes
    ----------
    name : str
    network : Module
        Eval mode, weights frozen.
    weights : str
        SHA-256 of the weights; empty where the method has none.
    """

    name: str
    network: nn.Module
    weights: str


class Shelf:
    """Every registered method, with the reason where one cannot be used."""

    def __init__(self, checkpoints: Path) -> None:
        self._folder = checkpoints
        self._loaded: Bounded[Installed] = Bounded(size=32)

    def get(self, name: str) -> Installed:
        """The network called ``name``; InputError where it is unknown or not installed."""
        method = find(name)
        return self._loaded.get(method.name, lambda: self._load(method.name))

    def problems(self) -> Mapping[str, str]:
        """Why each method that cannot be used cannot, by name; their weights are read and checked."""
        found = {}
        for name in methods():
            try:
                load(name, self._folder)
            except InputError as error:
                found[name] = str(error)
        return found

    def _load(self, name: str) -> Installed:
        network, weights = load_with_hash(name, self._folder)
        locality(network)  # measured here, not under the first pointer
        return Installed(name, network, weights or "")
