"""What options and addresses can be chosen from. Loads nothing, so that a command's help answers at once."""

from __future__ import annotations

from types import MappingProxyType

PICTURES, VALUES = ("png", "svg", "pdf"), ("csv", "npz")
HOSPITAL = MappingProxyType({"capture": "dcm", "map": "dcm", "nifti": "nii.gz"})
"""What a hospital takes, and how its files' names end: DICOM Secondary Capture and Parametric Map, NIfTI."""
PAPER = MappingProxyType({f"figure-{number}": number for number in range(4, 9)})
"""The paper's figures: the number of each, by the word it is exported under."""
FORMATS: dict[str, tuple[str, ...]] = {
    "panel": (*PICTURES, *VALUES, *HOSPITAL),
    "explore": (*PICTURES, *VALUES, "capture"),
    "compare": (*PICTURES, *VALUES, "capture"),
    "report": ("pdf",),
    **dict.fromkeys(PAPER, PICTURES),
}
"""What can be exported, and as what."""
PAPER_METHODS = ("Weighted Averaging", "FunFuseAn", "MaskNet", "DeepFuse", "DeepPedestrian")
"""Rows of the paper's figures, in its order."""
COLORMAPS = ("viridis", "cividis", "magma", "gray")
"""Offered for magnitudes; FuseVis used viridis."""
WINDOWS = (11, 21, 31, 41, 61, 81)
"""Sides of the red box, in pixels."""
LOG_LEVELS = ("debug", "info", "warning", "error")
"""From which level on something is logged."""
CACHE_GIGABYTES = 8.0
"""Disk that computed guidance takes at most, unless told otherwise."""
SIGN_ON = ("none", "local", "proxy", "oidc")
"""How the dashboard learns who asks."""
ROLES = MappingProxyType(
    {
        "viewer": "look at pictures and export them",
        "analyst": "bring pictures and start long jobs",
        "model-admin": "look after networks and have them examined",
        "auditor": "read the audit",
        "monitor": "read how the dashboard does (/metrics)",
    }
)
"""What users can be given, and what each is needed for."""
IDLE_MINUTES = 30.0
"""After so long without a question a session ends, unless told otherwise."""
