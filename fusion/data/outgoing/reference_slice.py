"""Where does the slice of a pair lie, when a DICOM file of that slice is named beside it?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from fusion.data.outgoing.source_header import read_header, source_header
from fusion.data.outgoing.source_slice import SourceSlice
from fusion.data.volumes.grid import Affine, Grid
from fusion.errors import InputError

NEEDED = ("Rows", "Columns", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
MORE = (*NEEDED, "FrameOfReferenceUID", "NumberOfFrames", "SliceThickness", "SpacingBetweenSlices")
"""What is read of a file besides, by DICOM's keywords."""


def reference_slice(file: Path) -> SourceSlice:
    """Read the place, the UIDs and the patient of a DICOM file that holds one slice; its pixels are not read.

    Raises
    ------
    InputError
        The file cannot be read as DICOM, holds several slices, or says no place.
    """
    dataset = read_header(file, MORE)
    _check(file, dataset)
    affine = _checked_affine(file, dataset)
    header = source_header(dataset)
    return SourceSlice(
        Grid((1, int(dataset.Rows), int(dataset.Columns)), affine),
        str(dataset.FrameOfReferenceUID) if dataset.get("FrameOfReferenceUID") else None,
        (header.image,) if header.image else (),
        is_lossy=header.is_lossy,
        burnt_in_text=header.burnt_in_text,
        patient=header.patient,
    )


def _check(file: Path, dataset: Dataset) -> None:
    if str(dataset.get("NumberOfFrames") or 1) != "1":
        raise InputError(f"{file} holds several slices; name the file of one.")
    missing = [keyword for keyword in NEEDED if not dataset.get(keyword)]
    if missing:
        absent = " and no ".join(missing)
        raise InputError(f"{file} has no {absent}; name a file that says where its slice lies.")


def _checked_affine(file: Path, dataset: Dataset) -> Affine:
    try:
        affine = _affine(dataset)
    except (TypeError, ValueError):
        affine = np.zeros((4, 4))
    if not (np.isfinite(affine).all() and abs(np.linalg.det(affine)) > 0):
        raise InputError(f"{file} says a place that cannot be; name a file that says where its slice lies.")
    return affine


def _affine(dataset: Dataset) -> Affine:
    """By DICOM C.7.6.2.1.1: the first three numbers of the orientation are the direction that columns grow to."""
    orientation = np.array(dataset.ImageOrientationPatient, float)
    along_cols, along_rows = orientation[:3], orientation[3:]
    between_rows, between_cols = (float(each) for each in dataset.PixelSpacing)
    apart = float(dataset.get("SpacingBetweenSlices") or dataset.get("SliceThickness") or 1)
    affine: Affine = np.eye(4)
    affine[:3, 0] = np.cross(along_cols, along_rows) * abs(apart)
    affine[:3, 1] = along_rows * between_rows
    affine[:3, 2] = along_cols * between_cols
    affine[:3, 3] = np.array(dataset.ImagePositionPatient, float)
    return affine
