"""One picture file: its grey levels in full precision, and its colours for display."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fusion.data.color import luminance
from fusion.data.decoding import TIFF_STARTS, Samples, decode, decode_tiff, size_of
from fusion.errors import InputError

MAX_PIXELS = 4096 * 4096
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".gif", ".tif", ".tiff")

LARGEST_FILE = 2**30
"""Bytes of a picture file: four channels of 8 bytes, 4096 × 4096 pixels, fit twice."""

Shape = tuple[int, int]
log = logging.getLogger(__name__)
_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", *TIFF_STARTS)


@dataclass(frozen=True, eq=False)
class Picture:
    """What one file shows.

    Attributes
    ----------
    levels : float64 (H, W)
        Grey levels in the file's own units (0…255, 0…65535, Hounsfield units), not scaled.
    color : uint8 (H, W, 3) or None
        RGB where the picture carries colour, None where R = G = B everywhere.
    remarks : tuple of str
        What a person should know about how the file was read, a sentence each.
    """

    levels: NDArray[np.float64]
    color: NDArray[np.uint8] | None
    remarks: tuple[str, ...] = ()


def read_picture(path: str | PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Tell which grey levels and colours a picture file holds.

    PNG, JPEG, BMP, GIF and TIFF; 1 to 16 bit, TIFF also 32 and 64 bit and float;
    grey, RGB, palette and CMYK (8 bit), with or without transparency. 16-bit files keep all 16 bits,
    also in colour. TIFFs of more than 8 bit are read uncompressed or deflated, most also with LZW; the
    others are refused, never read with loss. What is read is what a viewer shows on a black ground:
    the EXIF orientation is applied, and transparent pixels are laid over black, the background of
    medical pictures. Pixels of the fill value that a TIFF declares (GDAL_NODATA) are given the lowest value
    measured.

    Grey is 0.2989 R + 0.5870 G + 0.1140 B; where R = G = B it is that value. 16-bit colours are
    divided by 257 for display, those of any other depth but 8 bit are scaled to span 0…255.

    Parameters
    ----------
    path : path of the file
    max_pixels : int
        A picture of more pixels is refused from its header, before anything is decoded. The default is
        4096 × 4096. Pillow's own limit (``PIL.Image.MAX_IMAGE_PIXELS``) stays in force above it.

    Raises
    ------
    InputError
        The file is missing, a folder, empty, damaged, no picture, above the limit or smaller than
        2 × 2 pixels, holds NaN or infinity, nothing but its fill value, or several pictures, or is of a kind
        not listed above.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from PIL import Image
    >>> with tempfile.NamedTemporaryFile(suffix=".png") as file:
    ...     Image.fromarray(np.array([[0, 9], [50, 100]], dtype=np.uint8)).save(file.name)
    ...     read_picture(file.name).levels.tolist()
    [[0.0, 9.0], [50.0, 100.0]]
    """
    path = Path(path)
    return picture_of(content_of(path), path, max_pixels=max_pixels)


def picture_of(content: bytes, path: Path, *, max_pixels: int = MAX_PIXELS, shape: Shape | None = None) -> Picture:
    """The same of a file's ``content``, which sentences call ``path``.

    A picture whose header says another size than ``shape`` (H, W) is refused before it is decoded.
    """
    start = content[:4]
    try:
        if shape is not None:
            _check_shape(path, size_of(path, content, max_pixels), shape)
        read = decode_tiff if start in TIFF_STARTS else decode
        decoded = read(path, content, max_pixels)
    except InputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = min(max_pixels, Image.MAX_IMAGE_PIXELS or max_pixels)
        raise InputError(f"{path} has more pixels than the limit of {limit:,}; crop or shrink it.") from error
    except Exception as error:  # the decoders raise nearly anything on damaged bytes
        log.debug("a picture file could not be decoded", exc_info=True)
        raise InputError(_unreadable(path, start, error)) from error
    samples = decoded.samples
    _check_samples(path, samples)
    if samples.ndim == 3 and (samples == samples[..., :1]).all():
        samples = samples[..., 0]
    if samples.ndim == 2:
        return Picture(samples.astype(np.float64), None, decoded.remarks)
    return Picture(luminance(samples), _display_color(samples), decoded.remarks)


def to_unit_range(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale float64 values of any shape, not all equal, so that the lowest is 0 and the highest 1."""
    low, high = values.min() / 2, values.max() / 2
    scaled: NDArray[np.float64] = (values / 2 - low) / (high - low)  # in halves, which no pair of floats overflows
    return scaled


def _check_shape(path: Path, found: Shape, wanted: Shape) -> None:
    """Refuse another size; EXIF may turn a picture, so that its sides may change places."""
    if found != wanted and found[::-1] != wanted:
        raise InputError(
            f"{path} has {found[1]} × {found[0]} pixels (width × height) and the image {wanted[1]} × {wanted[0]}; "
            "give one of the image's size."
        )


def content_of(path: Path) -> bytes:
    """A picture file's bytes, read once, after every check that needs no decoding.

    Raises
    ------
    InputError
        There is no such file, it cannot be opened, is empty or too large, or was written to meanwhile.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; give one picture file.")
    if not path.exists():
        raise InputError(f"There is no file {path}; check the path.")
    if not path.is_file():
        raise InputError(f"{path} is not an ordinary file; give one picture file.")
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            content = file.read(min(before.st_size, LARGEST_FILE) + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror}); check its permissions.") from error
    if not content:
        raise InputError(f"{path} is empty (0 bytes); copy or export it again.")
    if len(content) > LARGEST_FILE:
        raise InputError(f"{path} has more than {LARGEST_FILE // 2**20:,} MB; crop it or save it as a PNG.")
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise InputError(f"{path} was written to while it was read; open it again.")
    return content


def _unreadable(path: Path, start: bytes, error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"{path} does not fit into memory; crop or shrink it."
    if isinstance(error, UnidentifiedImageError) and not start.startswith(_STARTS):
        return f"{path} is not a picture that can be read; give a PNG, JPEG, BMP, GIF or TIFF file."
    if start in TIFF_STARTS:
        return f"{path} is damaged, cut short or a rare kind of TIFF; export it again as grey or RGB."
    return f"{path} is damaged or cut short; copy or export it again."


def _check_samples(path: Path, samples: Samples) -> None:
    if samples.dtype.kind == "c":
        raise InputError(f"{path} holds complex numbers; save their magnitude instead.")
    bad = np.count_nonzero(~np.isfinite(samples))
    if bad:
        raise InputError(f"{path} holds {bad:,} NaN or infinite values; replace them and save it again.")


def _display_color(samples: Samples) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        return np.ascontiguousarray(samples)
    values = samples.astype(np.float64)
    if samples.dtype.kind == "u" and samples.dtype.itemsize == 2:
        return np.rint(values / 257).astype(np.uint8)
    return np.rint(255 * to_unit_range(values)).astype(np.uint8)
