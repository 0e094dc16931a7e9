"""Small DICOM files: series of slices with any geometry, Enhanced and NM files, and what SimpleITK reads."""

import numpy as np
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    NuclearMedicineImageStorage,
    PositronEmissionTomographyImageStorage,
    generate_uid,
)

SHAPE = SLICES, ROWS, COLS = 5, 6, 7
CLASSES = {
    "MR": MRImageStorage,
    "CT": CTImageStorage,
    "PT": PositronEmissionTomographyImageStorage,
    "NM": NuclearMedicineImageStorage,
}
ORIGIN, SPACING = (-11.5, 7.25, 3.5), (3.0, 0.75, 0.5)
STORED = np.random.default_rng(6).integers(0, 4096, SHAPE).astype(np.uint16)
OBLIQUE = np.linalg.qr(np.random.default_rng(7).normal(size=(3, 3)))[0]
OBLIQUE *= -np.sign(np.linalg.det(OBLIQUE))  # so that slices grow along their normal, columns × rows


def dataset(values, modality="MR", **tags):
    """A file's content but for its geometry: one slice, or the frames of several."""
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.SOPClassUID = CLASSES.get(modality, MRImageStorage)
    found.SOPInstanceUID = generate_uid()
    found.Modality = modality
    found.PatientID, found.PatientName = "P-4711", "Muster^Erika"
    found.SeriesNumber, found.SeriesDescription = 3, "axial"
    found.Rows, found.Columns = values.shape[-2:]
    if values.ndim == 3:
        found.NumberOfFrames = len(values)
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.BitsAllocated = found.BitsStored = 8 * values.dtype.itemsize
    found.PixelRepresentation = int(values.dtype.kind == "i")
    found.PixelData = values.tobytes()
    put(found, **tags)
    found.HighBit = found.BitsStored - 1
    return found


def put(found, **tags):
    """Set elements; None takes one away."""
    for keyword, value in tags.items():
        if value is None:
            delattr(found, keyword)
        else:
            setattr(found, keyword, value)


def save(found, file):
    file.parent.mkdir(parents=True, exist_ok=True)
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
    found.save_as(file, enforce_file_format=True)
    return file


def series(
    folder, values=STORED, modality="MR", *, axes=OBLIQUE, spacing=SPACING, origin=(-11.5, 7.25, 3.5), **tags
):
    """Write a slice a file, names and instance numbers in another order than places; tags per slice where listed.

    Parameters
    ----------
    axes : (3, 3)
        Columns: the directions in which slices, rows and columns grow.
    """
    uid = generate_uid()
    frame = generate_uid()
    files = []
    for index, plane in enumerate(values):
        own = {name: each[index] if _is_by_slice(each, values) else each for name, each in tags.items()}
        slice_ = dataset(plane, modality, SeriesInstanceUID=uid, FrameOfReferenceUID=frame)
        slice_.InstanceNumber = 1 + (index * 3) % len(values)
        slice_.ImagePositionPatient = decimals(np.array(origin) + index * spacing[0] * axes[:, 0])
        slice_.ImageOrientationPatient = decimals([*axes[:, 2], *axes[:, 1]])
        slice_.PixelSpacing = list(spacing[1:])
        slice_.SliceThickness = spacing[0]
        put(slice_, **own)
        slice_.HighBit = slice_.BitsStored - 1
        files.append(save(slice_, folder / f"{(index * 2) % len(values)}-{index}"))
    return files


def _is_by_slice(value, values):
    return isinstance(value, list) and len(value) == len(values)


def decimals(numbers):
    """As decimal strings of at most 16 characters."""
    return [f"{number:.10f}"[:16] for number in numbers]


def enhanced(values=STORED, *, axes=OBLIQUE, spacing=SPACING, origin=(1.0, 2.0, 3.0), slopes=None):
    """An Enhanced MR file, frames in another order than places."""
    found = dataset(values, FrameOfReferenceUID=generate_uid(), SeriesInstanceUID=generate_uid())
    found.SOPClassUID = EnhancedMRImageStorage
    shared, measures, plane = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = list(spacing[1:]), spacing[0]
    plane.ImageOrientationPatient = decimals([*axes[:, 2], *axes[:, 1]])
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([plane])
    found.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for index in range(len(values)):
        frame, place = Dataset(), Dataset()
        place.ImagePositionPatient = decimals(np.array(origin) + index * spacing[0] * axes[:, 0])
        frame.PlanePositionSequence = Sequence([place])
        if slopes is not None:
            scale = Dataset()
            scale.RescaleSlope, scale.RescaleIntercept, scale.RescaleType = slopes[index], 1, "US"
            frame.PixelValueTransformationSequence = Sequence([scale])
        frames.append(frame)
    found.PerFrameFunctionalGroupsSequence = Sequence(frames)
    return found


def sitk_volume(files):
    """Voxels (slices, rows, cols) and affine of (slice, row, col) by SimpleITK, which sorts by place."""
    if len(files) > 1:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(files[0].parent)))
        image = reader.Execute()
    else:
        image = SimpleITK.ReadImage(str(files[0]))
    return SimpleITK.GetArrayFromImage(image), sitk_affine(image)


def sitk_affine(image):
    affine = np.eye(4)
    turned = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    affine[:3] = np.column_stack([turned[:, ::-1], image.GetOrigin()])
    return affine
