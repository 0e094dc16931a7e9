"""Which pairs dropped files make: read as a folder of ``--pairs`` is, under ids that name nobody."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dashboard.service.pair_catalogue import PairEntry, entry_of, remarks_of
from fusion import ImagePair, InputError, read_collection
from fusion.data.collection import Collection, PairFiles
from fusion.data.naming import modality, natural_key, order_of
from fusion.data.picture import SUFFIXES
from fusion.data.picture_reader import PictureReader
from fusion.data.volumes.common_space import FLAG
from fusion.data.volumes.voxel_reader import VoxelReader

DROPPED = "drop-"
"""What the ids of all of them begin with, before the secret of their drop."""


@dataclass(frozen=True)
class DroppedPairs:
    """What a drop was found to hold.

    Attributes
    ----------
    entries : tuple of PairEntry
    remarks : tuple of str
        What found no partner, and why volumes were refused.
    """

    entries: tuple[PairEntry, ...]
    remarks: tuple[str, ...]


class UndeclaredError(InputError):
    """Volumes are no pair unless somebody says that they lie in one space."""


def read_dropped(
    root: Path,
    drop: str,
    max_pixels: int,
    reader: VoxelReader,
    pictures: PictureReader,
    *,
    same_space: bool = False,
) -> DroppedPairs:
    """Tell which pairs the files below ``root`` make.

    Two pictures, and nothing else, are a pair whatever they are called.

    Raises
    ------
    InputError
        They make none; the sentence names files as they were dropped. `UndeclaredError` where ``same_space`` might
        help.
    """
    try:
        collection = _collection(root, reader, same_space=same_space)
    except InputError as error:
        sentence = _plain(str(error), root)
        kind = UndeclaredError if FLAG in str(error) else InputError
        raise kind(sentence.replace(f"say so with {FLAG}", "say so here")) from error
    known: dict[str, PairEntry] = {}
    for files in collection:
        entry = entry_of(files, known, max_pixels, pictures)
        known[entry.id] = entry
    entries = (_dropped(entry, root, drop, number) for number, entry in enumerate(known.values(), 1))
    return DroppedPairs(tuple(entries), tuple(_plain(each, root) for each in remarks_of(root, collection)))


def _collection(root: Path, reader: VoxelReader, *, same_space: bool) -> Collection:
    try:
        return read_collection(root, same_space=same_space, reader=reader)
    except InputError:
        two = _two_pictures(root)
        if two is None:
            raise
        return Collection((two,))


def _two_pictures(root: Path) -> PairFiles | None:
    """The only two files, where both are pictures: who drops two says that they belong together."""
    found = [path for path in root.rglob("*") if path.is_file() and not path.name.startswith(".")]
    if len(found) != 2 or any(path.suffix.lower() not in SUFFIXES for path in found):
        return None
    first, second = sorted(found, key=lambda path: (order_of(_kind(path)), natural_key(path.name)))
    names = _kind(first) or first.stem, _kind(second) or second.stem
    names = names if names[0] != names[1] else (f"first, {first.stem}", f"second, {second.stem}")
    return PairFiles(first, second, names, f"{first.stem} + {second.stem}", root.name)


def _kind(path: Path) -> str | None:
    """The modality that a picture's own name speaks of, or its folder's."""
    return modality(path.stem) or modality(path.parent.name)


def _dropped(entry: PairEntry, root: Path, drop: str, number: int) -> PairEntry:
    """The entry under an id that does not name it, in a collection that no other has."""
    group = root.name if entry.group == root.name else f"{root.name} · {entry.group}"
    read = partial(_read, entry.read, root)
    return replace(entry, id=f"{DROPPED}{drop}/{number}", group=group, drop=drop, read=read)


def _read(read: Callable[[], ImagePair], root: Path) -> ImagePair:
    """The pair; what cannot be read is told without where we keep it."""
    try:
        return read()
    except InputError as error:
        raise InputError(_plain(str(error), root)) from error


def _plain(sentence: str, root: Path) -> str:
    """A sentence that names files as their owner knows them."""
    return sentence.replace(f"{root}{os.sep}", "").replace(str(root), "What was dropped")
