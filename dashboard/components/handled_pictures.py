"""Pictures that are no panels, and a viewer's hands on them: the attributes of js/viewer/picture_hands.js."""

from __future__ import annotations

import json
from typing import Any

from dashboard.imaging.palettes import palettes

PAIR = "pair"
"""The word of pictures of a whole pair: they share their view with those of all pages."""


def page_attributes() -> dict[str, Any]:
    """What a page needs whose pictures can be windowed: the palettes."""
    return {"data-palettes": json.dumps(dict(palettes()))}


def hands(word: str) -> dict[str, Any]:
    """Of an element that shows a picture and what lies over it: it is zoomed and moved with all of ``word``.

    Examples
    --------
    >>> hands(PAIR)
    {'data-hands': 'pair'}
    """
    return {"data-hands": word}


def windowed(image: str) -> dict[str, Any]:
    """Of a picture that can be windowed: ``"first"``, ``"second"`` or ``"fused"``."""
    return {"data-image": image}
