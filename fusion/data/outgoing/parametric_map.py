"""Values of a slice as a DICOM Parametric Map: float32, at their place in the patient."""

from __future__ import annotations

import io

import highdicom
import numpy as np
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.pm import ParametricMap, RealWorldValueMapping
from highdicom.sr.coding import CodedConcept
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import MRImageStorage, generate_uid

from fusion.data.outgoing.dicom_headers import SCHEME, complete, kept, reference, study_of
from fusion.data.outgoing.origin import PROGRAM, ResultOrigin
from fusion.data.outgoing.quantity import NO_PLACE, Quantity
from fusion.data.outgoing.source_slice import SourceSlice, is_uid
from fusion.data.volumes.grid import Affine, Grid
from fusion.errors import InputError

SERIES = 9002
"""Number of a series of maps: above those of a scanner."""
SQUARE = 1e-4
"""Cosine by which rows and columns of a slice may miss a right angle: DICOM has no sheared pixels."""


def parametric_map(
    values: NDArray[np.float32],
    quantity: Quantity,
    origin: ResultOrigin,
    source: SourceSlice | None,
    *,
    identifiers: bool = False,
) -> bytes:
    """Tell which DICOM file holds ``values`` as they are, at the place of their slice.

    Where the slice has no frame of reference, the map has one of its own: it then lies beside no other image.

    Parameters
    ----------
    values : float32 (H, W)
        Finite.
    quantity : Quantity
    origin : ResultOrigin
    source : SourceSlice or None
        Its grid has the shape (1, H, W).
    identifiers : bool
        Keep the patient's and the study's names and numbers.

    Raises
    ------
    InputError
        The slice has no place in a patient, is sheared or of another size, or a value is not finite.
    """
    if source is None:
        raise InputError(NO_PLACE)
    values = np.ascontiguousarray(values, np.float32)
    _check(values, source)
    patient = kept(source, identifiers=identifiers)
    frame = _frame(source)
    # The volume carries its own place. A bare array would be matched to the order of the source files.
    volume = highdicom.Volume(values[None], _upright(source.grid), "PATIENT", frame)
    found = ParametricMap(
        [_stand_in(volume, study_of(origin, patient))],
        volume,
        series_instance_uid=generate_uid(),
        series_number=SERIES,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer=PROGRAM,
        manufacturer_model_name=PROGRAM,
        software_versions=origin.version,
        device_serial_number=origin.weights[:16] or "none",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[_mapping(values, quantity)],
        voi_lut_transformations=[_window(values)],
        content_label=quantity.code,
        content_description=quantity.meaning,
    )
    complete(found, origin, source, patient)
    _derived(found, source)
    (measures,) = found.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    measures.SpacingBetweenSlices = measures.SliceThickness  # highdicom says 1 of a single slice
    buffer = io.BytesIO()
    found.save_as(buffer)
    return buffer.getvalue()


def _check(values: NDArray[np.float32], source: SourceSlice) -> None:
    source.check_size(values.shape)
    if not np.isfinite(values).all():
        raise InputError("A value is not finite, which a Parametric Map cannot hold; export NPZ.")
    _, along_rows, along_cols = (source.grid.affine[:3, :3] / source.grid.spacing).T
    if abs(along_rows @ along_cols) > SQUARE:
        raise InputError("The pixels of this slice are sheared, which DICOM cannot say; export NIfTI.")


def _upright(grid: Grid) -> Affine:
    """Where the pixels of a single slice lie, its thickness at right angles to them.

    The next slice may lie a little aside, as a tilted gantry and a moved table make it; of a single one that says
    nothing.
    """
    affine = grid.affine.copy()
    _, along_rows, along_cols = affine[:3, :3].T
    normal = np.cross(along_cols, along_rows)
    normal /= np.linalg.norm(normal)
    affine[:3, 0] = normal * (normal @ affine[:3, 0])
    return affine


def _frame(source: SourceSlice) -> str:
    """DICOM's UID of the coordinate system. A template's name is none; highdicom takes no other word either."""
    named = source.frame_of_reference or ""
    return named if is_uid(named) else generate_uid()


def _stand_in(volume: highdicom.Volume, study: str) -> Dataset:
    """What highdicom copies its header from. The patient's own file would be copied with all names in it."""
    found = Dataset()
    found.SOPClassUID, found.SOPInstanceUID = MRImageStorage, generate_uid()
    found.StudyInstanceUID, found.SeriesInstanceUID = study, generate_uid()
    found.FrameOfReferenceUID = volume.frame_of_reference_uid
    found.Rows, found.Columns = volume.spatial_shape[1:]
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "AccessionNumber"):
        setattr(found, keyword, "")
    found.StudyDate = found.StudyTime = None
    found.PixelSpacing, found.SliceThickness = list(volume.pixel_spacing), volume.spacing[0]
    found.ImageOrientationPatient = [*volume.unit_vectors()[2], *volume.unit_vectors()[1]]
    found.ImagePositionPatient = list(volume.position)
    return found


def _mapping(values: NDArray[np.float32], quantity: Quantity) -> RealWorldValueMapping:
    return RealWorldValueMapping(
        lut_label=quantity.code,
        lut_explanation=quantity.meaning,
        unit=getattr(codes.UCUM, quantity.unit),
        value_range=(float(values.min()), float(values.max())),
        slope=1.0,
        intercept=0.0,
        quantity_definition=CodedConcept(quantity.code, SCHEME, quantity.meaning),
    )


def _window(values: NDArray[np.float32]) -> highdicom.VOILUTTransformation:
    """Shown from the least to the largest value."""
    low, high = float(values.min()), float(values.max())
    return highdicom.VOILUTTransformation(
        window_center=(low + high) / 2, window_width=(high - low) or 1.0, voi_lut_function="LINEAR_EXACT"
    )


def _derived(found: Dataset, source: SourceSlice) -> None:
    """Replace the stand-in by the images that the values were computed from; there may be none in an archive."""
    item = Dataset()
    item.DerivationCodeSequence = [CodedConcept("FUSION", SCHEME, "Computed from a pair by a fusion network")]
    item.SourceImageSequence = [reference(image, is_source=True) for image in source.images]
    found.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence = [item] if source.images else []
    found.CodingSchemeIdentificationSequence = [
        CodingSchemeIdentificationItem(SCHEME, name="FuseVis, values of image fusion")
    ]
