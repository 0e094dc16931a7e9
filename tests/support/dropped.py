"""Files dropped on a dashboard by a test, without a browser."""

import io

import numpy as np
from PIL import Image


def picture(seed, shape=(12, 14)):
    """A PNG's content."""
    levels = np.random.default_rng(seed).integers(256, size=shape, dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "png")
    return buffer.getvalue()


def sent(drops, files, number=1):
    """Send files, by path, in two pieces; the secret of their drop."""
    secret = drops.begin(number, [(name, len(content)) for name, content in files.items()])
    whole = b"".join(files.values())
    half = len(whole) // 2
    drops.take(secret, 0, io.BytesIO(whole), half)
    drops.take(secret, half, io.BytesIO(whole[half:]), len(whole) - half)
    return secret


def dropped(drops, files, number=1):
    """What the files, by path, were found to hold."""
    return drops.pairs(sent(drops, files, number))
