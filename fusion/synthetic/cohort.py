"""Many phantoms at once, drawn by all processors."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.synthetic.phantom import phantom

WORTH_STARTING = 32
"""Fewer phantoms are drawn sooner than processes start."""


def cohort(seeds: Sequence[int], size: int = 256) -> list[ImagePair]:
    """Draw the phantoms of all ``seeds``, in their order, with a progress bar on stderr.

    Examples
    --------
    >>> [pair.title for pair in cohort([4, 2], size=64)]
    ['Phantom 4', 'Phantom 2']
    """
    draw = partial(phantom, size=size)
    bar = partial(tqdm, total=len(seeds), desc="phantoms", leave=False)
    if len(seeds) < WORTH_STARTING:
        return list(bar(map(draw, seeds)))
    # Not by fork: a process that has started threads must not be copied.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        return list(bar(pool.map(draw, seeds, chunksize=4)))
