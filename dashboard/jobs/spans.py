"""How long a job takes: foretold from its parts so far, and in words."""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass
class Forecast:
    """How long work of ``total`` pieces takes, by the pace after its first part: that one holds what is done once.

    Examples
    --------
    >>> forecast = Forecast(total=101)
    >>> forecast.seconds(1, 30.0) is None, forecast.seconds(11, 50.0)
    (True, 230.0)
    """

    total: int
    _first: tuple[int, float] | None = None

    def seconds(self, done: int, spent: float) -> float | None:
        """Of the whole, when ``done`` pieces took ``spent`` seconds; None before a second part."""
        if self._first is None:
            self._first = done, spent
        pieces, seconds = done - self._first[0], spent - self._first[1]
        return spent + seconds / pieces * (self.total - done) if pieces else None
