"""Why a fused pixel has its value: Jacobians, guidance images and how local a network is.

Notation used throughout: J_k[r, c, i, j] = ∂y[r, c] / ∂x_k[i, j], the derivative of fused pixel (r, c) with
respect to pixel (i, j) of input k. Pixels are (row, col). Values are signed and never scaled here.

>>> import fusion, saliency
>>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
>>> J = saliency.jacobian(net, pair, (128, 100))
>>> J.first.shape, J.full()[0].shape
((1, 1), (256, 256))
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)  # the names stand in __init__.pyi
