"""What the metrics are called, apart from how they are computed: help lists them without loading numpy."""

METRIC_NAMES = (
    "EN",
    "SD",
    "SF",
    "AG",
    "MI",
    "NMI",
    "SCD",
    "CC",
    "PSNR",
    "VIF",
    "Qabf",
    "SSIM",
    "MS-SSIM",
    "FMI",
)
"""In the order of tables."""
