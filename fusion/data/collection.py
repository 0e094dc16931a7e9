"""Folders of pairs: which pictures belong together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NoReturn, overload

from fusion.data.naming import are_inputs, case_of, modalities, natural_key, plain_words, seen_in
from fusion.data.pairing import PicturePath, pair_by_folders, pair_by_modality, title_of, what_was_found
from fusion.data.pairs import ImagePair, ReadsPicture, read_pair
from fusion.data.picture import MAX_PIXELS, SUFFIXES, read_picture
from fusion.data.volumes.found_volumes import FoundVolumes, find_volumes
from fusion.data.volumes.planes import STACK, PlaneName
from fusion.data.volumes.volume_files import VolumeFiles
from fusion.data.volumes.volume_pair_files import VolumePairFiles
from fusion.data.volumes.volume_pairing import PairedVolumes, pair_volumes
from fusion.data.volumes.voxel_reader import VoxelReader
from fusion.errors import InputError

MAX_DEPTH = 8  # folders below folders; more is a whole disk
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
        What both paths share below the group, without the modality: ``"0001"``, ``"case1/0001"``.
    group : str
        The name of the innermost folder that holds both.
    """

    first: Path
    second: Path
    names: tuple[str, str]
    title: str
    group: str = ""

    def __post_init__(self) -> None:
        """Keep words that any file and address takes."""
        for name in ("title", "group"):
            object.__setattr__(self, name, plain_words(getattr(self, name)))
        object.__setattr__(self, "names", tuple(map(plain_words, self.names)))

    @property
    def case(self) -> str:
        """The patient by the atlas's naming, see `case_of`."""
        return case_of(self.title)

    def read(
        self, *, max_pixels: int = MAX_PIXELS, spacing: float | None = None, read: ReadsPicture = read_picture
    ) -> ImagePair:
        """Tell which images these files hold; see `read_pair`, also for what it raises."""
        return read_pair(
            self.first,
            self.second,
            names=self.names,
            title=self.title,
            max_pixels=max_pixels,
            spacing=spacing,
            read=read,
        )


@dataclass(frozen=True, kw_only=True)
class SliceFiles(PairFiles):
    """A slice of two volumes, called ``"P001 · axial/040"``; the volumes are decoded when a slice is first read.

    Attributes
    ----------
    first, second : Path
        The first file of each volume.
    volumes : VolumePairFiles
    plane : str
    number : int
        Counted from 1.
    """

    volumes: VolumePairFiles
    plane: PlaneName
    number: int

    def read(
        self, *, max_pixels: int = MAX_PIXELS, spacing: float | None = None, read: ReadsPicture = read_picture
    ) -> ImagePair:
        """Tell which images the slice shows; see `VolumePairFiles.read_slice`, also for what it raises."""
        del read  # volumes have a process of their own
        return self.volumes.read_slice(self.plane, self.number, max_pixels=max_pixels, spacing=spacing)


@dataclass(frozen=True)
class Collection(Sequence[PairFiles]):
    """The pairs found in a folder, and the pictures that found no partner.

    Attributes
    ----------
    pairs : tuple of PairFiles
        In natural order (2 before 10). The collection itself is a sequence of these.
    unpaired : tuple of Path
        Pictures and volumes left over, for the caller to report.
    refused : tuple of str
        What could have been a volume, or a pair of volumes, and why it is none, a sentence each.
    """

    pairs: tuple[PairFiles, ...]
    unpaired: tuple[Path, ...] = ()
    refused: tuple[str, ...] = ()

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


