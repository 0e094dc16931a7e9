"""What file names say: the modality, the case, and in which order a person would list them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

# Anatomical pictures (and visible light) are the first of a pair.
VISIBLE, INFRARED = "Visible", "Infrared"
ANATOMICAL = ("MRI", VISIBLE)

_WORDS = MappingProxyType(
    {
        "mri": "MRI",
        "mr": "MRI",
        "pet": "PET",
        "spect": "SPECT",
        "ct": "CT",
        "vis": VISIBLE,
        "vi": VISIBLE,
        "visible": VISIBLE,
        "rgb": VISIBLE,
        "ir": INFRARED,
        "tir": INFRARED,
        "lwir": INFRARED,
        "infrared": INFRARED,
        "thermal": INFRARED,
    }
)


def modality(name: str) -> str | None:
    """Tell which modality a folder's or a file's name speaks of, or None where it names none or several.

    Examples
    --------
    >>> modality("MRI"), modality("patient3_pet"), modality("scans"), modality("mri_ct")
    ('MRI', 'PET', None, None)
    >>> modality("Vi"), modality("rgb_night"), modality("thermal_ir")
    ('Visible', 'Visible', 'Infrared')
    """
    found = {_WORDS[part] for part in re.split(r"[^a-z]+", name.lower()) if part in _WORDS}
    return found.pop() if len(found) == 1 else None


def modalities_in(text: str) -> tuple[str, ...]:
    """Tell which modalities a text speaks of, the anatomical (or visible) one first, none twice.

    Examples
    --------
    >>> modalities_in("mri_pet"), modalities_in("ir_vis"), modalities_in("holiday")
    (('MRI', 'PET'), ('Visible', 'Infrared'), ())
    """
    found = [_WORDS[part] for part in re.split(r"[^a-z]+", text.lower()) if part in _WORDS]
    return tuple(sorted(dict.fromkeys(found), key=lambda name: (name not in ANATOMICAL, name)))


def modalities(first: Path, second: Path) -> tuple[str, str]:
    """Tell what to call the two pictures of a pair: by their folders, else by the files themselves.

    Examples
    --------
    >>> modalities(Path("mri/7.png"), Path("pet/7.png"))
    ('MRI', 'PET')
    >>> modalities(Path("scans/ct.png"), Path("scans/dose.png"))
    ('CT', 'dose')
    """
    folders = first.absolute().parent.name, second.absolute().parent.name
    fallback = folders if folders[0] != folders[1] else (first.stem, second.stem)
    if fallback[0] == fallback[1]:
        fallback = "first", "second"
    return (
        modality(folders[0]) or modality(first.stem) or fallback[0],
        modality(folders[1]) or modality(second.stem) or fallback[1],
    )


def case_and_slice(stem: str) -> tuple[str, str]:
    """Tell which patient a file is of and which slice it shows, by the atlas's file names.

    The last three digits are the slice and what precedes them is the case. A stem that is not all digits,
    or too short to hold both, is a case of its own without a slice. This is the only place that knows.

    Examples
    --------
    >>> case_and_slice("25045"), case_and_slice("0123"), case_and_slice("patient_7"), case_and_slice("045")
    (('25', '045'), ('0', '123'), ('patient_7', ''), ('045', ''))
    """
    return (stem[:-3], stem[-3:]) if re.fullmatch(r"[0-9]{4,}", stem) else (stem, "")


def case_of(stem: str) -> str:
    """Tell which patient a slice belongs to; see `case_and_slice`.

    Split data by this, never by file: neighbouring slices are nearly the same picture.

    Examples
    --------
    >>> case_of("25045"), case_of("patient_7")
    ('25', 'patient_7')
    """
    return case_and_slice(stem)[0]


def natural_order(paths: Iterable[Path]) -> list[Path]:
    """Sort paths of one folder by name, numbers by their value: 2 before 10.

    Examples
    --------
    >>> [path.name for path in natural_order([Path("s10.png"), Path("s2.png")])]
    ['s2.png', 's10.png']
    """
    return sorted(paths, key=lambda path: natural_key(path.name))


def natural_key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """What to sort names by so that 2 comes before 10, and numbers before words.

    Examples
    --------
    >>> sorted(["patient", "10", "2"], key=natural_key)
    ['2', '10', 'patient']
    """
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name.lower())
    return [(bool(text), int(digits or 0), text) for digits, text in parts], name
