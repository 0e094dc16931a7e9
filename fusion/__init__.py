"""What is being explained: image pairs, the methods that fuse them, and their training.

>>> import fusion
>>> net = fusion.load("Weighted Averaging")
>>> fusion.fuse(net, fusion.phantom(seed=7)).shape
(256, 256)
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)  # the names stand in __init__.pyi
