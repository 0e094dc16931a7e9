"""Folders of pairs: which pictures belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import overload

from fusion.data.naming import ANATOMICAL, case_of, modalities, modality, natural_order
from fusion.data.pairs import ImagePair, read_pair
from fusion.data.picture import MAX_PIXELS, SUFFIXES
from fusion.errors import InputError

_LAYOUT = "two sub-folders that hold the same file names, such as mri/0001.png and pet/0001.png"


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
