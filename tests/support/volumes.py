"""Volumes made for tests: on any grid, turned any way round, with SimpleITK's and nibabel's view of them."""

from __future__ import annotations

from itertools import permutations, product

import nibabel as nib
import numpy as np
import SimpleITK as sitk  # noqa: N813  # as all its users call it

from fusion.data.volumes.grid import Grid
from fusion.data.volumes.volume import Volume

AXIS_ORDERS = [
    (order, signs)
    for order in permutations(range(3))
    for signs in ((1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1))
]
"""Which patient axis slices, rows and columns run along, and which way: more than the nine that scanners make."""
SIGNS = tuple(product((1, -1), repeat=3))
RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""From DICOM's patient coordinates (left, back, head) to nibabel's (right, front, head) and back."""
REVERSED = [2, 1, 0, 3]
"""From (slice, row, col) to nibabel's and SimpleITK's order of axes."""


def grid(
    shape=(5, 7, 4),
    order=(2, 1, 0),
    signs=(1, 1, 1),
    spacing=(3.0, 1.5, 0.75),
    centre=(-11.0, 23.0, 5.0),
    tilt=0.0,
):
    """A grid about ``centre`` whose axes run along the patient's ``order``, tilted by degrees."""
    columns = np.zeros((3, 3))
    for axis, (patient, sign, length) in enumerate(zip(order, signs, spacing, strict=True)):
        columns[patient, axis] = sign * length
    affine = np.eye(4)
    affine[:3, :3] = _rotation(np.radians(tilt)) @ columns
    affine[:3, 3] = centre - affine[:3, :3] @ (np.array(shape) - 1) / 2
    return Grid(tuple(shape), affine)


def volume(seed=0, modality="MRI", unit="grey level", frame="1.2.3", **how):
    """Random voxels on a grid, see `grid`."""
    where = grid(**how)
    voxels = np.random.default_rng(seed).uniform(-100, 900, where.shape).astype(np.float32)
    return Volume(voxels, where, unit, modality, frame)


def as_nifti(made):
    """The same volume as nibabel has it: columns, rows, slices; right, front, head."""
    return nib.Nifti1Image(made.voxels.transpose(2, 1, 0), RAS @ made.grid.affine[:, REVERSED])


def as_sitk(made):
    """The same volume as SimpleITK has it."""
    affine = made.grid.affine[:, REVERSED]
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image = sitk.GetImageFromArray(made.voxels)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
    return image


def resampled_by_sitk(made, on):
    """``made`` on the grid of ``on``, (slices, rows, cols) of that; NaN outside."""
    found = sitk.Resample(as_sitk(made), as_sitk(on), sitk.Transform(), sitk.sitkLinear, float("nan"))
    return sitk.GetArrayFromImage(found)


def _rotation(angle):
    """About the axis (1, 2, 3), by Rodrigues."""
    x, y, z = np.array([1, 2, 3]) / np.sqrt(14)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def write_nifti(made, file, *, code=1):
    """Write a volume as NIfTI, its place with that form code; 0 leaves the place out."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = as_nifti(made)
    image.set_sform(image.affine, code)
    image.set_qform(image.affine, 0)
    nib.save(image, file)
    return file
