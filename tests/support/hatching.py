"""The hatch over what is not computed, as it is read back from a canvas."""

import numpy as np

HATCH = {(37, 41, 52), (92, 100, 121), (228, 228, 242), (152, 156, 182)}
"""As in js/imaging/hatch.js, whose colours are in no table: tests/js/hatch.test.js."""


def hatched(drawn):
    """Which pixels of a canvas, (H, W, 3 or 4), are of the hatch: bool (H, W)."""
    return np.array([[tuple(each) in HATCH for each in line] for line in drawn[..., :3].tolist()])
