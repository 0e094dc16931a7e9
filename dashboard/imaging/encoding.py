"""From arrays to pictures a Plotly figure can show."""

from __future__ import annotations

import base64
import io
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dashboard.imaging.colormaps import DIVERGING, NO_SLOPE, table
from saliency.measures.display import scaled


def to_bytes(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Grey levels for values in [0, 1]; what lies outside is clipped.

    Examples
    --------
    >>> to_bytes(np.array([-0.2, 0.5, 1.0])).tolist()
    [0, 128, 255]
    """
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def colored(
    values: NDArray[np.float32], limit: float, gamma: float, display: str, colormap: str
) -> NDArray[np.uint8]:
    """Derivatives as colours, uint8 (H, W, 3): scaled by ``limit``, power law, looked up.

    Signed values use the diverging table whatever ``colormap`` says: zero has to be its centre. What is not finite
    is no place in any table and gets `NO_SLOPE`.
    """
    is_finite = np.isfinite(values)
    position = scaled(np.where(is_finite, values, 0), limit, gamma, display)
    if display == "signed":
        colors = table(DIVERGING)[np.round((position + 1) * 127.5).astype(np.uint8)]
    else:
        colors = table(colormap)[np.round(position * 255).astype(np.uint8)]
    colors[~is_finite] = NO_SLOPE
    return colors


def png_source(pixels: NDArray[np.uint8]) -> str:
    """A data address of ``pixels``, uint8 (H, W) or (H, W, 3), as lossless PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
