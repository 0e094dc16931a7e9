"""Values of a slice as a NIfTI file: float32, in the patient's coordinates where they are known."""

from __future__ import annotations

import gzip

import nibabel
import numpy as np
from nibabel.nifti1 import Nifti1Extension
from numpy.typing import NDArray

from fusion.data.outgoing.origin import NOTICE, ResultOrigin
from fusion.data.outgoing.source_slice import SourceSlice, Spacing
from fusion.data.volumes.grid import Affine

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""From DICOM's axes (left, back, head) to NIfTI's (right, front, head)."""
SCANNER, UNKNOWN = 1, 0
"""NIfTI's codes of what an affine leads to."""
SPACES = {"Talairach": 3, "MNI152": 4}
"""The same for frames of reference that are everybody's."""
COMMENT = 6
"""NIfTI's code of an extension that holds plain text."""
DESCRIPTION = 79
"""Bytes of NIfTI's ``descrip``."""


def nifti_slice(
    values: NDArray[np.float32], origin: ResultOrigin, source: SourceSlice | None, spacing: Spacing | None
) -> bytes:
    """Tell which compressed NIfTI file holds ``values`` as they are, axes: column, row, slice.

    Names and numbers of a patient have no place in NIfTI. Where the slice is not known the file says so: both of
    its codes of an affine are 0.

    Parameters
    ----------
    values : float32 (H, W)
    origin : ResultOrigin
    source : SourceSlice or None
        Its grid has the shape (1, H, W).
    spacing : two float or None
        Millimetres from a row and from a column to the next, of a pair whose slice is not known, where they are.
    """
    array = np.ascontiguousarray(values, np.float32).T[..., None]
    between_rows, between_cols = spacing or (1.0, 1.0)
    affine = np.diag([between_cols, between_rows, 1.0, 1.0]) if source is None else _ras(source)
    image = nibabel.Nifti1Image(array, affine)
    header = image.header
    header.set_xyzt_units("mm" if source is not None or spacing else "unknown")
    code = UNKNOWN if source is None else SPACES.get(source.frame_of_reference or "", SCANNER)
    image.set_sform(affine, code)
    image.set_qform(affine, code if _is_straight(affine) else UNKNOWN)
    header["descrip"] = f"{origin.what}, {origin.network}. {NOTICE}".encode("ascii", "replace")[:DESCRIPTION]
    header.extensions.append(Nifti1Extension(COMMENT, origin.json().encode()))
    return gzip.compress(image.to_bytes(), mtime=0)


def _ras(source: SourceSlice) -> Affine:
    """From (column, row, slice) to millimetres to the right, to the front and to the head."""
    found: Affine = TO_RAS @ source.grid.affine[:, [2, 1, 0, 3]]
    return found


def _is_straight(affine: Affine) -> bool:
    """Whether the axes stand at right angles: NIfTI's quaternions hold no shear."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() < 1e-6)
