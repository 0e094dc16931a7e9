"""The networks that can be chosen, loaded when first asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from dashboard.bounded import Bounded
from fusion import InputError, card, find, load, methods
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
        Hash of what decides its values: of the weights, or of the name where there are none.
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
        network = load(name, self._folder)
        locality(network)  # measured here, not under the first pointer
        is_trained = find(name).trained
        weights = card(name, self._folder)["sha256"] if is_trained else hashlib.sha256(name.encode()).hexdigest()
        return Installed(name, network, str(weights))
