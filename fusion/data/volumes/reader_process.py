"""The process that reads volumes and pictures: requests and answers are lines of JSON, values .npy files."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.data.decoding import TIFF_STARTS
from fusion.data.picture import content_of, picture_of, read_picture
from fusion.data.volumes.dicom_header import dicom_header
from fusion.data.volumes.dicom_voxels import DicomVoxels
from fusion.data.volumes.nifti import NiftiVoxels, nifti_header
from fusion.data.volumes.tiff_stack import TiffVoxels, tiff_header
from fusion.errors import InputError

Source = DicomVoxels | NiftiVoxels | TiffVoxels
Say = Callable[[Mapping[str, object]], None]

_KEPT = 4  # two volumes of a pair, and the two before
_KINDS = MappingProxyType({"dicom": DicomVoxels, "nifti": NiftiVoxels, "tiff": TiffVoxels})


def main() -> None:
    """Answer requests until standard input ends."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a decoder prints is no answer

    def say(words: Mapping[str, object]) -> None:
        out.write(json.dumps(words) + "\n")
        out.flush()

    sources = Sources()
    say({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        _limit_memory(request["megabytes"])
        answer(request, say, sources)


class Sources:
    """The sources of voxels that were asked for last: what they have opened stays open for the next slice."""

    def __init__(self) -> None:
        self._kept: dict[str, Source] = {}

    def find(self, words: Mapping[str, Any]) -> Source:
        """The source that a request describes."""
        key = json.dumps(words)
        given = {word: value for word, value in words.items() if word != "kind"}
        self._kept[key] = source = self._kept.pop(key, None) or _KINDS[words["kind"]](**given)
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return source


def answer(request: Mapping[str, Any], say: Say, sources: Sources) -> None:
    """Do what is asked; the last word has ``end``."""
    if request["ask"] == "headers":
        for file in request["files"]:
            say(_tried(partial(header, Path(file)), file))
        say({"end": True})
    elif request["ask"] in ("levels", "picture"):
        write = write_levels if request["ask"] == "levels" else write_picture
        say({**_tried(partial(write, request), request["file"]), "end": True})
    else:
        say({**_tried(partial(write_voxels, request, say, sources), "It"), "end": True})


def header(file: Path) -> Mapping[str, object]:
    """Tell what a file says of the volume in it without decoding one: its ``kind`` and more, or nothing."""
    if file.name.lower().endswith((".nii", ".nii.gz")):
        return nifti_header(file)
    with file.open("rb") as opened:
        start = opened.read(132)
    if start[:4] in TIFF_STARTS and start[128:] != b"DICM":  # a DICOM file may begin with a TIFF's header
        return tiff_header(file)
    return dicom_header(file)


def write_levels(request: Mapping[str, Any]) -> Mapping[str, object]:
    """Write a picture's grey levels, float64 (H, W), whose header has to say the ``shape`` that is asked for."""
    file, (rows, cols) = Path(request["file"]), request["shape"]
    levels = picture_of(content_of(file), file, max_pixels=rows * cols, shape=(rows, cols)).levels
    np.save(Path(request["into"]) / "levels.npy", levels, allow_pickle=False)
    return {}


def write_picture(request: Mapping[str, Any]) -> Mapping[str, object]:
    """Write a picture's grey levels, float64 (H, W), and the colours of one that has any; say its remarks."""
    picture, into = read_picture(request["file"], max_pixels=request["max_pixels"]), Path(request["into"])
    np.save(into / "levels.npy", picture.levels, allow_pickle=False)
    if picture.color is not None:
        np.save(into / "color.npy", picture.color, allow_pickle=False)
    return {"has_color": picture.color is not None, "remarks": picture.remarks}


def write_voxels(request: Mapping[str, Any], say: Say, sources: Sources) -> Mapping[str, object]:
    """Write the slices that are asked for; tell how many voxels hold no value, and how many were infinite."""
    planes = sources.find(request["source"]).planes(request["indices"])
    empty = infinite = 0
    with Path(request["into"]).open("wb") as file:
        for number, values in enumerate(planes):
            with np.errstate(over="ignore", invalid="ignore"):
                plane: NDArray[np.float32] = np.array(values, dtype="<f4", order="C")
            endless = np.isinf(plane)
            infinite += int(np.count_nonzero(endless))
            plane[endless] = np.nan
            empty += int(np.count_nonzero(np.isnan(plane)))
            if number == 0:
                shape = (len(request["indices"]), *plane.shape)
                form = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_2_0(file, form)
            file.write(plane.data)
            say({"done": number + 1})
    return {"empty": empty, "infinite": infinite}


def _tried(action: Callable[[], Mapping[str, object]], file: str) -> Mapping[str, object]:
    """What an action answers; what it raises becomes a sentence with its traceback beside it."""
    try:
        return action()
    except InputError as error:
        return {"refused": str(error), "traceback": traceback.format_exc()}
    except MemoryError:
        told = f"{file} needs more memory than a reader may take; crop it or export it again, uncompressed."
        return {"refused": told, "traceback": traceback.format_exc()}
    except Exception:  # the decoders raise nearly anything on damaged bytes
        told = f"{file} is damaged or cut short; copy or export it again."
        return {"refused": told, "traceback": traceback.format_exc()}


def _limit_memory(megabytes: int) -> None:
    """Let allocations fail beyond so many megabytes of data."""
    try:
        import resource
    except ModuleNotFoundError:  # there is none on Windows
        return
    most = megabytes * 2**20
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
