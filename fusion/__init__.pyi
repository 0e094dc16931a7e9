from .data.collection import Collection, PairFiles, read_collection
from .data.color import recolor
from .data.pairs import ImagePair, read_pair
from .errors import InputError
from .method.checkpoints import card, load, load_with_hash
from .method.inference import fuse
from .method.registry import find, methods, names
from .synthetic.nightscene import nightscene
from .synthetic.phantom import phantom

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
