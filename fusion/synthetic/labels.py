"""The classes of a labelled slice: background, and every region that a phantom names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion.data.pairs import ImagePair
from fusion.synthetic.tissue import REGIONS

CLASSES = ("background", *REGIONS)
"""What a pixel can be, by its number in a label map; everything unnamed (scalp, fluid, air) is background."""
UNLABELLED = -1
"""What stands in a label map where nobody knows the class."""


def label_map(pair: ImagePair) -> NDArray[np.int8]:
    """Which class is each pixel of ``pair``? int8 (H, W), numbers of `CLASSES`; `UNLABELLED` without regions.

    Examples
    --------
    >>> from fusion import phantom
    >>> pair = phantom(3, size=64)
    >>> labels = label_map(pair)
    >>> bool((labels[pair.regions["ventricles"]] == CLASSES.index("ventricles")).all())
    True
    """
    if not pair.regions:
        return np.full(pair.shape, UNLABELLED, np.int8)
    labels = np.zeros(pair.shape, np.int8)
    for name, region in pair.regions.items():
        if name in CLASSES:
            labels[region] = CLASSES.index(name)
    return labels
