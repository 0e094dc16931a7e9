"""Under which names dropped files are kept: what their paths say is kept, nothing in them leads anywhere else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

LONGEST = 120
"""Bytes of a name, in UTF-8; what every file system takes, with room for a number."""
DEEPEST = 8
"""Folders below one another, as many as are searched."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_ENDINGS = re.compile(r"(\.nii)?\.[A-Za-z0-9]{1,8}$")
_RESERVED = frozenset('<>:"|?*')


def safe_paths(names: Iterable[str]) -> tuple[PurePosixPath, ...]:
    r"""Where each of these paths of a browser lies below a folder of ours, no two in one place.

    Folders stay folders, as they say what belongs together. ``..`` and a beginning at the root are left out,
    characters that are none or that a file system reserves become ``_``, long names are cut, and of those that
    are then alike, whatever their case, the later ones get a number.

    Examples
    --------
    >>> [str(path) for path in safe_paths(["mri/1.png", "/etc/../passwd", "..\\..\\a:b.png", "MRI/1.png"])]
    ['mri/1.png', 'etc/passwd', 'a_b.png', 'MRI/1 (2).png']
    """
    taken: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    found = []
    for name in names:
        parts = _parts(name)
        path = _free(parts, taken, folders)
        taken.add(_alike(path))
        folders |= {_alike(path[:depth]) for depth in range(1, len(path))}
        found.append(PurePosixPath(*path))
    return tuple(found)


def _parts(name: str) -> tuple[str, ...]:
    """The folders and the name of a file, none of which leads up or is empty."""
    parts = [_part(part) for part in name.replace("\\", "/").split("/") if part.strip(". ")]
    return tuple(parts[-DEEPEST:]) or ("file",)


def _part(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    plain = "".join("_" if _is_odd(each) else each for each in composed).strip(" ").rstrip(". ")
    return _cut(f"_{plain}" if _DEVICES.match(plain) else plain)


def _is_odd(character: str) -> bool:
    """Whether it is a control character, or no character at all, or means something to a file system."""
    return character in _RESERVED or unicodedata.category(character).startswith("C")


def _cut(name: str) -> str:
    """A name of at most `LONGEST` bytes, with its ending."""
    if len(name.encode()) <= LONGEST:
        return name
    end = _ending(name)
    return name.encode()[: LONGEST - len(end)].decode("utf-8", "ignore") + end


def _ending(name: str) -> str:
    found = _ENDINGS.search(name)
    return found.group() if found else ""


def _free(parts: tuple[str, ...], taken: set[tuple[str, ...]], folders: set[tuple[str, ...]]) -> tuple[str, ...]:
    """The same where nothing lies there yet; a folder that is called as a file was is called otherwise."""
    above = [*parts[:-1]]
    for depth in range(len(above)):
        while _alike((*above[: depth + 1],)) in taken:
            above[depth] += "_"
    name, end = parts[-1], _ending(parts[-1])
    path, number = (*above, name), 1
    while _alike(path) in taken or _alike(path) in folders:
        number += 1
        path = (*above, f"{name.removesuffix(end)} ({number}){end}")
    return path


def _alike(path: tuple[str, ...]) -> tuple[str, ...]:
    """What two paths have in common that some file systems take for one."""
    return tuple(part.casefold() for part in path)
