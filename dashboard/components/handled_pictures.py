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


def hands(word: str, aspect: float = 1.0) -> dict[str, Any]:
    """Of an element that shows a picture and what lies over it: it is zoomed and moved with all of ``word``.

    ``aspect`` is how many times as high as wide a pixel is drawn, where the page does not tell that of its pair.

    Examples
    --------
    >>> hands(PAIR), hands("results", 2.5)
    ({'data-hands': 'pair'}, {'data-hands': 'results', 'data-aspect': '2.5'})
    """
    return {"data-hands": word} if aspect == 1 else {"data-hands": word, "data-aspect": f"{aspect:g}"}


def proportions(shape: tuple[int, int], aspect: float) -> str:
    """Width to height of a picture of so many rows and columns, for CSS.

    Examples
    --------
    >>> proportions((20, 40), 1.0), proportions((20, 40), 3.0)
    ('40 / 20', '40 / 60')
    """
    return f"{shape[1]} / {shape[0] * aspect:g}"


def windowed(image: str) -> dict[str, Any]:
    """Of a picture that can be windowed: ``"first"``, ``"second"`` or ``"fused"``."""
    return {"data-image": image}
