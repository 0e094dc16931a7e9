from .attribution.integrated_gradients import integrated_gradients
from .attribution.local_attribution import diffusion_index, local_attribution
from .attribution.result import Attribution
from .attribution.smoothgrad import smooth_gradients
from .derivatives.column import Column, column
from .derivatives.fused_image import fused_image
from .derivatives.guidance import Guidance, guidance, guidance_stream
from .derivatives.guidance_rgb import guidance_rgb
from .derivatives.jacobian import Jacobian, jacobian
from .derivatives.region_rows import RegionRows, region_rows, region_rows_stream
from .measures.guidance_correlation import Correlation, correlation
from .measures.influence import Influence, influence
from .measures.region_contrast import Contrast, contrast
from .measures.region_report import RegionReport, region_report
from .measures.share_map import ShareMap, share_map
from .receptive_field.locality import Locality, locality
from .validation.misregistration import ShareUnderMoves, share_under_moves
from .validation.nudge import Nudge, nudge
from .validation.trust_card import Check, trust_card, trust_checks

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
    "ShareUnderMoves",
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
    "share_under_moves",
    "smooth_gradients",
    "trust_card",
    "trust_checks",
]
