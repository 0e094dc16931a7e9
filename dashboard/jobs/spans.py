"""Spans of time in words: how long a job takes."""

from __future__ import annotations


def spelled(seconds: float) -> str:
    """A span of time in words.

    Examples
    --------
    >>> spelled(40), spelled(140), spelled(1e4), spelled(2e5)
    ('less than a minute', 'about 2 minutes', 'about 3 hours', 'about 2 days')
    """
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size or (name == "minute" and seconds >= size):
            count = round(seconds / size)
            return f"about {count} {name}{'s' * (count > 1)}"
    return "less than a minute"
