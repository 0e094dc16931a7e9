"""``python -m fusion inspect``: what a file or folder holds, and what of it makes a pair."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fusion.cli.volume_inputs import two_volumes, volume_at
from fusion.data.collection import Collection, SliceFiles, read_collection
from fusion.data.naming import natural_key
from fusion.data.picture import Picture, read_picture
from fusion.data.raw_scale import raw_scale
from fusion.data.volumes.found_volumes import find_volumes
from fusion.data.volumes.planes import native_plane, plane_of, tilt
from fusion.data.volumes.slice_origin import grid_words
from fusion.data.volumes.volume_files import VolumeFiles
from fusion.data.volumes.volume_pair_files import VolumePairFiles
from fusion.errors import InputError

MOST = 12
"""Things of a kind that are listed."""


def run(args: argparse.Namespace) -> int:
    """Print what every path holds; 2 where one of them holds nothing that can be used."""
    problems = 0
    for path in args.paths:
        print(path)
        try:
            for line in held(path, same_space=args.same_space):
                print(f"  {line}")
        except InputError as error:
            print(f"  {error}")
            problems += 1
    if len(args.paths) == 2 and not problems:
        print(as_pair(args.paths[0], args.paths[1], same_space=args.same_space))
    return 2 if problems else 0


def held(path: Path, *, same_space: bool = False) -> Iterator[str]:
    """Tell what a file or a folder holds, a line each.

    Raises
    ------
    InputError
        It is not there, or holds nothing that can be used.
    """
    if path.is_dir():
        yield from _folder(path, same_space=same_space)
    elif (files := volume_at(path)) is not None:
        yield from volume_lines(files)
    else:
        yield from _picture(read_picture(path))


def as_pair(first: Path, second: Path, *, same_space: bool = False) -> str:
    """Tell whether two paths make a pair, and why not."""
    try:
        found = two_volumes(first, second, same_space=same_space)
    except InputError as error:
        return f"No pair: {error}"
    if found is None:
        return "Two pictures: a pair where they have the same size."
    return f"A pair of volumes. {found.space}."


def volume_lines(files: VolumeFiles) -> Iterator[str]:
    """What is known of a volume from its headers, a line each; nobody's name."""
    many = f" in {len(files.files)} files" if len(files.files) > 1 else ""
    yield f"volume of {files.modality or 'no modality that is known'}: {files.title}{many}"
    yield f"  {grid_words(files.grid)}; unit: {files.unit}"
    yield f"  {_orientation(files)}"
    frame = "none" if files.frame_of_reference is None else "yes"
    yield f"  frame of reference: {frame}; patient: {'told apart' if files.patient_key else 'not named'}"
    yield from (f"  {remark}" for remark in files.remarks)


def _orientation(files: VolumeFiles) -> str:
    if not files.is_placed:
        return "place in the patient not known: slices as they lie in the file"
    name = native_plane(files.grid)
    plane = plane_of(files.grid, name)
    sides = ", ".join(f"{letter} at the {side}" for side, letter in plane.letters.items())
    tilted = f"; oblique by {tilt(files.grid):.0f}°" if plane.is_oblique else ""
    return f"taken in {name} slices, shown with {sides}{tilted}"


def _picture(picture: Picture) -> Iterator[str]:
    rows, cols = picture.levels.shape
    scale = raw_scale(picture)
    kind = "grey" if picture.color is None else "in colour"
    yield f"picture, {kind}: {cols} × {rows} pixels, {scale.unit} from {scale.low:g} to {scale.high:g}"
    yield from (f"  {remark}" for remark in picture.remarks)
    yield "  no spacing, orientation or frame of reference: paired by its name with a picture of the same size"


def _folder(path: Path, *, same_space: bool) -> Iterator[str]:
    listed = sorted((each for each in path.rglob("*") if each.is_file()), key=lambda each: natural_key(str(each)))
    found = find_volumes(listed)
    for files in found[:MOST]:
        yield from volume_lines(files)
    if len(found) > MOST:
        yield f"and {len(found) - MOST} more volumes"
    collection = read_collection(path, same_space=same_space)
    pictures = Counter((each.group, each.names) for each in collection if not isinstance(each, SliceFiles))
    for (group, names), count in pictures.items():
        yield f"{count} pairs of pictures in {group}: {' and '.join(names)}"
    volumes = dict.fromkeys(each.volumes for each in collection if isinstance(each, SliceFiles))
    yield from map(_paired, volumes)
    yield from _left_over(collection)


def _paired(volumes: VolumePairFiles) -> str:
    planes = ", ".join(f"{plane.count} {plane.name}" for plane in volumes.planes)
    return f"pair of volumes {volumes.title}, {' and '.join(volumes.names)}: {planes} slices. {volumes.space}."


def _left_over(collection: Collection) -> Iterator[str]:
    if collection.unpaired:
        named = ", ".join(file.name for file in collection.unpaired[:3])
        yield f"without a partner: {len(collection.unpaired)} ({named}{' …' * (len(collection.unpaired) > 3)})"
    yield from collection.refused[:MOST]
