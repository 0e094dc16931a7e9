"""Which slice of which patient's images was computed on, and where does it lie?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fusion.data.pairs import ImagePair
from fusion.data.volumes.grid import Grid
from fusion.errors import InputError

LONGEST_UID = 64
Spacing = tuple[float, float]
"""Millimetres from a row, and from a column, to the next."""
ENDS = (("R", "L"), ("A", "P"), ("F", "H"))
"""Of the patient's axes x, y and z: the side where each begins, and where it ends."""
SPACING_ONLY = "The file has no place in a patient, only the spacing of its pixels."
NO_SPACING = "The file has no place in a patient and no spacing: neither is known of this pair."
LEAST_COSINE = 0.0001
"""Of the angle to an axis of the patient: a direction that is less inclined to it does not have its letter."""


@dataclass(frozen=True)
class SourceImage:
    """One image of an archive that a result was computed from, by its UIDs.

    Attributes
    ----------
    sop_class, instance : str
        The kind of the image, and its own UID.
    series, study : str
        UIDs of what it belongs to.
    """

    sop_class: str
    instance: str
    series: str
    study: str


@dataclass(frozen=True, eq=False)
class SourceSlice:
    """The slice whose pixels are those of a pair, and the images of the archive that it was made from.

    Attributes
    ----------
    grid : Grid
        A single slice: its shape is (1, rows, cols).
    frame_of_reference : str or None
        DICOM's UID of the coordinate system; None where the file has none.
    images : tuple of SourceImage
        Empty where the slice comes from no archive.
    is_lossy : bool
        Whether an image has lost something by compression, ever.
    burnt_in_text : str
        Whether an image says that names are drawn into its pixels: ``"YES"``, ``"NO"``, or empty where it does not
        say.
    patient : mapping of str to str
        Names and numbers of the patient and of the study, by DICOM's keywords. They leave the program only where
        somebody asks for it.
    """

    grid: Grid
    frame_of_reference: str | None = None
    images: tuple[SourceImage, ...] = ()
    is_lossy: bool = False
    burnt_in_text: str = ""
    patient: Mapping[str, str] = field(default_factory=dict, repr=False)

    def check_size(self, shape: tuple[int, ...]) -> None:
        """Make sure that it has the rows and columns of ``shape``; InputError with what to do otherwise."""
        if self.grid.shape != (1, *shape):
            rows, cols = self.grid.shape[1:]
            raise InputError(
                f"The pair has {shape[0]} × {shape[1]} pixels (rows × columns) and the slice that tells its place "
                f"has {rows} × {cols}; name the slice that the pair was made from."
            )

    def inside(self, rows: slice, cols: slice) -> SourceSlice:
        """The same slice, cut to a window of its pixels.

        Examples
        --------
        >>> whole = SourceSlice(Grid((1, 4, 5), np.diag([3.0, 2.0, 1.0, 1.0])))
        >>> part = whole.inside(slice(1, 3), slice(2, 5))
        >>> part.grid.shape, (part.grid.affine @ [0, 0, 0, 1]).tolist()
        ((1, 2, 3), [0.0, 2.0, 2.0, 1.0])
        """
        shape = 1, rows.stop - rows.start, cols.stop - cols.start
        return replace(self, grid=Grid(shape, self.grid.affine @ moved(0, rows.start, cols.start)))

    @property
    def orientation(self) -> tuple[str, str]:
        """The side of the patient that columns grow to, and that rows grow to, most inclined letter first.

        Examples
        --------
        >>> SourceSlice(Grid((1, 4, 5), np.eye(4)[[2, 1, 0, 3]])).orientation
        ('L', 'P')
        """
        return _letters(self.grid.affine[:3, 2]), _letters(self.grid.affine[:3, 1])


def is_uid(text: str) -> bool:
    """Whether DICOM would take ``text`` for a unique identifier.

    Examples
    --------
    >>> is_uid("1.2.840.10008.1.2"), is_uid("MNI152"), is_uid("")
    (True, False, False)
    """
    return len(text) <= LONGEST_UID and re.fullmatch(r"[0-9]+([.][0-9]+)+", text, re.ASCII) is not None


def check_identifiers(source: SourceSlice | None) -> None:
    """Make sure that there are names to keep; InputError otherwise."""
    if source is None or not source.patient.get("StudyInstanceUID"):
        raise InputError(
            "No DICOM file of one patient is known of this pair: there are no names to keep; leave them out."
        )


def pixel_spacing(pair: ImagePair) -> Spacing | None:
    """How far apart the pixels of a pair are, where that is known."""
    if pair.spacing is None:
        return None
    return pair.row_spacing or pair.spacing, pair.spacing


def place_note(source: SourceSlice | None, spacing: Spacing | None) -> str:
    """What a person should know about the place of a NIfTI file; empty where it has its place."""
    if source is not None:
        return ""
    return SPACING_ONLY if spacing else NO_SPACING


def moved(slices: float, rows: float, cols: float) -> NDArray[np.float64]:
    """What takes an index to one that lies so far on."""
    found = np.eye(4)
    found[:3, 3] = slices, rows, cols
    return found


def _letters(direction: NDArray[np.float64]) -> str:
    """The sides of the patient that a direction in (x, y, z) points to."""
    unit = direction / np.linalg.norm(direction)
    order = sorted(range(3), key=lambda axis: -abs(unit[axis]))
    return "".join(ENDS[axis][int(unit[axis] > 0)] for axis in order if abs(unit[axis]) > LEAST_COSINE)
