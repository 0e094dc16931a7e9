"""Slices with known places in a patient, and a DICOM file of one with names that must not travel."""

import io

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid
from scipy.spatial.transform import Rotation

from fusion.data.outgoing.origin import ResultOrigin
from fusion.data.outgoing.source_slice import SourceImage, SourceSlice
from fusion.data.volumes.grid import Grid

H, W = 37, 31
VALUES = np.random.default_rng(0).normal(size=(H, W)).astype(np.float32)
ORIGIN = ResultOrigin("MaskNet", "cd" * 32, "ab" * 32, "Guidance PET", ("pixel row 3, column 4",))
NAMES = {
    "PatientName": "Zyxwvut^Qwertine",
    "PatientID": "PID-7731-ZQ",
    "IssuerOfPatientID": "ISSUERZQ",
    "PatientBirthDate": "19410203",
    "PatientSex": "O",
    "StudyID": "SIDZQ99",
    "AccessionNumber": "ACCZQ55",
    "StudyDate": "20010911",
    "StudyTime": "083015.773164",
    "ReferringPhysicianName": "Physician^Zqreferring",
    "StudyDescription": "Head ZQdescription",
    "StudyInstanceUID": "1.2.826.0.1.3680043.8.498.7777777",
}
"""What a file may hold of its patient, none of it by chance elsewhere."""
MORE_NAMES = {
    "InstitutionName": "ZQinstitution",
    "StationName": "ZQstation",
    "OperatorsName": "Operator^Zq",
    "PatientAddress": "ZQ street 5",
    "DeviceSerialNumber": "ZQserial",
    "PatientComments": "ZQcomment",
}
"""What stands in the files of scanners besides, and must never travel."""
SEEDS = [each for each in {**NAMES, **MORE_NAMES}.values() if len(each) > 1]


def affine(angles=(0, 0, 0), spacing=(3.3, 0.7123456, 1.1), flip=(1, 1, 1), origin=(-101.123456789, 33.3, -7.77)):
    """Of slices, rows and columns, turned by ``angles`` in degrees from an axial slice."""
    found = np.eye(4)
    axial = np.eye(3)[:, [2, 1, 0]]
    turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    found[:3, :3] = turned @ axial * spacing * np.array(flip)
    found[:3, 3] = origin
    return found


PLACES = {
    "axial": affine(),
    "coronal": affine((90, 0, 0)),
    "sagittal": affine((90, 90, 0)),
    "oblique": affine((20, -33, 7)),
    "slices run backwards": affine((20, -33, 7), flip=(-1, 1, 1)),
    "rows run backwards": affine((5, 12, -70), flip=(1, -1, 1)),
    "columns run backwards": affine((5, 12, -70), flip=(1, 1, -1)),
    "all run backwards": affine((140, -12, 70), flip=(-1, -1, -1)),
}


def placed(matrix, shape=(H, W), **more):
    return SourceSlice(Grid((1, *shape), matrix), "1.2.826.0.1.3680043.8.498.4444", **more)


def source_image(study=NAMES["StudyInstanceUID"], number=1):
    series = f"1.2.826.0.1.3680043.8.498.55.{number}"
    return SourceImage(MRImageStorage, f"{series}.1", series, study)


def dicom_slice(matrix=PLACES["oblique"], shape=(H, W), leave_out=(), **more):
    """The bytes of a DICOM file of one slice, full of `NAMES`."""
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.SOPClassUID, found.SOPInstanceUID = MRImageStorage, generate_uid()
    found.SeriesInstanceUID, found.FrameOfReferenceUID = generate_uid(), generate_uid()
    found.Modality = "MR"
    found.Rows, found.Columns = shape
    steps = np.linalg.norm(matrix[:3, :3], axis=0)
    unit = matrix[:3, :3] / steps
    found.ImageOrientationPatient = [f"{each:.14f}"[:16] for each in (*unit[:, 2], *unit[:, 1])]
    found.ImagePositionPatient = [f"{each:.10f}"[:16] for each in matrix[:3, 3]]
    found.PixelSpacing, found.SliceThickness = [f"{each:.10f}" for each in steps[1:]], f"{steps[0]:.10f}"
    for keyword, value in {**NAMES, **MORE_NAMES, **more}.items():
        setattr(found, keyword, value)
    for keyword in leave_out:
        delattr(found, keyword)
    buffer = io.BytesIO()
    found.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def read(content):
    return pydicom.dcmread(io.BytesIO(content))


def corners(matrix, shape=(H, W)):
    """Where the outermost voxels lie, (x, y, z) each, by row and column."""
    rows, cols = shape
    return {(row, col): (matrix @ [0, row, col, 1])[:3] for row in (0, rows - 1) for col in (0, cols - 1)}


def everything(content):
    """All bytes of a DICOM file, and its text as a reader shows it."""
    return content + str(read(content)).encode()
