"""What does the header of a DICOM file say? Read up to the pixels, and no further tags than are needed."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fusion.data.picture import MAX_PIXELS
from fusion.data.volumes.dicom_voxels import check_syntax
from fusion.data.volumes.element_text import element_text
from fusion.data.volumes.file_stamp import stamp_of
from fusion.data.volumes.frame_headers import ACQUISITIONS, FrameHeader, frame_headers
from fusion.data.volumes.standardized_uptake import PRIVATE_TAGS, UPTAKE_TAGS, uptake_words
from fusion.errors import InputError

MAX_FRAMES = 16384
"""In one file."""
MODALITIES = MappingProxyType({"MR": "MRI", "PT": "PET", "NM": "SPECT", "CT": "CT"})

_WANTED = (
    *ACQUISITIONS,
    *UPTAKE_TAGS,
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Modality"),
    *("PatientID", "PatientName", "PatientBirthDate", "SeriesNumber", "SeriesDescription"),
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated"),
    *("BitsStored", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"),
    *("SpacingBetweenSlices", "NumberOfSlices", "SliceVector", "DetectorInformationSequence"),
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "DirectoryRecordSequence"),
)
_LONGEST_TITLE = 64
_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class DicomHeader:
    """One file.

    Attributes
    ----------
    instance, series, frame_of_reference : str
        Unique identifiers, empty where there is none.
    patient : str
        A hash, empty where the file names no patient.
    modality, title : str
        The title holds nothing that names the patient.
    rows, cols : int
    stamp : two int
        As in `stamp_of`.
    frames : tuple of FrameHeader
    is_inverse : bool
        Whether the lowest value is white.
    padding : two int or None
        The lowest and the highest stored value that stands for no data.
    rescale_type : str
        The unit that the file names; ``"HU"`` for CT that names none, ``""`` else.
    thickness : float or None
        Of a slice, in mm.
    slices_said : int
        How many slices a PET file says that its volume has, 0 where it says nothing.
    uptake : mapping of str to str
        What SUV are made of, by DICOM's keywords.
    remarks : tuple of str
    """

    instance: str
    series: str
    frame_of_reference: str
    patient: str
    modality: str
    title: str
    rows: int
    cols: int
    stamp: tuple[int, int]
    frames: tuple[FrameHeader, ...]
    is_inverse: bool = False
    padding: tuple[int, int] | None = None
    rescale_type: str = ""
    thickness: float | None = None
    slices_said: int = 0
    uptake: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> DicomHeader:
        """From what JSON has kept of one."""
        frames = tuple(
            FrameHeader(**{word: _tuple(value) for word, value in each.items()}) for each in words["frames"]
        )
        return cls(**{**words, "frames": frames, "remarks": tuple(words["remarks"])})


def _tuple(value: Any) -> Any:  # noqa: ANN401  (JSON has lists alone)
    return tuple(value) if isinstance(value, list) else value


def dicom_header(file: Path) -> Mapping[str, object]:
    """Tell what a DICOM file's header says: of slices, or which files a DICOMDIR names.

    Raises
    ------
    InputError
        It holds no slices in grey levels, more than the limits, or is cut short.
    """
    import pydicom

    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    wanted: list[Any] = [*_WANTED, *PRIVATE_TAGS]
    try:
        with file.open("rb") as opened:
            dataset = pydicom.dcmread(opened, stop_before_pixels=True, specific_tags=wanted)
            left = file.stat().st_size - opened.tell()
    except pydicom.errors.InvalidDicomError as error:
        told = "is no DICOM file with its preamble (DICM); export it as a file of DICOM's part 10."
        raise InputError(f"{file} {told}") from error
    if dataset.file_meta.get("MediaStorageSOPClassUID") == _DIRECTORY:
        return {"kind": "dicomdir", "files": list(_named_files(dataset))}
    _check_kind(file, dataset)
    _check_size(file, dataset, left)
    return {"kind": "dicom", "header": asdict(_header(file, dataset))}


def _header(file: Path, dataset: Any) -> DicomHeader:  # noqa: ANN401  (elements of any kind)
    modality = element_text(dataset.get("Modality"))
    return DicomHeader(
        instance=str(dataset.get("SOPInstanceUID") or ""),
        series=str(dataset.get("SeriesInstanceUID") or ""),
        frame_of_reference=str(dataset.get("FrameOfReferenceUID") or ""),
        patient=_patient(dataset),
        modality=MODALITIES.get(modality, ""),
        title=_title(dataset, MODALITIES.get(modality, modality)),
        rows=int(dataset.Rows),
        cols=int(dataset.Columns),
        stamp=stamp_of(file),
        frames=frame_headers(file, dataset),
        is_inverse=dataset.get("PhotometricInterpretation") == "MONOCHROME1",
        padding=_padding(dataset),
        rescale_type=_rescale_type(dataset, modality),
        thickness=_positive(dataset.get("SliceThickness")) or _positive(dataset.get("SpacingBetweenSlices")),
        slices_said=int(dataset.get("NumberOfSlices") or 0) if modality == "PT" else 0,
        uptake=uptake_words(dataset) if modality == "PT" else {},
    )


def _named_files(dataset: Any) -> Iterator[list[str]]:  # noqa: ANN401
    """The parts of the path of each image that a DICOMDIR names; what points outside its folder is left out."""
    for record in dataset.get("DirectoryRecordSequence") or ():
        name = record.get("ReferencedFileID")
        if record.get("DirectoryRecordType") == "IMAGE" and name:
            parts = [name] if isinstance(name, str) else [str(part) for part in name]
            if all(part not in ("", ".", "..") and not re.search(r"[/\\:]", part) for part in parts):
                yield parts


def _check_kind(file: Path, dataset: Any) -> None:  # noqa: ANN401
    uid = dataset.get("SOPClassUID")
    kind = "DICOM object" if uid is None or uid.name == uid else uid.name
    if not dataset.get("Rows") or not dataset.get("Columns"):
        raise InputError(f"{file} holds no picture ({kind}); give the files of a series of slices.")
    if dataset.get("Modality") in ("SEG", "RTDOSE"):
        raise InputError(
            f"{file} holds no picture of the patient ({kind}); give the series that it was made from."
        )
    photometric = element_text(dataset.get("PhotometricInterpretation"))
    if dataset.get("SamplesPerPixel", 1) != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise InputError(
            f"{file} is in colour ({photometric or 'no photometric interpretation'}), which has no unit; "
            "export the slices in grey levels, or as PNG."
        )
    if (bits := dataset.get("BitsAllocated")) not in (8, 16, 32, 64):
        raise InputError(f"{file} has {element_text(bits)} bits a pixel; export it with 8, 16 or 32 bits.")
    if dataset.get("ModalityLUTSequence"):
        raise InputError(f"{file} gives its values by a table (Modality LUT); export it with slope and intercept.")
    check_syntax(file, dataset)


def _check_size(file: Path, dataset: Any, left: int) -> None:  # noqa: ANN401
    """Refuse what is above the limits, and a file in which less is ``left`` than its pixels need."""
    pixels, frames = int(dataset.Rows) * int(dataset.Columns), int(dataset.get("NumberOfFrames") or 1)
    if pixels > MAX_PIXELS or not 1 <= frames <= MAX_FRAMES:
        raise InputError(
            f"{file} has {frames:,} slices of {dataset.Columns} × {dataset.Rows} pixels, more than the limits of "
            f"{MAX_FRAMES:,} slices and {MAX_PIXELS:,} pixels; crop or shrink it."
        )
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    plain = syntax is not None and not (syntax.is_private or syntax.is_compressed or syntax.is_deflated)
    needed = pixels * frames * int(dataset.BitsAllocated) // 8
    if plain and left < needed:
        raise InputError(f"{file} is cut short: its pixels need {needed:,} bytes; copy or export it again.")


def _patient(dataset: Any) -> str:  # noqa: ANN401
    """A hash of the patient's number, or else of the name and the day of birth."""
    number = str(dataset.get("PatientID") or "").strip()
    name = f"{dataset.get('PatientName') or ''}{dataset.get('PatientBirthDate') or ''}".strip()
    return patient_key(number or name)


