"""Words that a line must not end within: a browser breaks "MRI–SPECT" behind its dash."""

from __future__ import annotations

import re

from dash import html

DASHED = re.compile(r"(\w+–\w+,?)")


def unbroken(text: str) -> list[str | html.Span]:
    """The text with each word that has a dash in it kept on one line; the letters stay what they are.

    Examples
    --------
    >>> [getattr(each, "children", each) for each in unbroken("made for MRI–PET, MRI–SPECT · unseen")]
    ['made for ', 'MRI–PET,', ' ', 'MRI–SPECT', ' · unseen']
    """
    parts = [each for each in DASHED.split(text) if each]
    return [html.Span(each, className="unbroken") if DASHED.fullmatch(each) else each for each in parts]
