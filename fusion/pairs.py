"""Registered image pairs: what they hold and how they are read from files."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError
from fusion.naming import ANATOMICAL, case_of, modalities, modality, natural_order
from fusion.reading import MAX_PIXELS, SUFFIXES, Picture, read_picture, to_unit_range

Image = NDArray[np.float32]

_LAYOUT = "two sub-folders that hold the same file names, such as mri/0001.png and pet/0001.png"


@dataclass(frozen=True, eq=False)
class ImagePair:
    """Two registered pictures of one scene, ready for a fusion network.

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
        Millimetres per pixel, where known.
    regions : mapping of str to bool (H, W)
        Labelled regions, by name; empty where nothing is labelled.
    """

    first: Image
    second: Image
    title: str
    names: tuple[str, str] = ("first", "second")
    first_color: NDArray[np.uint8] | None = None
    second_color: NDArray[np.uint8] | None = None
    spacing: float | None = None
    regions: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of both images."""
        return self.first.shape[0], self.first.shape[1]

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over both images' sizes and every byte: equal only for equal pictures."""
        digest = hashlib.sha256(repr(self.first.shape).encode())
        digest.update(np.ascontiguousarray(self.first).tobytes())
        digest.update(np.ascontiguousarray(self.second).tobytes())
        return digest.hexdigest()


def read_pair(
    first: str | PathLike[str],
    second: str | PathLike[str],
    *,
    names: tuple[str, str] | None = None,
    title: str | None = None,
    max_pixels: int = MAX_PIXELS,
    spacing: float | None = None,
) -> ImagePair:
    """Tell which two images a pair of picture files holds, ready for a fusion network.

    Each picture is made grey by 0.2989 R + 0.5870 G + 0.1140 B in float64 and then scaled by its own
    minimum and maximum to [0, 1], as in the paper. Formats, bit depths, transparency (laid over black) and
    orientation (EXIF applied to both) are those of `fusion.reading.read_picture`.

    Parameters
    ----------
    first, second : paths
        The anatomical (or visible) and the functional (or infrared) picture, of the same size.
    names : two str, optional
        The modalities. Left out, they are guessed from the folders' or else the files' names: ``mri/`` is
        "MRI", ``pet/`` "PET", ``vis/`` "visible", ``ir/`` "infrared".
    title : str, optional
        Left out, the stem of the files; both stems where they differ.
    max_pixels : int
        A picture of more pixels is refused before it is decoded; 4096 × 4096 unless told otherwise.
    spacing : float, optional
        Millimetres per pixel, above 0.

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
    pictures = [read_picture(file, max_pixels=max_pixels) for file in files]
    _check_same_size(files, pictures)
    images = [_scaled(file, picture.levels) for file, picture in zip(files, pictures, strict=True)]
    return ImagePair(
        first=images[0],
        second=images[1],
        title=_title(*files) if title is None else title,
        names=modalities(*files) if names is None else names,
        first_color=pictures[0].color,
        second_color=pictures[1].color,
        spacing=spacing,
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


@dataclass(frozen=True)
class PairFiles:
    """Where the two pictures of a pair lie; nothing is opened before `read`.

    Attributes
    ----------
    first, second : Path
        The anatomical (or visible) and the functional (or infrared) picture's file.
    names : tuple of two str
        The modalities, e.g. ``("MRI", "PET")``.
    title : str
        The files' common stem.
    group : str
        The name of the folder that holds both sub-folders.
    """

    first: Path
    second: Path
    names: tuple[str, str]
    title: str
    group: str = ""

    @property
    def case(self) -> str:
        """The patient by the atlas's naming, see `case_of`."""
        return case_of(self.title)

    def read(self, *, max_pixels: int = MAX_PIXELS, spacing: float | None = None) -> ImagePair:
        """Tell which images these files hold; see `read_pair`, also for what it raises."""
        return read_pair(
            self.first,
            self.second,
            names=self.names,
            title=self.title,
            max_pixels=max_pixels,
            spacing=spacing,
        )


