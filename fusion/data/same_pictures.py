"""Which cases hold the same picture files: what is learned of one is then known of the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from fusion.data.collection import PairFiles, SliceFiles


def contents(files: PairFiles) -> tuple[bytes, bytes]:
    """What tells the bytes of both pictures from those of others; slices are told by volume and number."""
    if isinstance(files, SliceFiles):
        names = (f"{path}\0{files.plane}\0{files.number}".encode() for path in (files.first, files.second))
        one, other = (hashlib.sha256(name).digest() for name in names)
        return one, other
    first, second = (hashlib.sha256(path.read_bytes()).digest() for path in (files.first, files.second))
    return first, second


def cases_sharing_pictures(collections: Mapping[str, Sequence[PairFiles]], cases: Iterable[str]) -> set[str]:
    """``cases``, and every other case that holds a picture file of one of them, or of one so found."""
    held: dict[str, set[bytes]] = {}
    for pairs in collections.values():
        for files in pairs:
            held.setdefault(files.case, set()).update(contents(files))
    found: set[str] = set()
    more = set(cases)
    while more:
        found |= more
        pictures = {picture for case in found for picture in held.get(case, ())}
        more = {case for case, own in held.items() if case not in found and own & pictures}
    return found
