"""Which pairs can be opened, by an id that stands in the address."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dashboard.bounded import Bounded
from fusion import ImagePair, InputError, phantom, read_collection

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
    """The phantoms and a person's own pairs; opens them on demand and keeps the latest in memory."""

    def __init__(self, phantoms: int, folders: tuple[Path, ...] = (), max_pixels: int = 2048 * 2048) -> None:
        entries = {entry.id: entry for entry in _phantoms(phantoms)}
        for folder in folders:
            entries |= {entry.id: entry for entry in _collection(folder, max_pixels, frozenset(entries))}
        self._entries: Mapping[str, Entry] = entries
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


def _collection(folder: Path, max_pixels: int, taken: Container[str]) -> Iterator[Entry]:
    """The pairs of a folder; where two folders go by one name, the later one's ids say which it is."""
    for files in read_collection(folder):
        group, number = files.group, 1
        while f"{group}/{files.title}" in taken:
            number += 1
            group = f"{files.group} ({number})"
        yield Entry(f"{group}/{files.title}", files.title, group, partial(files.read, max_pixels=max_pixels))
