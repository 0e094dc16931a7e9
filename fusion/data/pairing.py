"""Which pictures of a folder belong together, by what their paths say; nothing is opened."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import TypeVar

from fusion.data.naming import loose_name, modality, order_of, without_modality

Partners = tuple["PicturePath", "PicturePath"]


@dataclass(frozen=True)
class PicturePath:
    """What the path of a picture says about it, below the folder that was opened.

    Attributes
    ----------
    file : Path
        The picture.
    folders : tuple of str
        The folders between, outermost first.
    """

    file: Path
    folders: tuple[str, ...] = ()

    @cached_property
    def _depth(self) -> int | None:
        """Which part of folders and stem names the modality, the innermost where several do."""
        parts = (*self.folders, self.file.stem)
        return next((at for at in reversed(range(len(parts))) if modality(parts[at])), None)

    @property
    def modality(self) -> str | None:
        """What the innermost folder, or else the file, that names one modality says."""
        parts = (*self.folders, self.file.stem)
        return None if self._depth is None else modality(parts[self._depth])

    @property
    def exact(self) -> tuple[Hashable, ...]:
        """Equal where paths differ in the modality alone."""
        return (*self.stem, self.file.suffix)

    @property
    def stem(self) -> tuple[str, ...]:
        """Equal where paths differ in modality and ending alone."""
        at = self._depth
        parts = [_composed(part) for part in (*self.folders, self.file.stem)]
        rest = [without_modality(part) if index == at else part for index, part in enumerate(parts)]
        return tuple(part for part in rest if part)

    @property
    def loose(self) -> tuple[Hashable, ...]:
        """Equal where paths differ in spelling alone: 1 and 001, case, other words for the modality."""
        parts = (loose_name(_composed(part)) for part in (*self.folders, self.file.stem))
        return tuple(part for part in parts if part)


def title_of(first: PicturePath, second: PicturePath) -> tuple[tuple[str, ...], str]:
    """Tell in which folders a pair lies, outermost first, and what to call it there.

    Examples
    --------
    >>> def pair(*names): return title_of(*(PicturePath(Path(n), Path(n).parts[:-1]) for n in names))
    >>> pair("mri/case1/1.png", "pet/case1/1.png"), pair("a/case/mri.png", "a/case/pet.png")
    (((), 'case1/1'), (('a',), 'case'))
    >>> pair("P1/alpha/1.png", "P1/beta/1.png"), pair("mri.png", "pet.png")
    ((('P1',), '1'), ((), 'mri + pet'))
    """
    pairs = zip(first.folders, second.folders, strict=False)
    common = first.folders[: next((at for at, (one, two) in enumerate(pairs) if one != two), len(first.folders))]
    below = first.stem[len(common) + (first.modality is None) :]
    title = "/".join(part for part in below if without_modality(part))
    if title or not common:
        return common, title or f"{first.file.stem} + {second.file.stem}"
    return common[:-1], common[-1]


def what_was_found(pictures: Sequence[PicturePath]) -> str:
    """Tell, where nothing was paired, how many pictures were found of what, and names that have no partner.

    Examples
    --------
    >>> def place(name): return PicturePath(Path(name), Path(name).parts[:-1])
    >>> what_was_found([place("mri/1.png"), place("mri/2.png"), place("pet/a.png")])
    '2 pictures of MRI (mri/1.png …), 1 picture of PET (pet/a.png), none with the same name in both'
    >>> what_was_found([place("scans/1.png")]), what_was_found([])
    ('1 picture of no modality that is known (scans/1.png)', 'no picture that can be read')
    """
    kinds = _groups(pictures, lambda picture: picture.modality)
    told = [_told(kind, group) for kind, group in kinds.items()]
    if len(kinds) == 2 and None not in kinds:
        told.append("none with the same name in both")
    end = ", and there is no telling which two of the modalities belong together" if len(kinds) > 2 else ""
    return ", ".join(told) + end if told else "no picture that can be read"


def _told(kind: Hashable, group: Sequence[PicturePath]) -> str:
    name = "/".join((*group[0].folders, group[0].file.name)) + (" …" if len(group) > 1 else "")
    many = f"{len(group):,} pictures" if len(group) > 1 else "1 picture"
    return f"{many} of {kind or 'no modality that is known'} ({name})"


def pair_by_modality(pictures: Iterable[PicturePath]) -> list[Partners]:
    """Tell which pictures are two modalities of one thing, the anatomical or visible one first.

    Paths that differ in the modality alone go first, then those that differ in the file's ending as well, then
    those that differ in spelling. Where three modalities, or two pictures of one, answer to one name, there is
    no telling and none is paired.

    Examples
    --------
    >>> names = ("pet/case1/1.png", "pet/case2/1.png", "mri/case1/001.png", "mri/case2/1.jpg")
    >>> pictures = [PicturePath(Path(name), Path(name).parts[:-1]) for name in names]
    >>> [(one.file.as_posix(), two.file.as_posix()) for one, two in pair_by_modality(pictures)]
    [('mri/case2/1.jpg', 'pet/case2/1.png'), ('mri/case1/001.png', 'pet/case1/1.png')]
    """
    left = [picture for picture in pictures if picture.modality]
    keys: tuple[Callable[[PicturePath], Hashable], ...] = (
        lambda picture: picture.exact,
        lambda picture: picture.stem,
        lambda picture: picture.loose,
    )
    found: list[Partners] = []
    for key in keys:
        found += [partners for group in _groups(left, key).values() if (partners := _two_modalities(group))]
        used = {picture for partners in found for picture in partners}
        left = [picture for picture in left if picture not in used]
    return found


def pair_by_folders(pictures: Sequence[PicturePath], left: Iterable[PicturePath]) -> list[Partners]:
    """Tell which of the pictures that are ``left`` lie at the same place in the two folders of a folder.

    For names that say nothing of a modality: ``a/1.png`` and ``b/1.png``. A picture that could be paired in two
    ways (``x/a/1.png`` with ``x/b/1.png``, or with ``y/a/1.png``) is paired in neither, nor are folders of one
    modality. Of unknown names the alphabet's first comes first, but a functional or infrared picture second.

    Examples
    --------
    >>> names = ("t9/1.png", "pet/1.png", "pet/2.png")
    >>> pictures = [PicturePath(Path(name), Path(name).parts[:-1]) for name in names]
    >>> [(one.file.as_posix(), two.file.as_posix()) for one, two in pair_by_folders(pictures, pictures)]
    [('t9/1.png', 'pet/1.png')]
    """
    open_ones = set(left)
    places = (partners for sides in _two_sides(pictures) for partners in _same_place(*sides))
    found = [partners for partners in dict.fromkeys(places) if open_ones.issuperset(partners)]
    times = _groups((picture for partners in found for picture in partners), lambda picture: picture)
    return [partners for partners in found if all(len(times[picture]) == 1 for picture in partners)]


def _two_modalities(group: Sequence[PicturePath]) -> Partners | None:
    """The two pictures of a group in order, or None where they are not two modalities of one picture each."""
    if len(group) != 2 or group[0].modality == group[1].modality:
        return None
    return _in_order(group[0], group[1])


def _in_order(one: PicturePath, two: PicturePath) -> Partners:
    names = [(order_of(picture.modality), picture.folders, picture.file.name) for picture in (one, two)]
    return (one, two) if names[0] <= names[1] else (two, one)


Side = Mapping[tuple[str, ...], PicturePath]


def _two_sides(pictures: Iterable[PicturePath]) -> Iterator[tuple[Side, Side]]:
    """For each folder with pictures in exactly two of its folders: both, by the path below."""
    held: dict[tuple[str, ...], dict[str, dict[tuple[str, ...], PicturePath]]] = {}
    for picture in pictures:
        for at, side in enumerate(picture.folders):
            below = (*picture.folders[at + 1 :], picture.file.name)
            held.setdefault(picture.folders[:at], {}).setdefault(side, {})[below] = picture
    for sides in held.values():
        if len(sides) == 2:
            one, two = sides.values()
            yield one, two


def _same_place(one: Side, two: Side) -> Iterator[Partners]:
    """Pictures at one place below two folders, by name, then by a stem that is the only one of its folder."""
    for key in (_whole, _without_suffix):
        places = [_groups(side, key) for side in (one, two)]
        for place in places[0].keys() & places[1].keys():
            names = places[0][place], places[1][place]
            if len(names[0]) == len(names[1]) == 1:
                partners = one[names[0][0]], two[names[1][0]]
                if partners[0].modality is None or partners[0].modality != partners[1].modality:
                    yield _in_order(*partners)


def _whole(place: tuple[str, ...]) -> Hashable:
    return tuple(map(_composed, place))


def _without_suffix(place: tuple[str, ...]) -> Hashable:
    return _whole((*place[:-1], PurePath(place[-1]).stem))


def _composed(name: str) -> str:
    """One form for names that look alike: macOS stores ä as two characters."""
    return unicodedata.normalize("NFC", name)


T = TypeVar("T")


def _groups(things: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    groups: dict[Hashable, list[T]] = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return groups