def read_collection(
    folder: str | PathLike[str], *, same_space: bool = False, reader: VoxelReader | None = None
) -> Collection:
    """Tell which pairs a folder of pictures or volumes holds.

    Two pictures belong together where their paths differ in the modality alone, wherever it stands:
    ``mri/0001.png`` with ``pet/0001.png``, ``mri/case1/1.png`` with ``pet/case1/001.jpg``, ``case1/mri.png``
    with ``case1/pet.png``, ``VIS1.png`` with ``IR1.png``. MRI or visible light comes first, PET, SPECT and
    infrared second. Where names say nothing of a modality, two folders side by side with the same file names
    are a pair's, the alphabet's first one first. With three modalities of one name, or none to tell by, pictures
    are left unpaired. No picture is opened; hidden files, labels, masks and results are passed over.

    Volumes (DICOM series, NIfTI, stacks) are paired as `pair_volumes` says, from their headers; each pair stands
    there as its axial, coronal and sagittal slices.

    Parameters
    ----------
    folder : path of the folder
    same_space : bool
        Whether volumes paired by their names lie in one space where their files do not say so.
    reader : VoxelReader, optional
        The processes that read volumes; those of another search may be used again.

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
        files = _input_files(folder)
    except OSError as error:
        raise InputError(f"{error.filename} cannot be opened ({error.strerror}).") from error
    found = find_volumes([each.file for each in files if _may_be_volume(each.file.name)], reader)
    volumes = pair_volumes(folder, found, is_declared=same_space)
    held = {file for each in found for file in each.files}
    pictures = [each for each in files if _is_picture(each.file.name) and each.file not in held]
    pairs = [*_partners(folder, pictures), *_slices(volumes)]
    refused = (*(each.reason for each in found.refused), *volumes.refused)
    if not pairs:
        raise InputError(_no_pair(folder, pictures, found, refused))
    used = {file for pair in pairs for file in (pair.first, pair.second)}
    left = tuple(picture.file for picture in pictures if picture.file not in used)
    return Collection(tuple(pairs), (*left, *(each.files[0] for each in volumes.unpaired)), refused)


def _no_pair(folder: Path, pictures: Sequence[PicturePath], found: FoundVolumes, refused: Sequence[str]) -> str:
    """What to say of a folder without a pair: the reasons where there are any, else what was found."""
    if refused:
        return f"{folder} holds no pair that can be used: {refused[0]}"
    told = [what_was_found(pictures)] if pictures or not found else []
    told += [_volume_words(each) for each in found[:3]] + ["…"] * (len(found) > 3)
    return f"{folder} holds no pair of pictures: {', '.join(told)}; it needs {_LAYOUT}."


def _volume_words(files: VolumeFiles) -> str:
    return f"a volume of {files.modality or 'no modality that is known'} ({files.title})"


def _slices(paired: PairedVolumes) -> Iterator[SliceFiles]:
    """Every slice of every pair of volumes, plane by plane."""
    for volumes in paired.pairs:
        for plane in volumes.planes:
            case = volumes.title if plane.name == STACK else seen_in(volumes.title, plane.name)
            for number in range(1, plane.count + 1):
                yield SliceFiles(
                    volumes.first.files[0],
                    volumes.second.files[0],
                    volumes.names,
                    f"{case}/{number:0{len(str(plane.count))}d}",
                    volumes.group,
                    volumes=volumes,
                    plane=plane.name,
                    number=number,
                )


def _partners(folder: Path, pictures: Sequence[PicturePath]) -> list[PairFiles]:
    """Return the pairs of a folder's pictures, folder by folder, in natural order."""
    found = pair_by_modality(pictures)
    used = {picture for partners in found for picture in partners}
    found += pair_by_folders(pictures, [picture for picture in pictures if picture not in used])
    place = {picture: number for number, picture in enumerate(pictures)}
    return [_pair_files(folder, *partners) for partners in sorted(found, key=lambda pair: place[pair[0]])]


def _pair_files(folder: Path, first: PicturePath, second: PicturePath) -> PairFiles:
    folders, title = title_of(first, second)
    group = folders[-1] if folders else folder.absolute().name
    return PairFiles(first.file, second.file, _names(first, second), title, group)


def _names(first: PicturePath, second: PicturePath) -> tuple[str, str]:
    names = modalities(first.file, second.file)
    return first.modality or names[0], second.modality or names[1]


def _input_files(folder: Path) -> list[PicturePath]:
    """Every file below a folder that may be an input, in natural order."""
    found, seen = [], set()
    for place, below, names in os.walk(folder, onerror=_cannot_be_opened, followlinks=True):
        folders = Path(place).relative_to(folder).parts
        if (real := Path(place).resolve()) in seen or len(folders) > MAX_DEPTH:
            below.clear()
            continue
        seen.add(real)
        below.sort(key=natural_key)
        if are_inputs(folders):
            found += [
                PicturePath(Path(place, name), folders)
                for name in sorted(names, key=natural_key)
                if not name.startswith(".")
            ]
    return found


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def _may_be_volume(name: str) -> bool:
    """Whether a file may hold a volume: what is no picture, and TIFF, which may be a stack."""
    return not _is_picture(name) or Path(name).suffix.lower() in (".tif", ".tiff")


def _cannot_be_opened(error: OSError) -> NoReturn:
    raise error
