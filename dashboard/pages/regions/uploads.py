"""A region as a word of the address: what `saliency.geometry.region_shapes` draws, a label, a threshold, a mask.

``label:NAME``; ``threshold:INPUT,LOW,HIGH`` or ``threshold:INPUT,TOLERANCE,ROW,COL``; ``mask:`` and a hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from dashboard.cache.lru import LRUCache
from dashboard.server.error_handler import NotHereError
from fusion import ImagePair, InputError
from fusion.data.picture_reader import PictureReader
from saliency.geometry.masks import Mask, between, joined_to, labelled, marked
from saliency.geometry.region_shapes import combined, drawn, numbers
from saliency.geometry.window import Shape

LONGEST = 2000
"""Characters of the longest region that is read; addresses of more are cut off by some programs."""
LARGEST_FILE = 32 * 2**20
"""Bytes of the largest mask file."""
KEPT_BYTES = 128 * 2**20
"""Uploaded masks held in memory."""


@dataclass(frozen=True, eq=False)
class UploadedMask:
    """A mask, and whose it is: everybody's who has uploaded it."""

    mask: Mask
    owners: set[str | None] = field(default_factory=set)


class MaskGoneError(NotHereError):
    """An uploaded mask is not here, or only others have uploaded it."""


class Uploads:
    """Masks that were uploaded, in memory only, by a hash of their pixels; the oldest are forgotten.

    Parameters
    ----------
    asker : callable
        Who asks now, and may use their own masks alone; None for the program itself, and where nobody signs on.
    """

    def __init__(self, asker: Callable[[], str | None] = lambda: None) -> None:
        self._masks: LRUCache[UploadedMask] = LRUCache(256, lambda each: each.mask.nbytes, KEPT_BYTES)
        self._reader, self._asker = PictureReader(), asker

    def take(self, content: bytes, name: str, shape: Shape) -> str:
        """The word for the mask in a picture file of ``shape``.

        Raises
        ------
        InputError
            The file is too large, no picture, of another size, or black everywhere; ``name`` is in the sentence.
        """
        if len(content) > LARGEST_FILE:
            raise InputError(f"The mask {name} has more than {LARGEST_FILE // 2**20} MB; save it as a PNG.")
        mask = marked(self._reader.levels(content, name, shape), shape, name)
        digest = hashlib.sha256(repr(mask.shape).encode() + np.packbits(mask).tobytes()).hexdigest()[:16]
        self._masks.get(digest, lambda: UploadedMask(mask)).owners.add(self._asker())
        return f"mask:{digest}"

    def get(self, digest: str, shape: Shape) -> Mask:
        """The mask with that hash; InputError where it is not (any more) here, or of another size."""

        def gone() -> NoReturn:
            raise MaskGoneError(
                "The uploaded mask is not here any more: an address cannot hold it; upload it again."
            )

        found, asker = self._masks.get(digest, gone), self._asker()
        if asker is not None and asker not in found.owners:
            gone()
        mask = found.mask
        if mask.shape != shape:
            raise InputError(
                f"The uploaded mask has {mask.shape[1]} × {mask.shape[0]} pixels and this pair "
                f"{shape[1]} × {shape[0]}; upload one of its size."
            )
        return mask


def mask_of(word: str, pair: ImagePair, uploads: Uploads) -> Mask:
    """Which pixels of ``pair`` does a region's word mean?

    Raises
    ------
    InputError
        The word is none of a region, or no pixel of the pair is meant.

    Examples
    --------
    >>> import fusion
    >>> int(mask_of("rect:10,20,11,22", fusion.phantom(1), Uploads()).sum())
    6
    """
    if len(word) > LONGEST:
        raise InputError(f"A region's words have at most {LONGEST} characters; draw a simpler outline.")
    return combined(word, lambda part: _single(part, pair, uploads))


def _single(word: str, pair: ImagePair, uploads: Uploads) -> Mask:
    kind, _, rest = word.strip().partition(":")
    if kind == "label":
        return labelled(pair, rest.strip())
    if kind == "mask":
        return uploads.get(rest.strip(), pair.shape)
    if kind == "threshold":
        return _threshold(numbers(rest, kind), pair)
    return drawn(word, pair.shape)


def _threshold(values: tuple[float, ...], pair: ImagePair) -> Mask:
    """What lies between two values of an input, or is joined to a pixel and differs little from it."""
    if len(values) not in (3, 4) or values[0] not in (1, 2):
        raise InputError("Write threshold:INPUT,LOW,HIGH or threshold:INPUT,TOLERANCE,ROW,COL, with INPUT 1 or 2.")
    image = (pair.first, pair.second)[int(values[0]) - 1]
    if len(values) == 3:
        return between(image, values[1], values[2])
    return joined_to(image, (int(values[2]), int(values[3])), values[1])
