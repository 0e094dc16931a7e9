"""Registered MRI–PET phantoms: slices of a head with a high-grade glioma, every region labelled.

A drawn anatomy is rasterised to tissue labels at twice the asked resolution; each modality looks up its own
signal per tissue. Averaging down gives the MRI its partial-volume edges, a scanner-wide blur gives the PET
its softness.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from fusion.data.pairs import Image, ImagePair
from fusion.synthetic.anatomy import FIELD_OF_VIEW, Anatomy, Labels, TissueField, axis, smooth_noise, tissue_labels
from fusion.synthetic.raster import OVERSAMPLING, check_whole, regions_of, to_pixels
from fusion.synthetic.tissue import FDG, REGIONS, T1, T2, Tissue, signals

PET_FWHM = 5.5  # mm


def phantom(seed: int, size: int = 256) -> ImagePair:
    """Draw head number `seed`, which has a glioma, as a registered MRI–PET pair.

    Even seeds are T2-weighted (fluid and necrosis bright), odd seeds T1-weighted after contrast agent
    (white matter and enhancing rim bright). The PET is FDG-like: healthy grey matter bright, the
    enhancing rim dimmer, the necrotic core dark.

    Parameters
    ----------
    seed : int
        0 or more; equal seeds give equal pairs.
    size : int
        Rows and columns, 64 to 1024; the field of view stays 256 mm.

    Returns
    -------
    ImagePair
        Both images float32 (size, size) from exactly 0 to exactly 1, the PET in pseudo-colour for display,
        and seven disjoint regions, named as in `REGIONS`.

    Raises
    ------
    InputError
        If the seed is not a non-negative integer or the size lies outside 64 to 1024.

    Examples
    --------
    >>> pair = phantom(3, size=128)
    >>> pair.title, pair.shape, pair.spacing
    ('Phantom 3', (128, 128), 2.0)
    >>> sorted(pair.regions)[:3]
    ['enhancing rim', 'grey matter', 'necrotic core']
    """
    check_whole("The phantom's seed", seed, 0)
    check_whole("The phantom's size", size, 64, 1024)
    rng = np.random.default_rng(int(seed))
    labels = tissue_labels(Anatomy.draw(rng), int(size) * OVERSAMPLING, rng)
    mri = _mri(labels, T1 if seed % 2 else T2, rng)
    pet = _pet(labels, rng)
    return ImagePair(
        mri,
        pet,
        title=f"Phantom {seed}",
        names=("MRI", "PET"),
        second_color=_pet_colors(pet),
        spacing=FIELD_OF_VIEW / size,
        regions=regions_of(labels, REGIONS),
    )


def _unit_range(image: TissueField) -> Image:
    scaled: Image = ((image - image.min()) / (image.max() - image.min())).astype(np.float32)
    return scaled


def _mri(labels: Labels, column: int, rng: Generator) -> Image:
    """Take the MRI of a slice: sharp, with texture, coil shading and noise; float32 in [0, 1]."""
    points = labels.shape[0]
    signal = signals(column) * (1 + 0.04 * rng.standard_normal(len(Tissue)))
    mottled = np.isin(labels, (Tissue.FAT, Tissue.MUSCLE, Tissue.MARROW, Tissue.OEDEMA, Tissue.CORE))
    texture = 1 + (0.035 + 0.1 * mottled) * smooth_noise(rng, points, 2.5)
    texture += 0.05 * smooth_noise(rng, points, 12.0)
    shading = 1 + 0.07 * smooth_noise(rng, points, 90.0)
    image = ndimage.gaussian_filter(to_pixels(signal[labels] * texture * shading), 0.55)
    noise = rng.uniform(0.015, 0.035) * rng.standard_normal(image.shape)
    head = ndimage.gaussian_filter(to_pixels((labels != Tissue.AIR).astype(float)), 1.0)
    noisy = np.clip(image + noise * (0.1 + 0.9 * head) - 0.004, 0, None)
    return _unit_range(np.minimum(noisy, np.percentile(noisy, 98.5)))


def _pet(labels: Labels, rng: Generator) -> Image:
    """Take the FDG-PET of a slice: uptake with counting noise, blurred to the scanner's resolution."""
    points = labels.shape[0]
    uptake = signals(FDG)[labels] * (1 + 0.1 * smooth_noise(rng, points, 30.0) + 0.001 * axis(points)[:, None])
    counts = np.clip(uptake + 0.12 * np.sqrt(uptake) * smooth_noise(rng, points, 4.0), 0, None)
    sigma = PET_FWHM / np.sqrt(8 * np.log(2)) * points / FIELD_OF_VIEW
    return _unit_range(to_pixels(ndimage.gaussian_filter(counts, sigma)))


def _pet_colors(pet: Image) -> NDArray[np.uint8]:
    """Colour uptake (H, W) the way PET stations do, black–blue–yellow–red–magenta: uint8 (H, W, 3)."""
    stops = [0.0, 0.1, 0.3, 0.62, 0.9, 1.0]
    colors = [(0, 0, 0), (0, 0, 125), (0, 85, 255), (255, 255, 0), (255, 0, 30), (255, 0, 255)]
    channels = [np.interp(pet, stops, channel) for channel in zip(*colors, strict=True)]
    color: NDArray[np.uint8] = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return color
