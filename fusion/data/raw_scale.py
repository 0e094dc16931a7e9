"""Which value of the file does a value of a scaled image stand for, and in which unit?"""

from __future__ import annotations

from dataclasses import dataclass

from fusion.data.picture import Picture

GREY, LUMINANCE = "grey level", "luminance"


@dataclass(frozen=True)
class RawScale:
    """An image in [0, 1] was scaled from ``low`` (0) to ``high`` (1) of ``unit``.

    Attributes
    ----------
    low, high : float
        The smallest and the largest value in the file.
    unit : str
        ``"grey level"``, ``"luminance"`` (of a picture in colour), or a unit that the file names, e.g. ``"HU"``.
    """

    low: float
    high: float
    unit: str = GREY

    def value(self, scaled: float) -> float:
        """The value in the file, to six significant digits of its range: what float32 keeps.

        Examples
        --------
        >>> RawScale(-1024, 3071, "HU").value(0.25)
        -0.25
        >>> RawScale(3, 255).value(102 / 252)
        105.0
        """
        span = self.high - self.low
        return self.low if span <= 0 else self.rounded(self.low + scaled * span)

    def rounded(self, value: float) -> float:
        """A value of the file to six significant digits of the range: what lies below is rounding alone.

        Examples
        --------
        >>> RawScale(-5, 8, "counts").rounded(4.2e-14), RawScale(-5, 8, "counts").rounded(0.123456789)
        (0.0, 0.1235)
        """
        return round(value, max(6 - len(str(int(self.high - self.low))), 0)) + 0.0


def raw_scale(picture: Picture) -> RawScale:
    """The scale of a picture whose smallest level becomes 0 and whose largest 1."""
    unit = GREY if picture.color is None else LUMINANCE
    return RawScale(float(picture.levels.min()), float(picture.levels.max()), unit)
