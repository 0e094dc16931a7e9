"""Which pairs can be opened, by an id that stands in the address."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dashboard.bounded import Bounded
from fusion import ImagePair, InputError, PairFiles, phantom, read_collection

KEPT = 16
"""Pairs held in memory."""


@dataclass(frozen=True)
class Entry:
    """A pair that can be opened.

    Attributes
    ----------
    id : str
        Stands in the address, e.g. ``"phantom-3"`` or ``"mri_spect/25045"``.
    title, group : str
        What the list shows, and under which heading.
    read : callable
        Reads the pair; raises InputError where its files cannot be used.
    """

    id: str
    title: str
    group: str
    read: Callable[[], ImagePair]


class Catalogue:
    """The phantoms and a person's own pairs; opens them on demand and keeps the latest in memory.

    ``remarks`` has a sentence for each folder with pictures that found no partner.
    """

    def __init__(self, phantoms: int, folders: tuple[Path, ...] = (), max_pixels: int = 2048 * 2048) -> None:
        self._entries = {entry.id: entry for entry in _phantoms(phantoms)}
        self.remarks: tuple[str, ...] = ()
        for folder in folders:
            collection = read_collection(folder)
            for files in collection:
                entry = _entry(files, self._entries, max_pixels)
                self._entries[entry.id] = entry
            if collection.unpaired:
                named = ", ".join(file.name for file in collection.unpaired[:3])
                self.remarks += (f"{folder}: no partner for {len(collection.unpaired)} pictures ({named} …).",)
        self._read: Bounded[ImagePair] = Bounded(KEPT)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every pair, a person's own first."""
        own = [entry for entry in self._entries.values() if entry.group != PHANTOMS]
        return (*own, *(entry for entry in self._entries.values() if entry.group == PHANTOMS))

    def pair(self, id: str) -> ImagePair:  # noqa: A002  # the word of the address
        """The pair called ``id``; InputError names the nearest where there is none."""
        if id not in self._entries:
            near = difflib.get_close_matches(id, self._entries, n=1, cutoff=0.0)
            raise InputError(f"There is no pair called {id!r}; the nearest is {near[0]!r}.")
        return self._read.get(id, self._entries[id].read)


PHANTOMS = "Phantoms (generated examples)"


def _phantoms(count: int) -> list[Entry]:
    return [
        Entry(f"phantom-{seed}", f"Phantom {seed}", PHANTOMS, partial(phantom, seed))
        for seed in range(1, count + 1)
    ]


def _entry(files: PairFiles, taken: Container[str], max_pixels: int) -> Entry:
    """A person's own pair; where two go by one name, a number tells them apart."""
    name, number = f"{files.group}/{files.title}", 1
    while name in taken:
        number += 1
        name = f"{files.group}/{files.title} ({number})"
    title = name.removeprefix(f"{files.group}/")
    return Entry(name, title, files.group, partial(files.read, max_pixels=max_pixels))
