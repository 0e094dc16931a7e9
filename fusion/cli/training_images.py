"""The pictures a training learns from, in memory."""

from __future__ import annotations

from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.synthetic.phantom import phantom
from fusion.training.dataset import Split

FIRST_TRAINING_PHANTOM = 1000
"""Phantoms learned from have seeds from here on; the shipped examples have small ones."""
PHANTOM_SHARE = 0.15
"""Share of the crops that come from phantoms, where any join."""


def training_images(split: Split, phantoms: int, side: int) -> tuple[list[list[ImagePair]], list[float]]:
    """Every training pair in memory, by collection, and how often each collection is drawn from.

    Raises
    ------
    InputError
        A picture is no crop's size: a side is below ``side`` pixels.
    """
    images = [
        [files.read() for files in tqdm(pairs, desc=f"reading {name}", leave=False)]
        for name, pairs in split.training.items()
    ]
    check_sides(images, side)
    shares = [1 / len(images)] * len(images)
    if phantoms:
        seeds = range(FIRST_TRAINING_PHANTOM, FIRST_TRAINING_PHANTOM + phantoms)
        images.append([phantom(seed) for seed in tqdm(seeds, desc="phantoms", leave=False)])
        check_sides(images, side)
        shares = [share * (1 - PHANTOM_SHARE) for share in shares] + [PHANTOM_SHARE]
    return images, shares


def check_sides(images: list[list[ImagePair]], side: int) -> None:
    """Refuse crops that do not fit into every picture."""
    least = min(min(pair.shape) for pairs in images for pair in pairs)
    if least < side:
        raise InputError(
            f"Crops of {side}×{side} pixels do not fit into every picture: the least side is {least}; "
            f"choose --side {least} or less."
        )
