"""Files that make one volume, told from their headers; nothing is decoded before it is asked for."""

from __future__ import annotations

import logging
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.data.naming import modality, plain_words
from fusion.data.volumes.grid import Grid
from fusion.data.volumes.volume import Volume
from fusion.data.volumes.voxel_reader import VoxelReader
from fusion.errors import InputError

MAX_VOXELS = 512 * 1024 * 1024
"""Of a volume: 2 GB as float32, on disk."""

_MODALITIES = ("MRI", "PET", "SPECT", "CT")

Progress = Callable[[int, int], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class VolumeFiles:
    """What files say of the volume in them.

    Attributes
    ----------
    files : tuple of Path
        In the order of slices; one file that holds several slices stands once.
    grid : Grid
        Where the voxels lie.
    unit, modality, frame_of_reference, title
        As in `Volume`.
    source : mapping
        How the voxels are found in the files, as JSON has it.
    reader : VoxelReader
        The processes that decode.
    patient_key : str
        Equal for files of one patient; a hash, empty where the files name none. Never shown.
    is_placed : bool
        Whether the files say where the voxels lie in the patient; else ``grid`` has their spacing alone.
    remarks : tuple of str
        What a person should know about how they are read, a sentence each.
    """

    files: tuple[Path, ...]
    grid: Grid
    unit: str
    modality: str
    frame_of_reference: str | None
    title: str
    source: Mapping[str, Any] = field(repr=False)
    reader: VoxelReader = field(repr=False)
    patient_key: str = field(default="", repr=False)
    is_placed: bool = True
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep a title that any file takes: it comes from a header or a file's name."""
        object.__setattr__(self, "title", plain_words(self.title))

    def read(self, progress: Progress | None = None) -> Volume:
        """Tell what the volume holds, decoded in a limited process and mapped from a file without a name.

        Parameters
        ----------
        progress : callable, optional
            Told how many slices are there, and of how many, after each. What it raises ends the reading.

        Raises
        ------
        InputError
            A file is gone, damaged or too large to decode, or holds no value at all.
        """
        count = self.grid.shape[0]
        _check_room(self.title, 4 * self.grid.shape[0] * self.grid.shape[1] * self.grid.shape[2])
        with self._decoded(range(count), progress) as (voxels, said):
            remarks = (*self.remarks, *_about_values(said, voxels.size))
        return Volume(voxels, self.grid, self.unit, self.modality, self.frame_of_reference, self.title, remarks)

    def read_slice(self, index: int) -> NDArray[np.float32]:
        """Tell what one slice holds, float32 (rows, cols) in ``unit``, without reading the others.

        Raises
        ------
        InputError
            There is no such slice, or its file is gone, damaged or too large to decode.
        """
        count = self.grid.shape[0]
        if not 0 <= index < count:
            raise InputError(f"{self.title} has slices 0 to {count - 1}; there is no slice {index}.")
        with self._decoded(range(index, index + 1)) as (voxels, _):
            return np.array(voxels[0])

    @contextmanager
    def _decoded(
        self, indices: range, progress: Progress | None = None
    ) -> Iterator[tuple[NDArray[np.float32], Mapping[str, Any]]]:
        folder = Path(tempfile.mkdtemp(prefix="fusevis-"))
        remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        said: Mapping[str, Any] = {}
        try:
            file, is_whole = folder / "voxels.npy", len(indices) > 1
            with closing(self.reader.voxels(self.source, indices, file, is_whole=is_whole)) as answers:
                for said in answers:
                    if progress is not None and "done" in said:
                        progress(said["done"], len(indices))
            voxels: NDArray[np.float32] = np.load(file, mmap_mode="r")
            if voxels.shape != (len(indices), *self.grid.shape[1:]):
                raise InputError("It has changed since it was listed; open it again.")
            yield voxels, said
        except InputError as error:
            log.debug("a volume could not be read", exc_info=True)
            raise InputError(f"{self.title}: {error}") from error
        finally:
            remove()  # what is mapped stays until its array goes


@dataclass(frozen=True)
class RefusedFiles:
    """Files that are of a volume's kind and make none that can be used.

    Attributes
    ----------
    files : tuple of Path
    reason : str
        One sentence that says what is wrong and what to do.
    """

    files: tuple[Path, ...]
    reason: str


def named_modality(file: Path) -> str:
    """Tell which of a volume's modalities a file's name, or else its folder's, speaks of; empty where none.

    Examples
    --------
    >>> [named_modality(Path(name)) for name in ("case1/t1w.nii", "pet/0001.nii.gz", "x.nii")]
    ['MRI', 'PET', '']
    """
    stem = file.name.removesuffix(".gz").rsplit(".", 1)[0]
    word = modality(stem) or modality(file.parent.name)
    return word if word is not None and word in _MODALITIES else ""


def _check_room(title: str, size: int) -> None:
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > free:
        raise InputError(
            f"{title} needs {size / 2**30:.1f} GB in the temporary folder, where {free / 2**30:.1f} GB are free; "
            "make room or set TMPDIR to a larger disk."
        )


def _about_values(said: Mapping[str, Any], count: int) -> tuple[str, ...]:
    if said["empty"] == count:
        raise InputError("every voxel is without a value; choose another one.")
    return (f"Infinite voxels, {said['infinite']:,}, count as without a value.",) if said["infinite"] else ()
