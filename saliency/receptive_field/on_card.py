"""How far the shipped networks see, on their model cards: measured after training, so that nobody waits for it.

What stands there counts only with the weights and the code of the networks that it was measured with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import fusion.layers
import fusion.networks
from fusion.method.checkpoints import add_to_card, card
from fusion.method.registry import find
from saliency.receptive_field.locality import REASONS, Locality

ENTRY = "receptive_field"
"""Of the card; methods that share weights stand in it by their names."""


def locality_on_card(name: str, folder: Path, weights: str) -> Locality | None:
    """What stands on the card of method ``name``; None where nothing does, or it is of other weights or code.

    Raises
    ------
    InputError
        The card is missing or damaged.
    """
    found = card(name, folder).get(ENTRY)
    entry = found.get(find(name).name) if isinstance(found, Mapping) else None
    if not isinstance(entry, Mapping) or (entry.get("weights"), entry.get("code")) != (weights, code_hash()):
        return None
    return read_locality(entry.get("found"))


def read_locality(words: Any) -> Locality | None:  # noqa: ANN401  (whatever a file holds)
    """What was written of a `Locality`; None where it is of another version, or has a word for a number.

    Examples
    --------
    >>> read_locality({"radius": 3}), read_locality({"radius": "three"})
    (Locality(radius=3, stride=1, is_local=True, reason='', any_size=True, shrinks=False, held=None), None)
    """
    try:
        held = words.get("held")
        found = Locality(**{**words, "held": None if held is None else read_locality(held)})
    except (TypeError, AttributeError):
        return None
    if held is not None and found.held is None:
        return None
    kinds = {"radius": int, "stride": int, "reason": str, "is_local": bool, "any_size": bool, "shrinks": bool}
    is_whole = all(type(getattr(found, name)) is kind for name, kind in kinds.items())
    return found if is_whole and found.radius >= 0 and found.stride >= 1 else None


def write_on_card(name: str, folder: Path, weights: str, found: Locality) -> None:
    """Put what was measured of ``name`` on its card, beside what stands there of methods that share its weights.

    Raises
    ------
    ValueError
        Measuring failed, which is nothing to keep.
    """
    if found.reason.startswith(REASONS["failed"]):
        raise ValueError(found.reason)
    entry = {"weights": weights, "code": code_hash(), "found": asdict(found)}
    before: Any = card(name, folder).get(ENTRY)
    others = before if isinstance(before, Mapping) else {}
    add_to_card(name, {ENTRY: {**others, find(name).name: entry}}, folder)


def code_hash() -> str:
    """SHA-256 of the code of all networks and their layers."""
    folders = sorted(Path(each) for package in (fusion.layers, fusion.networks) for each in package.__path__)
    files = [file for folder in folders for file in sorted(folder.glob("*.py"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()
