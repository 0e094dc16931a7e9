"""A pair as it may be named outside: by its content, not by what a file or folder is called."""

from __future__ import annotations

from dataclasses import replace

from fusion.data.naming import modality
from fusion.data.pairs import ImagePair


def unnamed(pair: ImagePair) -> ImagePair:
    """The same images without the words that somebody chose: folders and files are often called after a patient.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.eye(2, dtype=np.float32)
    >>> found = unnamed(ImagePair(image, image, "Doe, Jane", ("MRI", "jane_doe")))
    >>> found.title, found.names
    ('Pair 6663ee2b', ('MRI', 'second'))
    """
    known = tuple(modality(name) or other for name, other in zip(pair.names, ("first", "second"), strict=True))
    names = known[0], known[1]
    origin = pair.origin and replace(pair.origin, names=names)
    return replace(pair, title=f"Pair {pair.content_hash[:8]}", names=names, remarks=(), origin=origin)
