"""The same pair with its inputs exchanged: what was second is asked as the first."""

from __future__ import annotations

from dataclasses import replace

from fusion.data.pairs import ImagePair


def swapped(pair: ImagePair) -> ImagePair:
    """Which pair results where the inputs change places? Everything that is told of them goes with them.

    Examples
    --------
    >>> import numpy as np
    >>> dark, light = np.zeros((1, 2), np.float32), np.ones((1, 2), np.float32)
    >>> found = swapped(ImagePair(dark, light, "head", ("MRI", "PET")))
    >>> found.names, found.first.tolist(), found.second.tolist()
    (('PET', 'MRI'), [[1.0, 1.0]], [[0.0, 0.0]])
    """
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        names=pair.names[::-1],
        first_color=pair.second_color,
        second_color=pair.first_color,
        raw=pair.raw[::-1],
        levels=pair.levels[::-1],
        origin=pair.origin and pair.origin.swapped(),
    )
