"""What every DICOM file that leaves has in its header: whose it is, what made it, and from which images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import highdicom
import torch
from highdicom.base_content import ContributingEquipment
from highdicom.sr.coding import CodedConcept
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, generate_uid

from fusion.data.outgoing.origin import BURNT_IN, NOTICE, PROGRAM, ResultOrigin
from fusion.data.outgoing.source_slice import SourceImage, SourceSlice

PATIENT = ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex")
STUDY = ("StudyID", "AccessionNumber", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyDescription")
IDENTIFIERS = (*PATIENT, *STUDY, "StudyInstanceUID")
"""What a file keeps of its patient where somebody asks for it, by DICOM's keywords."""
EMPTY = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", *STUDY[:5])
"""What has to stand in a file, if without a value."""
LONG_STRING = 63
"""Characters of DICOM's LO, one left for the blank that makes its bytes even."""
SHORT_TEXT = 1024
"""Characters of DICOM's ST."""
LONG_TEXT = 10240
"""Characters of DICOM's LT."""
SCHEME = "99FUSEVIS"
"""Designator of this project's own codes."""


def study_of(origin: ResultOrigin, patient: dict[str, str]) -> UID:
    """The study that a result goes into: the patient's own where names are kept, else one for each pair.

    That one is made from the pair's content: whoever does not have the images learns nothing from it.
    """
    if patient:
        return UID(patient["StudyInstanceUID"])
    return generate_uid(entropy_srcs=[PROGRAM, "study", origin.images])


def kept(source: SourceSlice | None, *, identifiers: bool) -> dict[str, str]:
    """The names and numbers that a file may hold: none unless ``identifiers`` are asked for."""
    return dict(source.patient) if identifiers and source is not None else {}


def complete(dataset: Dataset, origin: ResultOrigin, source: SourceSlice | None, patient: dict[str, str]) -> None:
    """Write what every file has in common; whatever names somebody's library has put there are replaced."""
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword in {*EMPTY, *(set(patient) & set(IDENTIFIERS))}:
        # As they are: pydicom would check them and write the odd ones on the screen.
        dataset.add(DataElement(keyword, dictionary_VR(keyword), patient.get(keyword, ""), validation_mode=IGNORE))
    dataset.StudyInstanceUID = study_of(origin, patient)
    dataset.SeriesDescription = long_string(f"{PROGRAM}: {origin.what}, {origin.network}")
    dataset.Laterality = ""  # of a paired organ; nobody has said which organ it is
    dataset.Manufacturer = PROGRAM
    dataset.ManufacturerModelName = PROGRAM
    versions = (PROGRAM, origin.version), ("torch", torch.__version__), ("highdicom", highdicom.__version__)
    dataset.SoftwareVersions = [" ".join(each) for each in versions]
    dataset.ContentQualification = "RESEARCH"
    dataset.DerivationDescription = "; ".join(reversed(origin.lines()))[:SHORT_TEXT]  # what it is for is never cut
    dataset.ImageComments = f"{NOTICE}. {BURNT_IN} {origin.json()}"[:LONG_TEXT]
    dataset.LossyImageCompression = "01" if source is not None and source.is_lossy else "00"
    dataset.ContributingEquipmentSequence = [_network(origin)]
    _refer(dataset, () if source is None else source.images)


def long_string(words: str) -> str:
    r"""``words`` as DICOM's LO may hold them: no backslash, no line breaks, and no more characters.

    Examples
    --------
    >>> long_string("My\\Net\n2")
    'My Net 2'
    """
    return "".join(each if each.isprintable() and each != "\\" else " " for each in words)[:LONG_STRING]


def _network(origin: ResultOrigin) -> ContributingEquipment:
    """The network, as DICOM has what took part in making an image; its version is the hash of its weights."""
    return ContributingEquipment(
        manufacturer=PROGRAM,
        purpose_of_reference=codes.DCM.ProcessingEquipment,
        manufacturer_model_name=long_string(origin.network),
        software_versions=origin.weights or "no weights",
        contribution_description="Fusion network that was used; its version is the SHA-256 of its weights.",
    )


def _refer(dataset: Dataset, images: Sequence[SourceImage]) -> None:
    """Say which images of the archive it was made from, in this study and in others."""
    for keyword in ("SourceImageSequence", "ReferencedSeriesSequence"):
        if keyword in dataset:
            delattr(dataset, keyword)
    if not images:
        return
    dataset.SourceImageSequence = [reference(image, is_source=True) for image in images]
    others = []
    for study, members in groupby(sorted(images, key=_place), lambda image: image.study):
        series = [_series(uid, part) for uid, part in groupby(members, lambda image: image.series)]
        if study == dataset.StudyInstanceUID:
            dataset.ReferencedSeriesSequence = series
            continue
        other = Dataset()
        other.StudyInstanceUID, other.ReferencedSeriesSequence = study, series
        others.append(other)
    if others:
        dataset.StudiesContainingOtherReferencedInstancesSequence = others


def reference(image: SourceImage, *, is_source: bool = False) -> Dataset:
    """A reference to one image; that it is what a result was computed from stands there where that is asked."""
    found = Dataset()
    found.ReferencedSOPClassUID, found.ReferencedSOPInstanceUID = image.sop_class, image.instance
    if is_source:
        purpose = codes.DCM.SourceImageForImageProcessingOperation
        found.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(purpose)]
    return found


def _place(image: SourceImage) -> tuple[str, str]:
    return image.study, image.series


def _series(uid: str, images: Iterable[SourceImage]) -> Dataset:
    found = Dataset()
    found.SeriesInstanceUID = uid
    found.ReferencedInstanceSequence = [reference(image) for image in images]
    return found
