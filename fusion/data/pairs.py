"""Registered image pairs: what they hold and how one is read from two files."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fusion.data.naming import VISIBLE, modalities, modality, plain_words
from fusion.data.picture import MAX_PIXELS, Picture, read_picture, to_unit_range
from fusion.data.pixel_size import pixel_aspect
from fusion.data.raw_scale import RawScale, raw_scale
from fusion.data.volumes.slice_origin import SliceOrigin
from fusion.errors import InputError

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ImagePair:
    """Two registered pictures of one scene, ready for a fusion network. Its arrays are read-only.

    Attributes
    ----------
    first, second : float32 (H, W) in [0, 1]
        The anatomical (or visible) and the functional (or infrared) image.
    title : str
        What a person calls the pair, e.g. ``"Phantom 3"`` or a file's stem.
    names : tuple of two str
        The modalities, e.g. ``("MRI", "PET")``.
    first_color, second_color : uint8 (H, W, 3) or None
        The pictures as they were read where they carried colour, for display only.
    spacing : float or None
        Millimetres from a column to the next, where known.
    row_spacing : float or None
        Millimetres from a row to the next; left out, as ``spacing``.
    raw : tuple of two (RawScale or None)
        What the values of each image are in its file, where it has one.
    levels : tuple of two (float32 (H, W) or None)
        The file's own values where the image does not tell them, as some were clipped; NaN where there is none.
    regions : mapping of str to bool (H, W)
        Labelled regions, by name; empty where nothing is labelled.
    remarks : tuple of str
        What a person should know about how the files were read, a sentence each.
    changes : tuple of str
        What was done to the pair of the files, in words that call its inputs the first and the second.
    origin : SliceOrigin or None
        From which slice of which volumes they are, where they are from any.
    """

    first: Image
    second: Image
    title: str
    names: tuple[str, str] = ("first", "second")
    first_color: NDArray[np.uint8] | None = None
    second_color: NDArray[np.uint8] | None = None
    spacing: float | None = None
    row_spacing: float | None = None
    raw: tuple[RawScale | None, RawScale | None] = (None, None)
    levels: tuple[Image | None, Image | None] = (None, None)
    regions: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    origin: SliceOrigin | None = None

    def __post_init__(self) -> None:
        """Keep views that cannot be written to, and words that any file takes."""
        object.__setattr__(self, "title", plain_words(self.title))
        object.__setattr__(self, "names", tuple(map(plain_words, self.names)))
        for name in ("first", "second", "first_color", "second_color"):
            if (array := getattr(self, name)) is not None:
                object.__setattr__(self, name, _read_only(array))
        first, second = (None if each is None else _read_only(each) for each in self.levels)
        object.__setattr__(self, "levels", (first, second))
        object.__setattr__(self, "row_spacing", self.spacing if self.row_spacing is None else self.row_spacing)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of both images."""
        return self.first.shape[0], self.first.shape[1]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a person should know who sees the pair: from where it is, and its remarks."""
        return (*(self.origin.remarks() if self.origin else ()), *self.remarks)

    @property
    def aspect(self) -> float:
        """How many times as high as wide a pixel is drawn, so that pictures have the patient's proportions."""
        return pixel_aspect(self.spacing, self.row_spacing)

    @property
    def drawn_shape(self) -> tuple[float, float]:
        """Height and width of its pictures as they are drawn, both counted in columns."""
        return self.shape[0] * self.aspect, float(self.shape[1])

    @property
    def chroma(self) -> NDArray[np.uint8] | None:
        """The picture that lends the fused image its colours, uint8 (H, W, 3), or None where none does.

        Beside an infrared image it is the visible one, whose colours are those of the scene; else the
        functional image, or the first where only that has colour.

        Examples
        --------
        >>> grey, red = np.zeros((1, 1), np.float32), np.array([[[200, 0, 0]]], np.uint8)
        >>> ImagePair(grey, grey, "car", ("Visible", "Infrared"), first_color=red).chroma.tolist()
        [[[200, 0, 0]]]
        >>> ImagePair(grey, grey, "car", ("Visible", "Infrared"), second_color=red).chroma is None
        True
        >>> ImagePair(grey, grey, "head", ("MRI", "PET"), second_color=red).chroma.tolist()
        [[[200, 0, 0]]]
        """
        if modality(self.names[0]) == VISIBLE:
            return self.first_color
        return self.first_color if self.second_color is None else self.second_color

    def part(self, top: int, bottom: int, left: int, right: int) -> ImagePair:
        """Both images of some rows and columns, as a pair of their own: the same object each time.

        It shares the memory of this pair, and lives as long; of its other attributes it has only the names.

        Examples
        --------
        >>> pair = ImagePair(np.zeros((4, 6), np.float32), np.ones((4, 6), np.float32), title="A")
        >>> pair.part(0, 2, 3, 6).shape, pair.part(0, 2, 3, 6) is pair.part(0, 2, 3, 6)
        ((2, 3), True)
        """
        part = self._parts.get((top, bottom, left, right))
        if part is None:
            first, second = (each[top:bottom, left:right] for each in (self.first, self.second))
            new = ImagePair(first, second, self.title, self.names)
            part = self._parts.setdefault((top, bottom, left, right), new)
        return part

    @cached_property
    def _parts(self) -> dict[tuple[int, int, int, int], ImagePair]:
        return {}

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over both images' sizes and every byte: equal only for equal pictures."""
        digest = hashlib.sha256(repr(self.first.shape).encode())
        digest.update(np.ascontiguousarray(self.first).tobytes())
        digest.update(np.ascontiguousarray(self.second).tobytes())
        return digest.hexdigest()


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The same values, without the right to change them."""
    view = array.view()
    view.flags.writeable = False
    return view


class ReadsPicture(Protocol):
    """Reads a picture's file; see `read_picture`."""

    def __call__(self, path: Path, /, *, max_pixels: int) -> Picture:
        """The picture; raises InputError where it cannot be used."""


