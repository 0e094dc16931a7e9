"""Which volumes of a folder belong together: by what their headers say, by their names, by their folders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from fusion.data.naming import order_of
from fusion.data.pairing import PicturePath, pair_by_modality, title_of
from fusion.data.volumes.common_space import TEMPLATES, common_space
from fusion.data.volumes.dicom_header import patient_key
from fusion.data.volumes.opened_volumes import OpenedVolumes
from fusion.data.volumes.resampling import are_alike
from fusion.data.volumes.volume_files import VolumeFiles
from fusion.data.volumes.volume_pair_files import VolumePairFiles
from fusion.errors import InputError

ANATOMICAL, FUNCTIONAL = ("MRI", "CT"), ("PET", "SPECT")
_NIFTI = (".nii.gz", ".nii")


@dataclass(frozen=True, eq=False)
class PlacedVolume:
    """A volume and its path below the folder that was opened; it stands for a file or a folder of files."""

    files: VolumeFiles
    path: PicturePath

    @property
    def modality(self) -> str:
        """What the header says, or else the path; empty where neither does."""
        return self.files.modality or self.path.modality or ""


Two = tuple[PlacedVolume, PlacedVolume]


@dataclass(frozen=True)
class PairedVolumes:
    """What was paired in a folder.

    Attributes
    ----------
    pairs : tuple of VolumePairFiles
    unpaired : tuple of VolumeFiles
        Without a partner.
    refused : tuple of str
        Why two that belong together by their names cannot be paired, a sentence each.
    """

    pairs: tuple[VolumePairFiles, ...]
    unpaired: tuple[VolumeFiles, ...]
    refused: tuple[str, ...]


@dataclass
class _Search:
    """Pairs found so far, and what is left."""

    left: list[PlacedVolume]
    is_declared: bool
    opened: OpenedVolumes
    found: list[tuple[PlacedVolume, PlacedVolume, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def take(self, pairs: Iterable[Two]) -> None:
        """Keep the pairs whose volumes lie in one space; nobody else is offered volumes of the others."""
        used: set[PlacedVolume] = set()
        for one, two in pairs:
            used |= {one, two}
            try:
                space = common_space(one.files, two.files, is_declared=self.is_declared)
            except InputError as error:
                self.refused.append(str(error))
            else:
                self.found.append((one, two, space))
        self.left = [each for each in self.left if each not in used]


def pair_volumes(folder: Path, volumes: Sequence[VolumeFiles], *, is_declared: bool = False) -> PairedVolumes:
    """Tell which of the volumes below a folder belong together, the anatomical one of each pair first.

    Volumes of one patient in one frame of reference are, every anatomical with every functional one; then those
    whose paths differ in the modality alone; then the only anatomical and the only functional volume below a
    folder, or the only two in it. Two patients are never paired.

    Parameters
    ----------
    folder : Path
        The folder that was opened.
    volumes : sequence of VolumeFiles
    is_declared : bool
        Whether the user says that volumes paired by names or folders lie in one space.
    """
    search = _Search(_placed(folder, volumes), is_declared, OpenedVolumes())
    search.take(_by_space(search.left))
    search.take(_by_names(search.left))
    search.take(_by_folders(search.left))
    pairs = _entitled(folder.absolute().name, search.found, search.opened)
    return PairedVolumes(tuple(pairs), tuple(each.files for each in search.left), tuple(search.refused))


def _placed(folder: Path, volumes: Sequence[VolumeFiles]) -> list[PlacedVolume]:
    """Volumes with their paths: the folder of a series that has it for itself, else its (first) file."""
    holds = Counter(file.parent for files in volumes for file in files.files)
    found = []
    for files in volumes:
        file = files.files[0]
        has_folder = len(files.files) > 1 and holds[file.parent] == len(files.files) and file.parent != folder
        place = file.parent if has_folder else file.with_name(_stem(file, files.title))
        found.append(PlacedVolume(files, PicturePath(place, _below(folder, place))))
    return found


def _below(folder: Path, place: Path) -> tuple[str, ...]:
    """The folders between; none where a DICOMDIR or a link leads elsewhere."""
    return place.relative_to(folder).parts[:-1] if place.is_relative_to(folder) else ()


def _stem(file: Path, title: str) -> str:
    """A file's name without its ending; of one volume of several in a NIfTI file its title, which counts them."""
    ending = next((each for each in _NIFTI if file.name.lower().endswith(each)), file.suffix)
    stem = file.name[: len(file.name) - len(ending)]
    return title if title.startswith(f"{stem}, volume ") else stem