@dataclass(frozen=True)
class Collection(Sequence[PairFiles]):
    """The pairs found in a folder, and the pictures that found no partner.

    Attributes
    ----------
    pairs : tuple of PairFiles
        In natural order (2 before 10). The collection itself is a sequence of these.
    unpaired : tuple of Path
        Pictures left over, for the caller to report.
    """

    pairs: tuple[PairFiles, ...]
    unpaired: tuple[Path, ...] = ()

    @overload
    def __getitem__(self, index: int) -> PairFiles: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[PairFiles, ...]: ...
    def __getitem__(self, index: int | slice) -> PairFiles | tuple[PairFiles, ...]:
        return self.pairs[index]

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[PairFiles]:
        return iter(self.pairs)


def read_collection(folder: str | PathLike[str]) -> Collection:
    """Tell which pairs a folder of pictures holds.

    A folder of pairs has two sub-folders whose pictures go by the same names (``mri/0001.png`` with
    ``pet/0001.png``, or ``pet/0001.jpg``). MRI or visible light comes first, else the order of the alphabet
    decides. A folder of such folders gives all their pairs, one folder after the other; with one picture
    folder or three there is no telling which belong together, and they are left unpaired. No picture is
    opened, hidden files and files that are no pictures are passed over.

    Parameters
    ----------
    folder : path of the folder

    Returns
    -------
    Collection
        The pairs in natural order; pictures without a partner in its ``unpaired``.

    Raises
    ------
    InputError
        The folder is missing, is a file, or holds no pair.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("pet/10.png", "pet/9.png", "mri/9.png", "mri/10.png", "mri/11.png"):
    ...         file = Path(folder, name)
    ...         file.parent.mkdir(exist_ok=True)
    ...         file.touch()
    ...     collection = read_collection(folder)
    >>> [entry.title for entry in collection], collection[0].names
    (['9', '10'], ('MRI', 'PET'))
    >>> [file.name for file in collection.unpaired]
    ['11.png']
    """
    folder = Path(folder)
    if not folder.is_dir():
        kind = "is a file, not a folder" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {kind}; give a folder with {_LAYOUT}.")
    try:
        pairs, unpaired = _search(folder)
    except OSError as error:
        raise InputError(f"{error.filename} cannot be opened ({error.strerror}).") from error
    if not pairs:
        raise InputError(f"{folder} holds no pair of pictures; it needs {_LAYOUT} (two, not more).")
    return Collection(tuple(pairs), tuple(unpaired))


def _search(folder: Path) -> tuple[list[PairFiles], list[Path]]:
    """Return pairs and left-over pictures of the folder itself or else of the folders in it."""
    pairs, unpaired = _pairs_in(folder)
    if not pairs:
        for place in _subfolders(folder):
            more, left = _pairs_in(place)
            pairs += more
            unpaired += left
    return pairs, [*_pictures(folder), *unpaired]


def _pairs_in(folder: Path) -> tuple[list[PairFiles], list[Path]]:
    """Return the pairs of a folder's two sub-folders and the pictures without a partner."""
    held = {place: files for place in _subfolders(folder) if (files := _pictures(place))}
    pairs: list[PairFiles] = []
    if len(held) == 2:
        first, second = sorted(held, key=lambda place: modality(place.name) not in ANATOMICAL)
        names = modalities(first / "_", second / "_")
        partners = _partners(held[first], held[second])
        pairs = [PairFiles(one, two, names, one.stem, folder.absolute().name) for one, two in partners]
    used = {file for pair in pairs for file in (pair.first, pair.second)}
    return pairs, [file for files in held.values() for file in files if file not in used]


def _partners(first: Sequence[Path], second: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Pair files by name, then those left over by a stem that is unique on both sides."""
    by_name = {file.name: file for file in second}
    names = by_name.keys() & {file.name for file in first}
    first_stems = _unique_stems(file for file in first if file.name not in names)
    second_stems = _unique_stems(file for file in second if file.name not in names)
    found = {file: by_name[file.name] for file in first if file.name in names}
    found |= {first_stems[stem]: second_stems[stem] for stem in first_stems.keys() & second_stems.keys()}
    return [(file, found[file]) for file in first if file in found]


def _unique_stems(files: Iterable[Path]) -> dict[str, Path]:
    files = list(files)
    count = Counter(file.stem for file in files)
    return {file.stem: file for file in files if count[file.stem] == 1}


def _subfolders(folder: Path) -> list[Path]:
    return natural_order(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _pictures(folder: Path) -> list[Path]:
    return natural_order(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
    )