def patient_key(who: str) -> str:
    """A hash of what tells a patient from others; empty where nothing does."""
    return hashlib.sha256(who.casefold().encode("utf-8", "surrogateescape")).hexdigest() if who else ""


def _title(dataset: Any, modality: str) -> str:  # noqa: ANN401
    """Modality, series' number and description, unless that speaks of the patient."""
    description = element_text(dataset.get("SeriesDescription"))[:_LONGEST_TITLE]
    words = [str(dataset.get("PatientID") or ""), *re.split(r"\W+", str(dataset.get("PatientName") or ""))]
    if any(len(word) > 2 and word.casefold() in description.casefold() for word in words):
        description = ""
    parts = (modality, element_text(dataset.get("SeriesNumber")), description)
    return " ".join(part for part in parts if part) or "Series"


def _padding(dataset: Any) -> tuple[int, int] | None:  # noqa: ANN401
    value, limit = dataset.get("PixelPaddingValue"), dataset.get("PixelPaddingRangeLimit")
    if not isinstance(value, int):
        return None
    ends = [_signed(dataset, end) for end in (value, limit if isinstance(limit, int) else value)]
    return min(ends), max(ends)


def _signed(dataset: Any, value: int) -> int:  # noqa: ANN401
    """A value as the pixels have it, whatever the file calls its kind."""
    span: int = 2 ** int(dataset.BitsAllocated)
    if dataset.get("PixelRepresentation") == 1 and value >= span // 2:
        return value - span
    return value + span if dataset.get("PixelRepresentation") == 0 and value < 0 else value


def _rescale_type(dataset: Any, modality: str) -> str:  # noqa: ANN401
    """The unit of rescaled values: a CT without a word has HU, as the standard says, once it is rescaled."""
    shared = dataset.get("SharedFunctionalGroupsSequence") or [{}]
    frames = dataset.get("PerFrameFunctionalGroupsSequence") or [{}]
    found = [
        *(group.get("PixelValueTransformationSequence") or [] for group in (shared[0], frames[0])),
    ]
    holders = [dataset, *(each[0] for each in found if each)]
    named = [element_text(holder.get("RescaleType")) for holder in holders]
    is_rescaled = any("RescaleSlope" in holder for holder in holders)
    unit = next((name for name in named if name), "HU" if modality == "CT" and is_rescaled else "")
    return "" if unit == "US" else unit


def _positive(value: Any) -> float | None:  # noqa: ANN401
    try:
        number = abs(float(value))
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None