def _by_space(volumes: Iterable[PlacedVolume]) -> Iterator[Two]:
    """Anatomical and functional volumes of one patient in one scanner's frame of reference, or MRI and CT."""
    spaces: dict[Hashable, list[PlacedVolume]] = defaultdict(list)
    for each in volumes:
        if each.files.frame_of_reference not in (None, *TEMPLATES):
            spaces[each.files.patient_key, each.files.frame_of_reference].append(each)
    for together in spaces.values():
        kinds = {each.modality for each in together}
        firsts, seconds = (ANATOMICAL, FUNCTIONAL) if kinds & set(FUNCTIONAL) else (("MRI",), ("CT",))
        for second in (each for each in together if each.modality in seconds):
            yield from ((first, second) for first in together if first.modality in firsts)


def _by_names(volumes: Sequence[PlacedVolume]) -> Iterator[Two]:
    """Volumes whose paths differ in the modality alone."""
    paths: dict[PicturePath, list[PlacedVolume]] = defaultdict(list)
    for each in volumes:
        paths[each.path].append(each)
    for one, two in pair_by_modality(path for path, held in paths.items() if len(held) == 1):
        yield _in_order(paths[one][0], paths[two][0])


def _by_folders(volumes: Sequence[PlacedVolume]) -> Iterator[Two]:
    """From the innermost folder outwards: its only anatomical and only functional volume, or its only two."""
    left = list(volumes)
    folders = {each.path.folders[:depth] for each in left for depth in range(len(each.path.folders) + 1)}
    for folder in sorted(folders, key=lambda parts: (-len(parts), parts)):
        below = [each for each in left if each.path.folders[: len(folder)] == folder]
        kinds = [[each for each in below if each.modality in kind] for kind in (ANATOMICAL, FUNCTIONAL)]
        only = [kind[0] for kind in kinds if len(kind) == 1]
        chosen = only if len(only) == 2 else below
        if len(chosen) == 2 and _may_belong(chosen[0], chosen[1]):
            yield _in_order(chosen[0], chosen[1])
            left = [each for each in left if each not in chosen]


def _may_belong(one: PlacedVolume, two: PlacedVolume) -> bool:
    """Two of one modality do where they lie voxel on voxel, as T1 and T2 do once registered; two scouts do not."""
    return one.modality != two.modality or not one.modality or are_alike(one.files.grid, two.files.grid)


def _in_order(one: PlacedVolume, two: PlacedVolume) -> Two:
    """The anatomical one first; two of a kind by name."""
    keys = [(order_of(each.modality), each.path.folders, each.path.file.name) for each in (one, two)]
    return (one, two) if keys[0] <= keys[1] else (two, one)


def _entitled(
    root: str, found: Sequence[tuple[PlacedVolume, PlacedVolume, str]], opened: OpenedVolumes
) -> Iterator[VolumePairFiles]:
    """The pairs with their groups and titles, which tell two of one place apart and nobody who the patient is."""
    titles = [_title(one, two) for one, two, _ in found]
    keys = dict.fromkeys(one.files.patient_key or two.files.patient_key for one, two, _ in found)
    for (one, two, space), title in zip(found, titles, strict=True):
        key = one.files.patient_key or two.files.patient_key
        anonymous = f"Patient {[*keys].index(key) + 1}"
        folders, name = title
        group = _unnamed(folders[-1] if folders else root, key, anonymous)
        name = _unnamed(name, key, anonymous)
        if titles.count(title) > 1:
            name = f"{name} {one.files.title} + {two.files.title}"
        yield VolumePairFiles(one.files, two.files, names_of(one, two), name, space, group, opened)


def _title(one: PlacedVolume, two: PlacedVolume) -> tuple[tuple[str, ...], str]:
    """In which folders a pair lies and what to call it: what both paths share, else the folder that holds both."""
    if one.path.loose == two.path.loose:
        return title_of(one.path, two.path)
    pairs = zip(one.path.folders, two.path.folders, strict=False)
    common = [here for here, there in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    if common:
        return tuple(common[:-1]), common[-1]
    return (), f"{one.files.title} + {two.files.title}"


def _unnamed(name: str, key: str, anonymous: str) -> str:
    """A name made of folders' names without any that is the patient's number, of which ``key`` is the hash."""
    parts = name.split("/")
    return "/".join(anonymous if key and patient_key(part) == key else part for part in parts)


def names_of(one: PlacedVolume, two: PlacedVolume) -> tuple[str, str]:
    """What to call two volumes: by modality, or by title where that does not tell them apart, or by number."""
    titles = one.files.title, two.files.title
    names = one.modality or titles[0], two.modality or titles[1]
    if names[0] != names[1]:
        return names
    return titles if titles[0] != titles[1] else (f"1: {titles[0]}", f"2: {titles[1]}")
