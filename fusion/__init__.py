"""What is being explained: image pairs, the methods that fuse them, and their training.

>>> import fusion
>>> net = fusion.load("Weighted Averaging")
>>> fusion.fuse(net, fusion.phantom(seed=7)).shape
(256, 256)
"""

from fusion.data.collection import Collection, PairFiles, read_collection
from fusion.data.color import recolor
from fusion.data.pairs import ImagePair, read_pair
from fusion.errors import InputError
from fusion.method.checkpoints import card, load, load_with_hash
from fusion.method.inference import fuse
from fusion.method.registry import find, methods, names
from fusion.synthetic.nightscene import nightscene
from fusion.synthetic.phantom import phantom

__all__ = [
    "Collection",
    "ImagePair",
    "InputError",
    "PairFiles",
    "card",
    "find",
    "fuse",
    "load",
    "load_with_hash",
    "methods",
    "names",
    "nightscene",
    "phantom",
    "read_collection",
    "read_pair",
    "recolor",
]
