"""Samples that stand for "nothing was measured here": the fill value a TIFF declares (GDAL_NODATA)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from fusion.errors import InputError

_GDAL_NODATA = 42113


def fill_value(page: tifffile.TiffPage) -> float | None:
    """Tell which value of a page stands for no data, or None where the file declares none or no number."""
    try:
        return float(str(page.tags.valueof(_GDAL_NODATA, "")).strip("\0 "))
    except ValueError:
        return None


def without_fill(
    path: Path, samples: NDArray[np.generic], fill: float | None
) -> tuple[NDArray[np.generic], tuple[str, ...]]:
    """Tell what samples say once their fill value is the lowest that was measured, and a remark for a person.

    A pixel of several bands is filled where all of them hold the value. InputError where nothing else is held.

    Examples
    --------
    >>> samples, remarks = without_fill(Path("pet.tif"), np.array([[-1e9, 2.0], [3.0, 4.0]]), -1e9)
    >>> samples.tolist(), remarks
    ([[2.0, 2.0], [3.0, 4.0]], ('1 pixel holds no data (fill value -1e+09) and is shown as the lowest value.',))
    """
    if fill is None:
        return samples, ()
    filled = is_fill(samples, fill)
    count = int(np.count_nonzero(filled))
    if not count:
        return samples, ()
    if count == filled.size:
        raise InputError(f"{path} holds no data: every pixel has its fill value {fill:g}; choose another picture.")
    lowest = samples[~filled].min()
    told = f"{count:,} pixels hold no data" if count > 1 else "1 pixel holds no data"
    shown = "are" if count > 1 else "is"
    where = filled if samples.ndim == filled.ndim else filled[..., None]
    return np.where(where, lowest, samples), (
        f"{told} (fill value {fill:g}) and {shown} shown as the lowest value.",
    )


def is_fill(samples: NDArray[np.generic], fill: float) -> NDArray[np.bool_]:
    """Where samples are the fill value in their own precision: -3.4028235e+38 is written in decimals."""
    if samples.dtype.kind == "f":
        same = np.isnan(samples) if np.isnan(fill) else samples == np.asarray(fill).astype(samples.dtype)
    else:
        same = samples == fill
    return np.asarray(same.all(axis=-1) if samples.ndim == 3 else same, bool)
