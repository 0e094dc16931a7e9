"""The page's JavaScript modules: which ones a page needs, named in its first answer so that all come at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

FOLDER = "js"
"""Below the assets. Dash loads nothing from here by itself: ``assets/clientside.js`` imports what is called."""
IMPORT = re.compile(r"""^(?:import|export)\b[^;"]*\bfrom "(\.[^"]+)";""", re.MULTILINE)
"""A module that another one imports, by its path from there."""


def needed(entries: Iterable[Path]) -> tuple[Path, ...]:
    """Every module that ``entries`` import, they themselves first."""
    found = [entry.resolve() for entry in entries]
    for module in found:  # grows meanwhile
        imported = [(module.parent / path).resolve() for path in IMPORT.findall(module.read_text("utf-8"))]
        found += [each for each in dict.fromkeys(imported) if each not in found]
    return tuple(found)


def preload(assets: Path, entries: Iterable[str], address: Callable[[str], str]) -> str:
    """Links for a page's head that fetch all modules of ``entries`` (paths below `FOLDER`) side by side.

    Without them a browser learns of a module when the one that imports it is there, one after the other. They come
    behind Dash's own scripts, which are evaluated first, for half a second.
    """
    root = assets.resolve()
    modules = needed(root / FOLDER / entry for entry in entries)
    addresses = [address(module.relative_to(root).as_posix()) for module in modules]
    return "\n".join(f'<link rel="modulepreload" href="{each}" fetchpriority="low">' for each in addresses)
