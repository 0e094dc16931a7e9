"""The page's JavaScript modules inside a file that is opened from a disk, where no module can be fetched."""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from dashboard.components.javascript_modules import IMPORT

PREFIX = "fusevis/"
"""What the name of every inlined module begins with: modules at ``data:`` addresses know no folders."""


def inlined_modules(
    folder: Path, entry: str, instead: Mapping[str, str] = MappingProxyType({})
) -> Mapping[str, str]:
    """Every module that ``entry`` needs, by its name from `PREFIX` on, its imports changed to such names.

    Parameters
    ----------
    folder : Path
        Where the modules lie.
    entry : str
        A module's path below it.
    instead : mapping of str to str
        Which module takes the place of which: both have the same names to offer.
    """
    found: dict[str, str] = {}
    paths = [entry]
    for path in paths:  # grows meanwhile
        text, imported = _renamed((folder / path).read_text("utf-8"), posixpath.dirname(path), instead)
        found[PREFIX + path] = text
        paths += [each for each in dict.fromkeys(imported) if each not in paths]
    return found


def _renamed(text: str, folder: str, instead: Mapping[str, str]) -> tuple[str, list[str]]:
    """A module's text with names for paths, and the paths of the modules that it imports."""
    imported: list[str] = []

    def named(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, match[1]))
        imported.append(instead.get(path, path))
        return match[0].replace(f'"{match[1]}"', f'"{PREFIX}{imported[-1]}"')

    return IMPORT.sub(named, text), imported


def import_map(modules: Mapping[str, str]) -> str:
    """The JSON of an import map that holds the modules themselves, as ``data:`` addresses.

    Examples
    --------
    >>> import_map({"fusevis/a.js": "export const one = 1;"})
    '{"imports":{"fusevis/a.js":"data:text/javascript;base64,ZXhwb3J0IGNvbnN0IG9uZSA9IDE7"}}'
    """
    held = {
        name: f"data:text/javascript;base64,{base64.b64encode(text.encode()).decode()}"
        for name, text in modules.items()
    }
    return json.dumps({"imports": held}, separators=(",", ":"))
