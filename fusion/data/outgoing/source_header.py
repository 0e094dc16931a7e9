"""What does a result need to know of a DICOM file that it was computed from? Its UIDs, and whose image it is."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from fusion.data.outgoing.dicom_headers import IDENTIFIERS
from fusion.data.outgoing.source_slice import SourceImage, is_uid
from fusion.errors import InputError

_UIDS = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
READ = (*_UIDS, *IDENTIFIERS, "LossyImageCompression", "BurnedInAnnotation")
"""What is read, by DICOM's keywords."""


@dataclass(frozen=True)
class SourceHeader:
    """One file.

    Attributes
    ----------
    image : SourceImage or None
        None where a UID is missing or none: it cannot be referred to then.
    is_lossy : bool
        Whether it has lost something by compression, ever.
    burnt_in_text : str
        ``"YES"``, ``"NO"``, or empty where it does not say.
    patient : mapping of str to str
        Names and numbers of the patient and of the study, by DICOM's keywords.
    """

    image: SourceImage | None
    is_lossy: bool
    burnt_in_text: str
    patient: Mapping[str, str] = field(repr=False)


def read_header(file: Path, more: Sequence[str] = ()) -> Dataset:
    """Read what `source_header` needs, and ``more`` of DICOM's keywords; never the pixels.

    Raises
    ------
    InputError
        It cannot be read as DICOM.
    """
    try:
        with file.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom warns of an odd name by writing it on the screen
            found = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=[*READ, *more])
            found.decode()
            for element in found:
                element.value  # noqa: B018  (an element is converted, and warned of, when it is looked at)
            return found
    except OSError:
        raise
    except Exception as error:  # whatever a damaged file makes of its reader
        raise InputError(f"{file} cannot be read as DICOM; name another file.") from error


def source_header(dataset: Dataset) -> SourceHeader:
    """Tell what a header says of where a result comes from."""
    uids = [str(dataset.get(keyword) or "") for keyword in _UIDS]
    return SourceHeader(
        SourceImage(*uids) if all(map(is_uid, uids)) else None,
        is_lossy=dataset.get("LossyImageCompression") == "01",
        burnt_in_text=str(dataset.get("BurnedInAnnotation") or ""),
        patient=_patient(dataset),
    )


def _patient(dataset: Dataset) -> dict[str, str]:
    found = {keyword: str(dataset[keyword].value) for keyword in IDENTIFIERS if dataset.get(keyword)}
    return found if is_uid(found.get("StudyInstanceUID", "")) else {}


def burnt_in_text(headers: Sequence[SourceHeader]) -> str:
    """Whether any of several images has text drawn into it; empty where one does not say."""
    said = {header.burnt_in_text for header in headers}
    return "YES" if "YES" in said else "NO" if said == {"NO"} else ""
