"""A pair as it may be named outside: by its content, not by what a file or folder is called."""

from __future__ import annotations

from dataclasses import replace

from fusion.data.naming import modality
from fusion.data.pairs import ImagePair

ONE_SPACE = "Both volumes lie in one space"
DECLARED = "The volumes were declared to lie in one space"


def unnamed(pair: ImagePair) -> ImagePair:
    """The same images without the words that somebody chose: folders and files are often called after a patient.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.eye(2, dtype=np.float32)
    >>> found = unnamed(ImagePair(image, image, "Doe, Jane", ("MRI", "jane_doe")))
    >>> found.title, found.names
    ('Pair 6663ee2b', ('MRI', 'second'))
    >>> unnamed(ImagePair(image, image, "Doe, Jane", ("t1 of Jane", "MRI 12"))).names
    ('first MRI', 'second MRI')
    """
    known = modality(pair.names[0]) or "first", modality(pair.names[1]) or "second"
    names = known if known[0] != known[1] else (f"first {known[0]}", f"second {known[1]}")
    title, origin = f"Pair {pair.content_hash[:8]}", pair.origin
    if origin is not None:
        title = f"{title} · {origin.plane.words(origin.number)}"
        space = ONE_SPACE if origin.space.startswith("Both") else DECLARED  # the sentence may name a file
        origin = replace(origin, names=names, space=space)
    return replace(pair, title=title, names=names, remarks=(), origin=origin)
