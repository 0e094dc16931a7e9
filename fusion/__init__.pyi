from .data.collection import Collection, PairFiles, read_collection
from .data.color import recolor
from .data.pairs import ImagePair, read_pair
from .errors import InputError
from .method.carded_network import CardedNetwork
from .method.checkpoints import card, load, load_with_hash
from .method.inference import fuse
from .method.network_card import NetworkCard, read_card
from .method.own_loading import load_own
from .method.own_network import OwnNetwork, own_network
from .method.registry import find, methods, names
from .synthetic.nightscene import nightscene
from .synthetic.phantom import phantom

__all__ = [
    "CardedNetwork",
    "Collection",
    "ImagePair",
    "InputError",
    "NetworkCard",
    "OwnNetwork",
    "PairFiles",
    "card",
    "find",
    "fuse",
    "load",
    "load_own",
    "load_with_hash",
    "methods",
    "names",
    "nightscene",
    "own_network",
    "phantom",
    "read_card",
    "read_collection",
    "read_pair",
    "recolor",
]
