"""What of a cohort is measured already: a file for each slice and network, so that a re-run goes on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch

from fusion.data.pairs import ImagePair
from fusion.method.checkpoints import write_whole
from saliency.cohort.case_figures import MEANINGS, PlaceFigures

FORMAT = "1"
"""Part of every key; raised when what is measured changes."""

logger = logging.getLogger(__name__)


def figures_key(pair: ImagePair, network: str, weights: str, pixels: int, seed: int) -> str:
    """Hash of all that decides figures: as the cache's keys, with how many pixels are drawn and from which seed.

    Labelled regions count, too.
    """
    regions = hashlib.sha256()
    for name, mask in pair.regions.items():
        regions.update(f"{name}|".encode() + mask.tobytes())
    told = (FORMAT, torch.__version__, network, weights, pair.content_hash, regions.hexdigest(), pixels, seed)
    return hashlib.sha256("|".join(map(str, told)).encode()).hexdigest()


class FiguresStore(Protocol):
    """Where figures are kept by key."""

    def get(self, key: str) -> tuple[PlaceFigures, ...] | None:
        """What was measured under a key; None where nothing was, or it is damaged."""

    def put(self, key: str, places: Sequence[PlaceFigures]) -> None:
        """Keep what was measured."""


def figures_bytes(places: Sequence[PlaceFigures]) -> bytes:
    """Figures as a file holds them."""
    return json.dumps({"places": [asdict(each) for each in places]}).encode()


def figures_of(content: bytes) -> tuple[PlaceFigures, ...] | None:
    """What `figures_bytes` has written; None for anything else.

    Examples
    --------
    >>> figures_of(figures_bytes(())), figures_of(b"else")
    ((), None)
    """
    try:
        return tuple(_place(each) for each in json.loads(content)["places"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


class KeptFigures:
    """Figures by key, in a folder of their own; each file is written whole or not at all.

    A damaged file counts as none: it is measured again. No file says of whom it is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> tuple[PlaceFigures, ...] | None:
        """What was measured under a key; None where nothing was."""
        try:
            found = figures_of(self._file(key).read_bytes())
        except FileNotFoundError:
            return None
        if found is None:
            logger.warning("A kept result of a cohort is damaged; it is measured again.")
        return found

    def put(self, key: str, places: Sequence[PlaceFigures]) -> None:
        """Keep what was measured."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._file(key), figures_bytes(places))

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def _place(each: dict[str, Any]) -> PlaceFigures:
    row, col = each["middle"]
    figures = {name: None if value is None else float(value) for name, value in each["figures"].items()}
    if not figures.keys() <= MEANINGS.keys():
        raise ValueError("figures of other names")
    return PlaceFigures(str(each["place"]), int(each["pixels"]), int(each["taken"]), (int(row), int(col)), figures)
