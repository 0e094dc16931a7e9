"""Two paths that a command names: two pictures, or two volumes of which it wants a slice."""

from __future__ import annotations

import argparse
from pathlib import Path

from fusion.data.naming import modality
from fusion.data.normalisation import Normalisation
from fusion.data.pairs import ImagePair, read_pair
from fusion.data.picture import SUFFIXES
from fusion.data.volumes.common_space import common_space
from fusion.data.volumes.found_volumes import find_volumes
from fusion.data.volumes.volume_files import VolumeFiles
from fusion.data.volumes.volume_pair import Scaling
from fusion.data.volumes.volume_pair_files import VolumePairFiles
from fusion.data.volumes.voxel_reader import VoxelReader
from fusion.data.windowed_pair import windowed
from fusion.errors import InputError

STACKS = (".tif", ".tiff")
"""Endings of pictures that may be volumes too."""


def two_inputs(first: Path, second: Path, args: argparse.Namespace) -> ImagePair:
    """The pair of two paths, as ``--slice``, ``--plane`` and ``--scale-…`` have it.

    Raises
    ------
    InputError
        They cannot be read or do not belong together; a slice is missing, or not there.
    """
    volumes = two_volumes(first, second, same_space=args.same_space)
    if volumes is None:
        if args.slice is not None or args.plane is not None:
            raise InputError("--slice and --plane are for volumes; two pictures are one pair.")
        return _scaled_pictures(read_pair(first, second), args)
    if args.slice is None:
        lies = volumes.plane(args.plane)
        raise InputError(f"These are volumes with {lies.count} {_kind(lies.name)}slices; name one with --slice N.")
    return volumes.read_slice(args.plane, args.slice, scaling=chosen_scaling(args))


def two_volumes(
    first: Path, second: Path, *, same_space: bool, reader: VoxelReader | None = None
) -> VolumePairFiles | None:
    """The volumes of two paths, read by ``reader`` or by one of their own; None where both are pictures.

    Raises
    ------
    InputError
        One is a volume and the other a picture; one holds no volume, or several; they do not belong together.
    """
    paths, reader = (first, second), reader or VoxelReader()
    found = [volume_at(path, reader) for path in paths]
    if found == [None, None]:
        return None
    for path, other, files in zip(paths, paths[::-1], found, strict=True):
        if files is None:
            raise InputError(f"{other} is a volume and {path} a picture; give two volumes or two pictures.")
    one, two = (files for files in found if files is not None)
    space = common_space(one, two, is_declared=same_space)
    return VolumePairFiles(one, two, _names(paths, (one, two)), _title(paths), space)


def one_volume(path: Path, reader: VoxelReader | None = None) -> VolumeFiles:
    """The volume of a folder, or that a file is or belongs to.

    Raises
    ------
    InputError
        There is none, or the folder holds several.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {path}; check the path.")
    batch = sorted(each for each in (path if path.is_dir() else path.parent).iterdir() if _is_offered(each, path))
    found = find_volumes(batch, reader)
    held = list(found) if path.is_dir() else [files for files in found if path in files.files]
    if len(held) == 1:
        return held[0]
    if held:
        named = ", ".join(files.title for files in held[:4])
        raise InputError(f"{path} holds {len(held)} volumes ({named}); give one file of the volume that you mean.")
    reasons = [each.reason for each in found.refused if path.is_dir() or path in each.files]
    raise InputError(reasons[0] if reasons else f"{path} holds no volume; give DICOM, NIfTI or a stack.")


def _is_offered(file: Path, path: Path) -> bool:
    """Whether a file may belong to the volume: all of a folder; beside a file what may be its series."""
    if not file.is_file() or file.name.startswith("."):
        return False
    return path.is_dir() or file == path or not (_is_picture(file) or _is_nifti(path) or _is_picture(path))


def volume_at(path: Path, reader: VoxelReader | None = None) -> VolumeFiles | None:
    """The volume of a path, read by ``reader`` or by one of its own; None where it is a picture."""
    if not path.is_dir() and _is_picture(path) and path.suffix.lower() not in STACKS:
        return None
    if path.is_file() and path.suffix.lower() in STACKS:
        found = find_volumes([path], reader)
        return one_volume(path, reader) if found or found.refused else None
    return one_volume(path, reader)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _is_nifti(path: Path) -> bool:
    return path.name.lower().endswith((".nii", ".nii.gz"))


def _names(paths: tuple[Path, Path], volumes: tuple[VolumeFiles, VolumeFiles]) -> tuple[str, str]:
    names = [
        files.modality or modality(path.absolute().parent.name) or modality(path.name) or files.title
        for path, files in zip(paths, volumes, strict=True)
    ]
    if names[0] == names[1]:
        names = [files.title for files in volumes]
    return (names[0], names[1]) if names[0] != names[1] else ("first", "second")


def _title(paths: tuple[Path, Path]) -> str:
    """What files are called; a folder of DICOM may be called after the patient."""
    stems = [path.name.split(".")[0] if _is_nifti(path) else path.stem for path in paths if path.is_file()]
    return " + ".join(dict.fromkeys(stems)) if len(stems) == 2 else ""


def chosen_scaling(args: argparse.Namespace) -> tuple[Scaling, Scaling]:
    """From which to which value both inputs are scaled, as ``--scale-first`` and ``--scale-second`` have it."""
    return _one_scaling(args.scale_first), _one_scaling(args.scale_second)


def _one_scaling(how: str | tuple[float, float]) -> Scaling:
    if isinstance(how, tuple):
        return Normalisation("window", *how)
    return "volume" if how == "volume" else "slice"


def _scaled_pictures(pair: ImagePair, args: argparse.Namespace) -> ImagePair:
    """A picture's slice and volume are itself."""
    first, second = (each if isinstance(each, Normalisation) else None for each in chosen_scaling(args))
    return windowed(pair, (first, second))


def _kind(plane: str) -> str:
    return "" if plane == "stack" else f"{plane} "
