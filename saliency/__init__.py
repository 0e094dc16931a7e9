"""Why a fused pixel has its value: Jacobians, guidance images and how local a network is.

Notation used throughout: J_k[r, c, i, j] = ∂y[r, c] / ∂x_k[i, j], the derivative of fused pixel (r, c) with
respect to pixel (i, j) of input k. Pixels are (row, col). Values are signed and never scaled here.

>>> import fusion, saliency
>>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
>>> J = saliency.jacobian(net, pair, (128, 100))
>>> J.first.shape, J.full()[0].shape
((1, 1), (256, 256))
"""

from saliency.correlation import Correlation, correlation
from saliency.fusing import fused_image
from saliency.guidance import Guidance, guidance, guidance_rgb, guidance_stream
from saliency.influence import Influence, influence
from saliency.jacobian import Jacobian, jacobian
from saliency.locality import Locality, locality

__all__ = [
    "Correlation",
    "Guidance",
    "Influence",
    "Jacobian",
    "Locality",
    "correlation",
    "fused_image",
    "guidance",
    "guidance_rgb",
    "guidance_stream",
    "influence",
    "jacobian",
    "locality",
]
