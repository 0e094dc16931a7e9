"""Names with commas between them. Loads nothing, so that the help of a command answers at once."""

from __future__ import annotations


def comma_separated(text: str) -> tuple[str, ...]:
    """The entries of a list with commas, none of them empty; how many there may be is for the caller to say.

    Examples
    --------
    >>> comma_separated("MaskNet, DeepFuse,,MaskNet")
    ('MaskNet', 'DeepFuse', 'MaskNet')
    """
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())
