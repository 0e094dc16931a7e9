"""Numbers that trainings and studies start from, apart from what computes: help needs them without torch."""

STEPS = 2000
"""Optimiser steps of a network."""
SIDE = 96
"""Side of a training crop in pixels, of networks and segmenters."""
BATCH = 6
"""Crops a step."""
LEARNING_RATE = 2e-3
"""At the start."""
HALF_PRECISION = 0.8
"""Share of the steps computed in bfloat16."""
SSIM_WINDOW = 11
"""Side of SSIM's Gaussian window in pixels; no crop may be smaller."""
SEGMENTER_STEPS = 1200
SEGMENTER_BATCH = 8
SEGMENTER_LEARNING_RATE = 5e-3
GRID = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The paper's values of γs and of γ2."""