def read_pair(
    first: str | PathLike[str],
    second: str | PathLike[str],
    *,
    names: tuple[str, str] | None = None,
    title: str | None = None,
    max_pixels: int = MAX_PIXELS,
    spacing: float | None = None,
    read: ReadsPicture = read_picture,
) -> ImagePair:
    """Tell which two images a pair of picture files holds, ready for a fusion network.

    Each picture is made grey by 0.2989 R + 0.5870 G + 0.1140 B in float64 and then scaled by its own
    minimum and maximum to [0, 1], as in the paper. Formats, bit depths, transparency (laid over black) and
    orientation (EXIF applied to both) are those of `fusion.data.picture.read_picture`.

    Parameters
    ----------
    first, second : paths
        The anatomical (or visible) and the functional (or infrared) picture, of the same size.
    names : two str, optional
        The modalities. Left out, they are guessed from the folders' or else the files' names: ``mri/`` is
        "MRI", ``pet/`` "PET", ``vis/`` "Visible", ``ir/`` "Infrared".
    title : str, optional
        Left out, the stem of the files; both stems where they differ.
    max_pixels : int
        A picture of more pixels is refused before it is decoded; 4096 × 4096 unless told otherwise.
    spacing : float, optional
        Millimetres per pixel, above 0.
    read : callable
        Reads a picture; one that reads in a process of its own is `fusion.data.picture_reader.PictureReader`.

    Returns
    -------
    ImagePair
        ``first`` and ``second`` float32 (H, W), minimum 0 and maximum 1; the colours of those that have
        any as uint8 (H, W, 3) beside them.

    Raises
    ------
    InputError
        A file is missing, a folder, empty, damaged or no picture; it is above the limit or below 2 × 2
        pixels; it is constant or holds NaN; the sizes differ; the spacing is not above 0.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from PIL import Image
    >>> picture = Image.fromarray(np.array([[10, 20, 30], [10, 20, 50]], dtype=np.uint8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     picture.save(f"{folder}/mri.png")
    ...     picture.save(f"{folder}/pet.png")
    ...     pair = read_pair(f"{folder}/mri.png", f"{folder}/pet.png")
    >>> pair.names, pair.title, pair.shape
    (('MRI', 'PET'), 'mri + pet', (2, 3))
    >>> pair.first.tolist()
    [[0.0, 0.25, 0.5], [0.0, 0.25, 1.0]]
    """
    if spacing is not None and not (math.isfinite(spacing) and spacing > 0):
        raise InputError(f"The pixel spacing must be a number of millimetres above 0, not {spacing}.")
    files = Path(first), Path(second)
    pictures = [read(file, max_pixels=max_pixels) for file in files]
    _check_same_size(files, pictures)
    images = [_scaled(file, picture.levels) for file, picture in zip(files, pictures, strict=True)]
    names = modalities(*files) if names is None else names
    return ImagePair(
        first=images[0],
        second=images[1],
        title=_title(*files) if title is None else title,
        names=names,
        first_color=pictures[0].color,
        second_color=pictures[1].color,
        spacing=spacing,
        raw=(raw_scale(pictures[0]), raw_scale(pictures[1])),
        remarks=tuple(
            f"{name}: {remark}"
            for name, picture in zip(names, pictures, strict=True)
            for remark in picture.remarks
        ),
    )


def _check_same_size(files: tuple[Path, Path], pictures: Sequence[Picture]) -> None:
    sizes = [f"{picture.levels.shape[1]} × {picture.levels.shape[0]}" for picture in pictures]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"{files[0]} has {sizes[0]} pixels (width × height) and {files[1]} has {sizes[1]}; "
            "give two registered pictures of the same size."
        )


def _scaled(file: Path, levels: NDArray[np.float64]) -> Image:
    """Scale to [0, 1]; a span that float64's rounding alone can make counts as constant."""
    low, high = float(levels.min()), float(levels.max())
    if high / 2 - low / 2 <= 1e-13 * max(abs(low), abs(high)):
        raise InputError(
            f"{file} has the same value everywhere and cannot be scaled to [0, 1]; choose another picture."
        )
    return to_unit_range(levels).astype(np.float32)


def _title(first: Path, second: Path) -> str:
    return first.stem if first.stem == second.stem else f"{first.stem} + {second.stem}"
