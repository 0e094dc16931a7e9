"""How long until a series of slices is listed, its first slice shown, the next one, and all of it read?

A CT series of ``--slices`` × 512 × 512, a file each, uncompressed and in JPEG 2000, and the same volume as NIfTI,
plain and compressed. ``listed_s`` is from the files to their volume, the start of the process that reads included;
``first_s`` on to the first slice, ``next_s`` the median of the slices that follow in turn, ``whole_s`` the whole
volume, during which a slice asked for beside it took ``beside_s``. ``plain_s`` is the plain way: this
program reads file after file before it shows anything. ``mib`` is what a process that read held at most.

    python -m benchmarks.volumes --json volumes.json
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from threading import Thread
from types import MappingProxyType
from typing import Any

import nibabel
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless

from benchmarks.timing import report
from fusion.data.volumes.found_volumes import find_volumes
from fusion.data.volumes.volume_files import VolumeFiles
from fusion.data.volumes.voxel_reader import VoxelReader

SIDE = 512
DISTINCT = 8
"""Slices that are compressed; the others are copies of these."""


def main() -> None:
    """Read each kind of series; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=500)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="20 slices: does it run?")
    args = parser.parse_args()
    report([row(kind, 20 if args.quick else args.slices) for kind in KINDS], args.json)


def row(kind: str, slices: int) -> dict[str, Any]:
    """The figures of one kind of series."""
    write, plain = KINDS[kind]
    with tempfile.TemporaryDirectory() as folder, closing(VoxelReader()) as reader:
        files = write(Path(folder), stored(slices))
        start = time.perf_counter()
        volume = find_volumes(files, reader)[0]
        listed = time.perf_counter() - start
        volume.read_slice(slices // 2)
        first = time.perf_counter() - start
        following = [seconds(partial(volume.read_slice, slices // 2 + each)) for each in range(1, 10)]
        whole, beside = whole_with_one_beside(volume)
        most = max(highest_resident_bytes())
        return {
            "series": kind,
            "slices": slices,
            "listed_s": listed,
            "first_s": first,
            "next_s": median(following),
            "whole_s": whole,
            "beside_s": beside,
            "plain_s": seconds(partial(plain, files)),
            "mib": most / 2**20,
        }


def whole_with_one_beside(volume: VolumeFiles) -> tuple[float, float]:
    """Seconds for the whole volume, and for a slice that somebody asks for meanwhile."""
    beside: list[float] = []
    asking = Thread(target=lambda: beside.append(seconds(partial(volume.read_slice, 1))))
    whole = seconds(partial(volume.read, lambda done, _: asking.start() if done == 10 else None))
    asking.join()
    return whole, beside[0]


def stored(slices: int) -> NDArray[np.int16]:
    """A ball with noise, as a scanner has it: 12 bits of which the lowest are chance."""
    rows, cols = np.ogrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    noise = np.random.default_rng(0).integers(0, 32, (SIDE, SIDE))
    depths = np.linspace(-1, 1, slices)
    planes = [np.where(rows**2 + cols**2 + depth**2 < 0.7, 1040, 24) + noise for depth in depths]
    return np.stack(planes).astype(np.int16)


def write_dicom(folder: Path, voxels: NDArray[np.int16], *, is_compressed: bool = False) -> list[Path]:
    """A file for each slice."""
    files, encoded = [], []
    for index, plane in enumerate(voxels):
        found = Dataset()
        found.file_meta = FileMetaDataset()
        found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        found.SOPClassUID = found.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        found.SOPInstanceUID = found.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.4.{index + 1}"
        found.SeriesInstanceUID, found.FrameOfReferenceUID, found.Modality = "1.2.3.5", "1.2.3.6", "CT"
        found.ImagePositionPatient, found.ImageOrientationPatient = [0, 0, index], [1, 0, 0, 0, 1, 0]
        found.PixelSpacing, found.SliceThickness = [0.5, 0.5], 1
        found.RescaleSlope, found.RescaleIntercept = 1, -1024
        found.Rows = found.Columns = SIDE
        found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
        found.BitsAllocated, found.BitsStored, found.HighBit, found.PixelRepresentation = 16, 12, 11, 1
        found.PixelData = plane.tobytes()
        if is_compressed and index < DISTINCT:
            found.compress(JPEG2000Lossless, generate_instance_uid=False)
            encoded.append(found.PixelData)
        elif is_compressed:
            found.file_meta.TransferSyntaxUID = JPEG2000Lossless
            found.PixelData = encoded[index % DISTINCT]
            found["PixelData"].VR, found["PixelData"].is_undefined_length = "OB", True
        files.append(folder / f"{index}.dcm")
        found.save_as(files[-1], enforce_file_format=True)
    return files


def write_nifti(folder: Path, voxels: NDArray[np.int16], *, suffix: str = ".nii") -> list[Path]:
    """One file for the volume."""
    file = folder / f"volume{suffix}"
    nibabel.save(nibabel.Nifti1Image(voxels.T, np.eye(4)), file)
    return [file]


def plain_dicom(files: Sequence[Path]) -> None:
    """Every file, one after the other."""
    datasets = [pydicom.dcmread(file) for file in files]
    datasets.sort(key=lambda each: float(each.ImagePositionPatient[2]))
    np.stack(
        [each.pixel_array.astype(np.float32) * each.RescaleSlope + each.RescaleIntercept for each in datasets]
    )


def plain_nifti(files: Sequence[Path]) -> None:
    """The file as it is read by the library for it."""
    np.asarray(nibabel.load(files[0]).dataobj, dtype=np.float32)


def seconds(action: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def highest_resident_bytes() -> list[int]:
    """What each process that this one has started held at most."""
    lists = [file.read_text().split() for file in Path("/proc/self/task").glob("*/children")]
    status = [Path(f"/proc/{pid}/status").read_text() for pids in lists for pid in pids]
    return [1024 * int(text.split("VmHWM:")[1].split()[0]) for text in status]


KINDS = MappingProxyType(
    {
        "DICOM": (write_dicom, plain_dicom),
        "DICOM, JPEG 2000": (partial(write_dicom, is_compressed=True), plain_dicom),
        "NIfTI": (write_nifti, plain_nifti),
        "NIfTI, gzip": (partial(write_nifti, suffix=".nii.gz"), plain_nifti),
    }
)

if __name__ == "__main__":
    main()
