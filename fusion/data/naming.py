"""What file names say: the modality, the case, and in which order a person would list them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

# Which of two modalities comes first: the anatomical (or visible) picture, then the functional (or infrared) one.
VISIBLE, INFRARED = "Visible", "Infrared"
_RANK = MappingProxyType(
    dict.fromkeys(("MRI", VISIBLE, "Near", "Underexposed"), 0)
    | {"CT": 2}
    | dict.fromkeys(("PET", "SPECT", INFRARED, "Far", "Overexposed"), 3)
)
SCENES = frozenset((VISIBLE, INFRARED, "Near", "Far", "Underexposed", "Overexposed"))
"""Pictures of a scene, of no patient."""
_UNKNOWN_RANK = 1  # before everything functional, after everything known to be anatomical

_SPELLINGS = MappingProxyType(
    {
        "MRI": "mri mr t1 t1w t1ce t1gd t2 t2w flair mprage dwi adc",
        "PET": "pet fdg fdgpet suv pib amyloid",
        "SPECT": "spect hmpao",
        "CT": "ct cta cbct",
        VISIBLE: "vis vi visible visual rgb optical tv eo",
        INFRARED: "ir tir nir mwir lwir infrared thermal",
        "Near": "near",
        "Far": "far",
        "Underexposed": "under underexposed",
        "Overexposed": "over overexposed",
    }
)
_WORDS = MappingProxyType({word: name for name, words in _SPELLINGS.items() for word in words.split()})
_LABELS = ("label", "labels", "mask", "masks", "seg", "segmentation", "segmentations", "annotations", "gt")
_RESULTS = ("result", "results", "output", "outputs", "fused", "jacobian", "jacobians", "guidance")
_NO_INPUT = frozenset((*_LABELS, *_RESULTS))
_SPLITS = frozenset(("train", "training", "test", "testing", "val", "valid", "validation"))
_WORD = re.compile(r"t[12](?![0-9])[a-z]*|[a-z]+|[0-9]+")


def plain_words(text: str) -> str:
    r"""A name as it can stand in a line, a table and a picture: what is no character becomes a space.

    Line breaks, tabs, other control characters and the halves of characters that a file's name may hold end up in
    CSV and SVG files otherwise, which cannot have them.

    Examples
    --------
    >>> plain_words("case\n7\x1b[31m"), plain_words("Müller · 3")
    ('case 7 [31m', 'Müller · 3')
    """
    if text.isprintable():
        return text
    plain = "".join(" " if _is_no_character(each) else each for each in text)
    return " ".join(plain.split()) or "unnamed"


def _is_no_character(each: str) -> bool:
    return unicodedata.category(each)[0] == "C" or each in "\u2028\u2029\ufffe\uffff"


def modality(name: str) -> str | None:
    """Tell which modality a folder's or a file's name speaks of, or None where it names none or several.

    Examples
    --------
    >>> modality("MRI"), modality("patient3_pet"), modality("scans"), modality("mri_ct")
    ('MRI', 'PET', None, None)
    >>> modality("Vi"), modality("rgb_night"), modality("thermal_ir"), modality("VIS12"), modality("T1w")
    ('Visible', 'Visible', 'Infrared', 'Visible', 'MRI')
    """
    found = {_WORDS[word] for word in _words(name) if word in _WORDS}
    return found.pop() if len(found) == 1 else None


def without_modality(name: str) -> str:
    """Tell what a name says besides its modality; a name of none or of several is left whole.

    Examples
    --------
    >>> [without_modality(name) for name in ("VIS12", "0007_vi", "pet", "Patient3-PET", "mri_ct")]
    ['12', '0007', '', 'Patient3', 'mri_ct']
    """
    if modality(name) is None:
        return name
    for word in _WORD.finditer(name.lower()):
        if word.group() in _WORDS:
            start, end = word.span()
            return without_modality(f"{name[:start].rstrip(_JOINTS)}{name[end:]}".strip(_JOINTS))
    return name


_JOINTS = " ._-"
_SEEN_IN = " · "


def loose_name(name: str) -> str:
    """What two names have in common that differ in spelling alone: case, joints, leading zeros, modality.

    Examples
    --------
    >>> loose_name("Slice_007"), loose_name("slice 7"), loose_name("PET-slice7")
    ('slice 7', 'slice 7', 'slice 7')
    """
    words = re.findall(r"[0-9]+|[^\W\d_]+", without_modality(name).casefold())
    return " ".join(word.lstrip("0") or "0" if word.isascii() and word.isdigit() else word for word in words)


def are_inputs(folders: Sequence[str]) -> bool:
    """Tell whether pictures below these folders, outermost first, may be inputs: labels and results are not.

    The folder that holds the pictures tells by any word of its name, those above it by the whole name only
    (``fused_by_hand/mri`` may well hold inputs).

    Examples
    --------
    >>> are_inputs(["mri"]), are_inputs(["test", "Segmentation_labels"]), are_inputs(["labels", "case1"])
    (True, False, False)
    >>> are_inputs(["fused_by_hand", "mri"]), are_inputs(["__MACOSX", "mri"]), are_inputs([])
    (True, False, True)
    """
    named = _NO_INPUT.intersection(*(_words(folder) for folder in folders[-1:])) if folders else None
    hidden = any(folder.startswith((".", "__")) for folder in folders)
    return not (named or hidden or any(folder.lower() in _NO_INPUT for folder in folders))


def order_of(name: str | None) -> int:
    """Tell how early the picture of a modality stands in a pair: anatomical and visible ones first.

    Examples
    --------
    >>> sorted(["PET", "Infrared", "CT", "MRI"], key=order_of)
    ['MRI', 'CT', 'PET', 'Infrared']
    """
    return _RANK.get(name or "", _UNKNOWN_RANK)


def _words(name: str) -> list[str]:
    return _WORD.findall(name.lower())


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


def case_and_slice(title: str) -> tuple[str, str]:
    """Tell which patient a picture is of and which slice it shows. This is the only place that knows.

    The case is the folder that the picture lies in; ``train`` and the like are no cases. Without one the atlas's
    file names tell: the last three digits are the slice and what precedes them is the case. A name that is not all
    digits, or too short to hold both, is a case of its own without a slice.

    Examples
    --------
    >>> case_and_slice("25045"), case_and_slice("0123"), case_and_slice("patient_7"), case_and_slice("045")
    (('25', '045'), ('0', '123'), ('patient_7', ''), ('045', ''))
    >>> case_and_slice("case1/0001"), case_and_slice("train/010001")
    (('case1', '0001'), ('010', '001'))
    """
    *folders, stem = title.split("/")
    case = "/".join(folder for folder in folders if folder.lower() not in _SPLITS)
    if case:
        return case, stem
    return (stem[:-3], stem[-3:]) if re.fullmatch(r"[0-9]{4,}", stem) else (stem, "")


def case_of(title: str) -> str:
    """Tell which patient a slice belongs to; see `case_and_slice`.

    Split data by this, never by file: neighbouring slices are nearly the same picture.

    Examples
    --------
    >>> case_of("25045"), case_of("patient_7"), case_of("case1/0001"), case_of("P001 · axial/040")
    ('25', 'patient_7', 'case1', 'P001')
    """
    return patient_of(case_and_slice(title)[0])


def patient_of(case: str) -> str:
    """Tell which patient a case is of: one volume is seen in several planes, each of which is listed as a case.

    Examples
    --------
    >>> patient_of(seen_in("P001", "coronal")), patient_of("25")
    ('P001', '25')
    """
    return re.sub(f"{_SEEN_IN}(axial|coronal|sagittal)$", "", case)


def seen_in(patient: str, plane: str) -> str:
    """Tell what to call a patient's slices of one plane."""
    return f"{patient}{_SEEN_IN}{plane}"


def natural_key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """What to sort names by so that 2 comes before 10, and numbers before words.

    Examples
    --------
    >>> sorted(["patient", "10", "2"], key=natural_key)
    ['2', '10', 'patient']
    """
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name.lower())
    return [(bool(text), int(digits or 0), text) for digits, text in parts], name
