"""What does an element of a DICOM file say, in one line? Damaged files hold anything, and sentences quote it."""

from __future__ import annotations

from typing import Any

LONGEST = 256


def element_text(value: Any) -> str:  # noqa: ANN401  (elements of any kind)
    r"""Tell an element's text; several values are parted by backslashes, as in the file.

    Examples
    --------
    >>> element_text(["DECY", "ATTN"]), element_text(b"GE \0"), element_text(None), element_text("a\nb\x07")
    ('DECY\\ATTN', 'GE', '', 'a b')
    """
    value = getattr(value, "value", value)
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if not isinstance(value, str) and hasattr(value, "__iter__"):
        value = "\\".join(map(str, value))
    shown = "".join(sign if sign.isprintable() else " " for sign in str(value))
    return " ".join(shown.split())[:LONGEST]
