"""From which slice of which archive's images is a pair, where it is a slice of volumes?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from fusion.data.outgoing.source_header import SourceHeader, burnt_in_text, read_header, source_header
from fusion.data.outgoing.source_slice import SourceSlice, moved
from fusion.data.pairs import ImagePair
from fusion.data.volumes.grid import Grid
from fusion.data.volumes.resampling import needed_slices
from fusion.data.volumes.slice_origin import SliceOrigin

SAME = 1e-6
"""Part by which a spacing may differ from the grid's, of rounding alone."""


def pair_source(pair: ImagePair) -> SourceSlice | None:
    """Tell where the pixels of a pair lie, and read whose images they are from.

    None of pictures, of volumes without a place in a patient, and where the person said that the files' spacing is
    wrong.

    Raises
    ------
    InputError
        A file that was read before cannot be read any more.
    """
    origin = pair.origin
    if origin is None or not origin.plane.letters:
        return None
    grid = slice_grid(origin)
    if pair.spacing is not None and abs(grid.spacing[2] - pair.spacing) > SAME * pair.spacing:
        return None
    of_grid, other = _slice_files(origin)
    first, second = ([source_header(read_header(file)) for file in files] for files in (of_grid, other))
    headers = [*first, *second]
    return SourceSlice(
        grid,
        origin.frame_of_reference,
        tuple(dict.fromkeys(header.image for header in headers if header.image)),
        is_lossy=any(header.is_lossy for header in headers),
        burnt_in_text=burnt_in_text(headers),
        patient=_patient(first, second),
    )


def slice_grid(origin: SliceOrigin) -> Grid:
    """Where the pixels of a slice lie."""
    grid = origin.plane.grid
    return Grid((1, *grid.shape[1:]), grid.affine @ moved(origin.plane.index(origin.number), 0, 0))


def _slice_files(origin: SliceOrigin) -> tuple[Sequence[Path], Sequence[Path]]:
    """The files whose voxels a slice is made from, of the volume on whose grid it lies and of the other one."""
    other = 1 if origin.interpolated is None else origin.interpolated
    of_grid, interpolated = origin.files
    return _needed(origin, of_grid, origin.grids[1 - other]), _needed(origin, interpolated, origin.grids[other])


def _needed(origin: SliceOrigin, files: Sequence[Path], grid: Grid) -> Sequence[Path]:
    """Of a volume that has a file for each slice those that are looked at; else all."""
    if len(files) != grid.shape[0]:
        return files
    span = needed_slices(grid, origin.plane.grid, origin.plane.index(origin.number))
    return files[span.start : span.stop]


def _patient(first: Sequence[SourceHeader], second: Sequence[SourceHeader]) -> Mapping[str, str]:
    """Of the volume on whose grid the slice lies; nobody where the files name two patients, or name none."""
    named = {header.patient.get("PatientID", "") for header in chain(first, second)}
    return first[0].patient if first and len(named) == 1 else {}
