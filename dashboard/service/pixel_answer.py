"""What is answered about one principal pixel: its Jacobian, or how long that will take."""

from __future__ import annotations

from dataclasses import dataclass

from saliency import Influence, Jacobian


@dataclass(frozen=True, eq=False)
class PixelAnswer:
    """One principal pixel, answered: its Jacobian, its influence, and the milliseconds it took and waited.

    Of pixels that were computed together each took its part of the time; what all pixels of a pair share, which is
    found once, is not counted. ``reason`` says why it was computed on the full image, where it was.
    """

    jacobian: Jacobian
    influence: Influence
    milliseconds: float
    queued: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class LongAnswer:
    """A pixel whose Jacobian takes long, and is not there.

    Attributes
    ----------
    pixel : (row, col)
    is_begun : bool
        Whether it is being computed, or waits for its turn; else nobody has asked for more than it would take.
    spent : float
        Seconds since it was asked for.
    expected : float or None
        Seconds that it takes if it is like the one before; None where there was none.
    shared : float or None
        How far that is, from 0 to 1, which all pixels of the pair share and which is found first; None where it is
        there, or nothing is shared.
    """

    pixel: tuple[int, int]
    is_begun: bool = False
    spent: float = 0.0
    expected: float | None = None
    shared: float | None = None
