"""Where does the slice of a pair lie, when a DICOM file of that slice is named beside it?"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from fusion.data.outgoing.dicom_headers import IDENTIFIERS
from fusion.data.outgoing.source_slice import SourceImage, SourceSlice
from fusion.data.volumes.grid import Affine, Grid
from fusion.errors import InputError

NEEDED = ("Rows", "Columns", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
READ = (
    *NEEDED,
    *IDENTIFIERS,
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "NumberOfFrames",
    "SliceThickness",
    "SpacingBetweenSlices",
    "LossyImageCompression",
    "BurnedInAnnotation",
)
"""What is read of a file, by DICOM's keywords."""


def reference_slice(file: Path) -> SourceSlice:
    """Read the place, the UIDs and the patient of a DICOM file that holds one slice; its pixels are not read.

    Raises
    ------
    InputError
        The file cannot be read as DICOM, holds several slices, or says no place.
    """
    try:
        with file.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom warns of an odd name by writing it on the screen
            return _slice(pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=list(READ)))
    except (OSError, InputError):
        raise
    except Exception as error:  # whatever a damaged file makes of its reader
        raise InputError(f"{file} cannot be read as DICOM; name the DICOM file of the pair's slice.") from error


def _slice(dataset: Dataset) -> SourceSlice:
    missing = [keyword for keyword in NEEDED if not dataset.get(keyword)]
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        raise InputError("This DICOM file holds several slices; name the file of one.")
    if missing:
        raise InputError(
            f"This DICOM file has no {' and no '.join(missing)}; name one that says where its slice lies."
        )
    affine = _affine(dataset)
    if not (np.isfinite(affine).all() and abs(np.linalg.det(affine)) > 0):
        raise InputError("This DICOM file says a place that cannot be; name one that says where its slice lies.")
    return SourceSlice(
        Grid((1, int(dataset.Rows), int(dataset.Columns)), affine),
        str(dataset.FrameOfReferenceUID) if dataset.get("FrameOfReferenceUID") else None,
        (
            SourceImage(
                *(
                    str(dataset[keyword].value)
                    for keyword in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
                )
            ),
        ),
        is_lossy=dataset.get("LossyImageCompression") == "01",
        burnt_in_text=str(dataset.get("BurnedInAnnotation") or ""),
        patient={keyword: str(dataset[keyword].value) for keyword in IDENTIFIERS if dataset.get(keyword)},
    )


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
