"""The networks that can be chosen, loaded when first asked for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import nn

from dashboard.cache.key_locks import KeyLocks
from dashboard.cache.lru import LRUCache
from dashboard.cache.receptive_fields import ReceptiveFieldCache
from dashboard.jobs.background_cache import BackgroundCache, ComputationFailedError
from dashboard.jobs.queue import JobQueue
from dashboard.service.shown_paths import shown_without
from fusion import InputError, find, load_with_hash, methods
from fusion.method.own_loading import load_own, name_of
from fusion.method.own_network import OwnNetwork
from saliency import Locality, locality
from saliency.receptive_field.locality import remember
from saliency.receptive_field.on_card import locality_on_card

PATIENCE = 2.0
"""Seconds a request waits for a receptive field to be measured before it says that this takes longer."""


class StillMeasuringError(InputError):
    """The network cannot be asked yet: how far it sees is being measured."""


@dataclass(frozen=True)
class LoadedNetwork:
    """A network ready to be asked.

    Attributes
    ----------
    name : str
    network : Module
        Eval mode, weights frozen.
    weights : str
        SHA-256 of the weights; empty where the method has none.
    session : str
        Of a brought network: no hash covers all the code that it may import, so nothing kept before this start
        of the dashboard is its own.
    """

    name: str
    network: nn.Module
    weights: str
    session: str = ""


class NetworkPool:
    """Every registered method and every brought network, with the reason where one cannot be used.

    Parameters
    ----------
    checkpoints : Path
        Where weights and model cards lie.
    own : sequence of OwnNetwork
        Networks that somebody brought; their code is run when one is first asked.
    jobs : JobQueue
        Where receptive fields are measured.
    receptive_fields : ReceptiveFieldCache, optional
        Where receptive fields that were measured are kept.
    locks : KeyLocks, optional
        By which one process measures for all that keep them there.
    """

    def __init__(
        self,
        checkpoints: Path,
        jobs: JobQueue,
        receptive_fields: ReceptiveFieldCache | None = None,
        own: Sequence[OwnNetwork] = (),
        locks: KeyLocks | None = None,
    ) -> None:
        self.folder, self._locks = checkpoints, locks
        self.own = _named(own)
        self._session = secrets.token_hex(8)
        self._receptive_fields = receptive_fields
        self._measuring: BackgroundCache[LoadedNetwork] = BackgroundCache(jobs, "receptive field", size=32)
        self._read: LRUCache[tuple[nn.Module, str]] = LRUCache(size=32)
        self._loaded: LRUCache[LoadedNetwork] = LRUCache(size=32)

    def names(self) -> tuple[str, ...]:
        """What every network is called, the brought ones last."""
        return (*methods(), *self.own)

    def name_of(self, name: str) -> str:
        """The network that ``name`` means, as lists write it; InputError where there is none."""
        return name if name in self.own else find(name).name

    def get(self, name: str) -> LoadedNetwork:
        """The network called ``name``; InputError where it is unknown or not installed.

        Waits until its receptive field is measured; who must not wait asks `refuse_unmeasured` before.
        """
        name = self.name_of(name)
        return self._loaded.get(name, lambda: self._load(name))

    @property
    def _folders(self) -> list[Path]:
        """Where weights and the code of brought networks lie, which nobody who visits has to know."""
        files = [Path(each.code.partition(":")[0]) for each in self.own.values()]
        files += [each.weights for each in self.own.values() if each.weights is not None]
        return [self.folder, *(each.parent for each in files)]

    def refuse_unmeasured(self, name: str, patience: float = PATIENCE) -> None:
        """Raise `StillMeasuringError` where `get` would take longer than ``patience`` seconds.

        The measurement goes on in the background, one network at a time; InputError as `get`, and where the
        measurement failed.
        """
        method = self.name_of(name)
        if self.is_measured(method):
            self.get(method)
        elif self._measured(method) is None:
            self._measuring.wait(method, patience)
            if self._measured(method) is None:
                raise StillMeasuringError(
                    f"How far {method} sees is being measured, once for these weights; it can be asked after that."
                )

    def is_measured(self, name: str) -> bool:
        """Whether `get` answers at once; InputError as `get`."""
        method = self.name_of(name)
        # A reason why it cannot be used is told at once: its weights are read.
        return method in self._loaded or self._kept(method) is not None

    def _measured(self, method: str) -> LoadedNetwork | None:
        try:
            return self._measuring.get(method, lambda: self.get(method), method)
        except ComputationFailedError as error:
            raise ComputationFailedError(f"How far {method} sees could not be measured. {error}") from error

    def unmeasured(self, name: str) -> tuple[nn.Module, str]:
        """The network called ``name`` and the SHA-256 of its weights, whether or not it is measured."""
        return self._weights(self.name_of(name))

    def problems(self) -> Mapping[str, str]:
        """Why each method that cannot be used cannot, by name; the weights of all are read, once."""
        found = {}
        for name in self.names():
            try:
                self._weights(name)
            except InputError as error:
                found[name] = str(error)
        return found

    def _weights(self, name: str) -> tuple[nn.Module, str]:
        """A network and the hash of its weights; nothing is known of its locality yet."""

        def read() -> tuple[nn.Module, str]:
            own = self.own.get(name)
            with shown_without(self._folders):
                network, weights = load_with_hash(name, self.folder) if own is None else load_own(own)
            return network, weights or ""

        return self._read.get(name, read)

    def _load(self, name: str) -> LoadedNetwork:
        network, weights = self._weights(name)
        is_own = name in self.own
        kept = self._kept(name)
        if kept is None and self._locks is not None and not is_own:
            measured = f"receptive field of {name} {weights}"
            kept = self._locks.once(measured, partial(self._kept, name), partial(self._measure, name))
        elif kept is None:
            kept = self._measure(name)
        remember(network, kept)
        return LoadedNetwork(name, network, weights, self._session if is_own else "")

    def _measure(self, name: str) -> Locality:
        """How far a network sees: measured here, not under the first pointer, and kept."""
        network, weights = self._weights(name)
        found = locality(network)
        if self._receptive_fields is not None and name not in self.own:
            self._receptive_fields.put(name, weights, found)
        return found

    def _kept(self, name: str) -> Locality | None:
        if name in self.own:
            return None
        weights = self._weights(name)[1]
        kept = None if self._receptive_fields is None else self._receptive_fields.get(name, weights)
        return locality_on_card(name, self.folder, weights) if kept is None and weights else kept


def _named(own: Sequence[OwnNetwork]) -> Mapping[str, OwnNetwork]:
    """Brought networks by their names; InputError where a name is taken, or a card cannot be read."""
    found: dict[str, OwnNetwork] = {}
    taken = set(map(str.casefold, methods()))
    for each in own:
        name = name_of(each)
        if name.casefold() in taken:
            raise InputError(f"Two networks are called {name}; write --network {each.code}=ANOTHER_NAME.")
        taken.add(name.casefold())
        found[name] = each
    return found
