"""Why a fused pixel has its value: Jacobians, guidance images and how local a network is.

Notation used throughout: J_k[r, c, i, j] = ∂y[r, c] / ∂x_k[i, j], the derivative of fused pixel (r, c) with
respect to pixel (i, j) of input k. Pixels are (row, col). Values are signed and never scaled here.

>>> import fusion, saliency
>>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
>>> J = saliency.jacobian(net, pair, (128, 100))
>>> J.first.shape, J.full()[0].shape
((1, 1), (256, 256))
"""

from saliency.attribution.integrated_gradients import integrated_gradients
from saliency.attribution.local_attribution import diffusion_index, local_attribution
from saliency.attribution.result import Attribution
from saliency.attribution.smoothgrad import smooth_gradients
from saliency.derivatives.column import Column, column
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.guidance import Guidance, guidance, guidance_rgb, guidance_stream
from saliency.derivatives.jacobian import Jacobian, jacobian
from saliency.derivatives.region_rows import RegionRows, region_rows, region_rows_stream
from saliency.measures.guidance_correlation import Correlation, correlation
from saliency.measures.influence import Influence, influence
from saliency.measures.region_contrast import Contrast, contrast
from saliency.measures.region_report import RegionReport, region_report
from saliency.measures.share_map import ShareMap, share_map
from saliency.receptive_field.locality import Locality, locality
from saliency.validation.nudge import Nudge, nudge
from saliency.validation.trust_card import Check, trust_card, trust_checks

__all__ = [
    "Attribution",
    "Check",
    "Column",
    "Contrast",
    "Correlation",
    "Guidance",
    "Influence",
    "Jacobian",
    "Locality",
    "Nudge",
    "RegionReport",
    "RegionRows",
    "ShareMap",
    "column",
    "contrast",
    "correlation",
    "diffusion_index",
    "fused_image",
    "guidance",
    "guidance_rgb",
    "guidance_stream",
    "influence",
    "integrated_gradients",
    "jacobian",
    "local_attribution",
    "locality",
    "nudge",
    "region_report",
    "region_rows",
    "region_rows_stream",
    "share_map",
    "smooth_gradients",
    "trust_card",
    "trust_checks",
]
