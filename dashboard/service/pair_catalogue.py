"""Which pairs can be opened, by an id that stands in the address."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dashboard.cache.lru import LRUCache
from fusion import ImagePair, InputError, PairFiles, nightscene, phantom, read_collection
from fusion.data.picture import MAX_PIXELS

KEPT = 16
"""Pairs held in memory …"""
KEPT_BYTES = 512 * 2**20
"""… and how much they may take together; one is held however large."""


@dataclass(frozen=True)
class PairEntry:
    """A pair that can be opened.

    Attributes
    ----------
    id : str
        Stands in the address, e.g. ``"phantom-3"``, ``"nightscene-1"`` or ``"mri_spect/25045"``.
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
    """The generated examples and a person's own pairs; opens them on demand and keeps the latest in memory.

    ``remarks`` has a sentence for each folder with pictures that found no partner.
    """

    def __init__(
        self, phantoms: int, folders: tuple[Path, ...] = (), max_pixels: int = MAX_PIXELS, nightscenes: int = 0
    ) -> None:
        self._entries = {entry.id: entry for entry in (*_phantoms(phantoms), *_nightscenes(nightscenes))}
        self.remarks: tuple[str, ...] = ()
        for folder in folders:
            collection = read_collection(folder)
            for files in collection:
                entry = _entry(files, self._entries, max_pixels)
                self._entries[entry.id] = entry
            if collection.unpaired:
                named = ", ".join(file.name for file in collection.unpaired[:3])
                self.remarks += (f"{folder}: no partner for {len(collection.unpaired)} pictures ({named} …).",)
        self._read: LRUCache[ImagePair] = LRUCache(KEPT, bytes_of, KEPT_BYTES)

    @property
    def entries(self) -> tuple[PairEntry, ...]:
        """Every pair, a person's own first."""
        return tuple(sorted(self._entries.values(), key=lambda entry: entry.group in (PHANTOMS, NIGHTSCENES)))

    def pair(self, id: str) -> ImagePair:  # noqa: A002  # the word of the address
        """The pair called ``id``; InputError names the nearest where there is none."""
        if id not in self._entries:
            near = difflib.get_close_matches(id, self._entries, n=1, cutoff=0.0)
            raise InputError(f"There is no pair called {id!r}; the nearest is {near[0]!r}.")
        return self._read.get(id, self._entries[id].read)


def bytes_of(pair: ImagePair) -> int:
    """Memory that the pictures of a pair take."""
    pictures = (pair.first, pair.second, pair.first_color, pair.second_color)
    return sum(picture.nbytes for picture in pictures if picture is not None)


PHANTOMS = "Phantoms (generated examples)"
NIGHTSCENES = "Night scenes (generated examples)"


def _phantoms(count: int) -> list[PairEntry]:
    return [
        PairEntry(f"phantom-{seed}", f"Phantom {seed}", PHANTOMS, partial(phantom, seed))
        for seed in range(1, count + 1)
    ]


def _nightscenes(count: int) -> list[PairEntry]:
    return [
        PairEntry(f"nightscene-{seed}", f"Night scene {seed}", NIGHTSCENES, partial(nightscene, seed))
        for seed in range(1, count + 1)
    ]


def _entry(files: PairFiles, taken: Container[str], max_pixels: int) -> PairEntry:
    """A person's own pair; where two go by one name, a number tells them apart."""
    name, number = f"{files.group}/{files.title}", 1
    while name in taken:
        number += 1
        name = f"{files.group}/{files.title} ({number})"
    title = name.removeprefix(f"{files.group}/")
    return PairEntry(name, title, files.group, partial(files.read, max_pixels=max_pixels))
