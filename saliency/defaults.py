"""Numbers and words that can be chosen, apart from what computes: help shows them without loading torch."""

MODES = ("signed", "magnitude", "fusevis")
"""Zero in the middle of a diverging scale; the size alone; FuseVis's way, which clips negatives to 0."""
GAMMA_RANGE = (0.1, 2.0)
"""Exponents of a colour scale that can be chosen (paper, Section 3.2)."""
BASELINES = ("black", "blurred")
"""Where a path of integrated gradients may start: both images black, or both blurred."""
BOUND = 1e-3
"""Largest sum of all stretches' errors, in the fused image's unit, that counts as complete."""
MOST_STEPS = 512
"""Gradients computed along a path before the search for more precision ends."""
SAMPLES = 32
"""Noisy copies that SmoothGrad averages over."""
NOISE = 0.1
"""Standard deviation of SmoothGrad's noise, as a part of each image's range."""
FIRST_BLUR = 1.2
"""Standard deviation in pixels of the blur that a local attribution's path starts with; that of the authors'
published program."""
RING = 5.0
"""Width of the ring around a region, in pixels."""
EXAMINATION_MINUTES = 15.0
"""Minutes that the examination of a network may take."""
COHORT_PIXELS = 200
"""Fused pixels of each place of a slice whose Jacobian rows a cohort takes."""
