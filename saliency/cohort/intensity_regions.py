"""Regions that a rule finds where nobody has labelled any: bright in one input and dark in the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import binary_fill_holes

from fusion.data.pairs import ImagePair
from saliency.geometry.masks import Mask

DRAWN = 0.05
"""Part of an image's range above which a pixel counts as showing something."""
QUARTER = 0.25
"""Of the pixels between which is chosen: the brightest and the darkest quarter."""
LEAST = 25
"""Pixels that a region has at least."""
BRIGHT_DARK, DARK_BRIGHT = "bright first, dark second", "dark first, bright second"
"""The paper's two regions of interest (Kumar & Gumhold 2020, Section 6.2), found by a rule."""


def drawn_pixels(pair: ImagePair) -> Mask:
    """Where does either input show something? Everywhere, where that is nowhere.

    Returns
    -------
    bool (H, W)
    """
    found: Mask = (pair.first > DRAWN) | (pair.second > DRAWN)
    return found if found.any() else np.ones(pair.shape, dtype=np.bool_)


def intensity_regions(pair: ImagePair) -> Mapping[str, Mask]:
    """Where is the first input bright and the second dark, and the other way round?

    Chosen from where the second input shows something, holes filled: in a head that leaves out scalp and
    background. There the brightest quarter of one input is cut with the darkest quarter of the other. A clinician
    draws regions otherwise; no tumour is looked for.

    Returns
    -------
    mapping of name to bool (H, W)
        Those of `LEAST` pixels or more; the pair's own labelled regions stand before them.

    Examples
    --------
    >>> import fusion
    >>> found = intensity_regions(fusion.phantom(seed=7))
    >>> BRIGHT_DARK in found
    True
    """
    field = binary_fill_holes(pair.second > DRAWN)
    if not field.any():
        return dict(pair.regions)
    low1, high1 = np.quantile(pair.first[field], (QUARTER, 1 - QUARTER))
    low2, high2 = np.quantile(pair.second[field], (QUARTER, 1 - QUARTER))
    found = {
        BRIGHT_DARK: field & (pair.first >= high1) & (pair.second <= low2),
        DARK_BRIGHT: field & (pair.first <= low1) & (pair.second >= high2),
    }
    return {**pair.regions, **{name: mask for name, mask in found.items() if mask.sum() >= LEAST}}
