"""What is changed of a pair, as words behind its id: ``mri_pet/25045~swap~move=1.5,-2,0.5~window2=10,200``.

A changed pair is another pair, with a content and a hash of its own: whatever is computed or kept for one is right
for it, and nothing of the pair as it was passes for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fusion import ImagePair, InputError
from fusion.data.moved_pair import Move, moved
from fusion.data.normalisation import Normalisation
from fusion.data.swapped_pair import swapped
from fusion.data.windowed_pair import Window, windowed

SWAP = "swap"
_WORD = re.compile(rf"~(?=(?:move|window1|window2)=|{SWAP}(?:~|$))")


@dataclass(frozen=True)
class PairChanges:
    """What is changed of a pair, in this order; None where nothing is.

    Attributes
    ----------
    is_swapped : bool
        Whether the inputs change places; the other changes are of the inputs as they then stand.
    window1, window2 : Normalisation, "volume" or None
        From which values the inputs are scaled.
    move : Move or None
        How the second input is moved.
    """

    is_swapped: bool = False
    window1: Window = None
    window2: Window = None
    move: Move | None = None

    def __bool__(self) -> bool:
        """Whether anything is changed."""
        return any((self.is_swapped, self.window1, self.window2, self.move))

    def said(self, names: tuple[str, str]) -> str:
        """What is done to the inputs called ``names`` as they then stand, in a few words.

        Examples
        --------
        >>> changes_of("a/1~move=0,-1,0~window1=0,80")[1].said(("CT", "PET"))
        'CT from 0 to 80, PET moved by 1 px up'
        """
        swap = ["inputs swapped"] if self.is_swapped else []
        windows = zip(names, (self.window1, self.window2), strict=True)
        told = [_window_said(name, each) for name, each in windows if each]
        return ", ".join([*swap, *told, *([self.move.said(names[1])] if self.move else [])])

    def applied(self, pair: ImagePair) -> ImagePair:
        """The pair with everything changed; InputError where nothing would be left of it."""
        changed = windowed(swapped(pair) if self.is_swapped else pair, (self.window1, self.window2))
        return changed if self.move is None else moved(changed, self.move)


def plain_id(pair_id: str) -> str:
    """The id of the pair as it is.

    Examples
    --------
    >>> plain_id("mri_pet/25045~move=1.5,-2,0.5"), plain_id("odd~name/7")
    ('mri_pet/25045', 'odd~name/7')
    """
    return _WORD.split(pair_id, maxsplit=1)[0]


def changes_of(pair_id: str) -> tuple[str, PairChanges]:
    """The id of the pair as it is, and what is changed of it.

    Raises
    ------
    InputError
        A word cannot be used, or stands twice.
    """
    plain, *words = _WORD.split(pair_id)
    found: dict[str, Move | Window | bool] = {}
    for word in words:
        name, _, numbers = word.partition("=")
        name = "is_swapped" if name == SWAP else name
        if name in found:
            raise InputError(f"A pair is changed once in each way; {name} stands twice.")
        found[name] = _change(name, numbers)
    return plain, PairChanges(**found)  # type: ignore[arg-type]  # the word decides the type


def _window_said(name: str, window: Window) -> str:
    if isinstance(window, Normalisation):
        return f"{name} from {window.low:.9g} to {window.high:.9g}"
    return f"{name} scaled by its volume"


def _change(name: str, numbers: str) -> Move | Window | bool:
    if name == "is_swapped":
        return True
    if name == "move":
        return _move(numbers)
    return "volume" if numbers == "volume" else Normalisation("window", *_numbers(name, numbers, 2))


def _move(numbers: str) -> Move | None:
    move = Move(*_numbers("move", numbers, 3))
    return None if move.is_none else move


def _numbers(name: str, text: str, count: int) -> list[float]:
    """Numbers with commas between them."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count:
        raise InputError(f"{name} is followed by {count} numbers with commas between them, not by {text[:40]!r}.")
    return found
