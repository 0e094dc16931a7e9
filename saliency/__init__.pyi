from .attribution.local_attribution import diffusion_index
from .attribution.result import Attribution
from .derivatives.column import Column
from .derivatives.fused_image import fused_image
from .derivatives.guidance import Guidance
from .derivatives.guidance_rgb import guidance_rgb
from .derivatives.jacobian import Jacobian
from .derivatives.region_rows import RegionRows
from .measures.guidance_correlation import Correlation, correlation
from .measures.influence import Influence, influence
from .measures.region_contrast import Contrast, contrast
from .measures.region_report import RegionReport, region_report
from .measures.share_map import ShareMap, share_map
from .receptive_field.locality import Locality, locality
from .validation.checked_maps import (
    column,
    guidance,
    guidance_stream,
    integrated_gradients,
    jacobian,
    local_attribution,
    nudge,
    region_rows,
    region_rows_stream,
    share_under_moves,
    smooth_gradients,
    trust_card,
    trust_checks,
)
from .validation.checked_network import checked_on_pair
from .validation.misregistration import ShareUnderMoves
from .validation.nudge import Nudge
from .validation.trust_card import Check

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
    "checked_on_pair",
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
