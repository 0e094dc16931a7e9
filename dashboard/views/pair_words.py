"""What pictures can say of a pair besides its values: which side is which, and what its files hold."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from fusion import ImagePair
from fusion.data.naming import SCENES

UNKNOWN = "unknown"


def orientation(pair: ImagePair) -> dict[str, str] | str | None:
    """Which side of the body each border shows; ``"unknown"`` where no file tells; None for pictures of a scene.

    Letters stand by ``"top"``, ``"bottom"``, ``"left"`` and ``"right"``.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.zeros((2, 2), np.float32)
    >>> orientation(ImagePair(grey, grey, "head", ("MRI", "PET"))), orientation(
    ...     ImagePair(grey, grey, "car", ("Visible", "Infrared"))
    ... )
    ('unknown', None)
    """
    if pair.origin and pair.origin.plane.letters:
        return dict(pair.origin.plane.letters)
    return None if SCENES & set(pair.names) else UNKNOWN


def raw_scales(pair: ImagePair) -> list[dict[str, Any] | None]:
    """The scale of each input's file (``low``, ``high``, ``unit``); None where it was made, not read."""
    return [asdict(scale) if scale else None for scale in pair.raw]


def raw_values(pair: ImagePair, pixel: tuple[int, int]) -> dict[str, float | None]:
    """The values of both files at a pixel, ``raw1`` and ``raw2``; None where there is no file.

    Examples
    --------
    >>> import numpy as np
    >>> from fusion.data.raw_scale import RawScale
    >>> grey = np.array([[0, 0.5]], np.float32)
    >>> raw_values(ImagePair(grey, grey, "head", raw=(RawScale(0, 250), None)), (0, 1))
    {'raw1': 125.0, 'raw2': None}
    """
    return {"raw1": _raw_value(pair, 0, pixel), "raw2": _raw_value(pair, 1, pixel)}


def _raw_value(pair: ImagePair, index: int, pixel: tuple[int, int]) -> float | None:
    scale, levels = pair.raw[index], pair.levels[index]
    if scale is None:
        return None
    if levels is not None:
        return scale.rounded(float(levels[pixel])) if np.isfinite(levels[pixel]) else None
    return scale.value(float((pair.first, pair.second)[index][pixel]))
