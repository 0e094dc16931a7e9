"""The samples of a picture file, in the file's own depth.

Pillow decodes what it keeps exactly; tifffile the deep TIFFs (more than 8 bit, signed, float), which Pillow
cuts to 8 bit or misreads where their bytes are big-endian. Pillow cuts 16-bit colour too, so such files are
decoded twice, once for the high and once for the low bytes.
"""

from __future__ import annotations

import logging
import math
import re
import sys
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from fusion.data.fill_values import fill_value, without_fill
from fusion.data.png_rows import check_rows
from fusion.errors import InputError

Samples = NDArray[Any]

MIN_SIDE = 2
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF")
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_ORIENTATION = 0x0112
_SILENT = logging.NullHandler()  # keeps tifffile's remarks on damaged files off a program's stderr
UNCOMPRESSED, DEFLATE = 1, (8, 32946)
_SMALL_GREYS = MappingProxyType({"L;2": 85, "L;4": 17})  # from one level of so few bits to the next
_OPPOSITE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}


def _check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise InputError(
            f"{path} has {width} × {height} pixels, more than the limit of {max_pixels:,}; crop or shrink it."
        )
    if min(width, height) < MIN_SIDE:
        raise InputError(
            f"{path} has {width} × {height} pixels; a picture needs at least {MIN_SIDE} × {MIN_SIDE}."
        )


@contextmanager
def opened(path: Path, file: BinaryIO, max_pixels: int) -> Iterator[Image.Image]:
    """Open the header of ``file`` with Pillow; its warning of a bomb becomes an error, its chatter is dropped.

    ``path`` is only what sentences call it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        # A file, not its name: Pillow maps a named one into memory and then misreads rotated TIFFs.
        with Image.open(file, formats=FORMATS) as image:
            _check_size(path, *image.size, max_pixels)
            yield image


def size_of(path: Path, content: bytes, max_pixels: int) -> tuple[int, int]:
    """Rows and columns that a file's header says, as its pixels lie there; nothing is decoded."""
    if content[:4] in TIFF_STARTS:
        with tifffile.TiffFile(BytesIO(content)) as tiff:
            page = tiff.pages.first
            _check_size(path, page.imagewidth, page.imagelength, max_pixels)
            return page.imagelength, page.imagewidth
    with opened(path, BytesIO(content), max_pixels) as image:
        return image.height, image.width


@dataclass(frozen=True, eq=False)
class Decoded:
    """What a file holds.

    Attributes
    ----------
    samples : (H, W) or (H, W, 3)
        In the file's own depth, upright, transparency laid over black.
    remarks : tuple of str
        What a person should know about how it was read, a sentence each without the file's name.
    """

    samples: Samples
    remarks: tuple[str, ...] = ()


def decode(path: Path, content: bytes, max_pixels: int) -> Decoded:
    """Decode a file's ``content`` with Pillow into (H, W) or (H, W, 3), in the file's own depth."""
    with opened(path, BytesIO(content), max_pixels) as image:
        _check_frames(path, image)
        if image.format == "PNG":
            check_rows(path, content)
        if _deep_rawmode(image):
            samples = _over_black(_decode_deep(image, path, content, max_pixels))
        else:
            step = _SMALL_GREYS.get(_rawmode(image) or "", 1)
            image.load()
            samples = pillow_samples(image, step)
        orientation = _exif_orientation(image)
        return Decoded(_upright(samples, orientation), _turning(image, orientation))


def _turning(image: Image.Image, orientation: int) -> tuple[str, ...]:
    """What to say of a picture that was turned, or that another reader would turn."""
    if orientation in range(2, 9):
        return (f"It was turned as its EXIF says (orientation {orientation}).",)
    xmp = image.info.get("xmp", b"")
    turned = re.search(rb"tiff:Orientation(?:=[\"']|>)\s*([2-8])", xmp if isinstance(xmp, bytes) else b"")
    said = "Its XMP, not its EXIF, speaks of an orientation; it was left as it lies, as a browser leaves it."
    return (said,) if turned and image.format != "TIFF" else ()


def _check_frames(path: Path, image: Image.Image) -> None:
    """Refuse an animation, where the first picture would be a silent guess; previews of other sizes pass."""
    count, size = getattr(image, "n_frames", 1), image.size
    if count > 1 and image.format != "TIFF":
        image.seek(1)
        if image.size == size:
            raise _several(path, count)
        image.seek(0)


def _several(path: Path, count: int) -> InputError:
    return InputError(f"{path} holds {count} pictures; save the one to use as a file of its own.")


def _exif_orientation(image: Image.Image) -> int:
    """What the file's EXIF says (1…8), as a browser reads it: an orientation in XMP alone turns nothing.

    Asked for after loading: by then a TIFF is upright already, and a PNG's late chunks are read.
    """
    if image.format == "TIFF":
        return 1
    exif = Image.Exif()
    exif.load(image.info.get("exif", b""))
    return int(exif.get(_ORIENTATION, 1))


def pillow_samples(image: Image.Image, step: int = 1) -> Samples:
    """Samples of a loaded picture, transparency over black; ``step`` from a level of few bits to the next."""
    clear = image.info.get("transparency")
    if image.mode in ("1", "L") and isinstance(
        clear, int
    ):  # Pillow scales the greys of few bits, but not this level
        grey: Samples = np.asarray(image.convert("L"))
        return np.where(grey == clear * step, 0, grey).astype(np.uint8)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        samples: Samples = np.asarray(image)
        return samples if clear is None else np.where(samples == clear, 0, samples)
    if image.has_transparency_data:
        return _over_black(np.asarray(image.convert("RGBA")))
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))


def _rawmode(image: Image.Image) -> str | None:
    """Return Pillow's name for how the file's samples lie, before they are loaded: ``L;2``, ``RGB;16B``."""
    tiles = getattr(image, "tile", ())
    args = tiles[0].args if tiles else None
    rawmode = args[0] if isinstance(args, tuple) and args else args
    return rawmode if isinstance(rawmode, str) else None


def _deep_rawmode(image: Image.Image) -> str | None:
    """Return Pillow's name for the file's 16-bit colour layout (say ``RGB;16B``), else None."""
    rawmode = _rawmode(image)
    return rawmode if rawmode and rawmode[:-1] in ("RGB;16", "RGBA;16", "LA;16") else None


def _decode_deep(image: Image.Image, path: Path, content: bytes, max_pixels: int) -> Samples:
    """Decode 16-bit colour into uint16 (H, W, channels): the high bytes, then the low ones."""
    rawmode = _deep_rawmode(image) or ""
    layout, order = rawmode[:-1], rawmode[-1]
    if layout == "LA;16":  # has no counterpart for the low bytes, but is four plain bytes a pixel
        _set_rawmode(image, "RGBA")
        return np.ascontiguousarray(np.asarray(image)).view(">u2" if order == "B" else "<u2")
    with opened(path, BytesIO(content), max_pixels) as again:
        _set_rawmode(again, layout + _OPPOSITE[order])
        low = np.asarray(again).astype(np.uint16)
    samples = (np.asarray(image).astype(np.uint16) << 8) | low
    clear = image.info.get("transparency")
    if clear is not None:
        samples = np.where((samples == np.asarray(clear)).all(-1, keepdims=True), 0, samples)
    return samples


def _set_rawmode(image: Any, rawmode: str) -> None:  # noqa: ANN401  (tile is not in Pillow's public types)
    image.tile = [
        tile._replace(args=(rawmode, *tile.args[1:]) if isinstance(tile.args, tuple) else rawmode)
        for tile in image.tile
    ]


def decode_tiff(path: Path, content: bytes, max_pixels: int) -> Decoded:
    """Decode a TIFF's ``content`` into (H, W) or (H, W, 3): tifffile where it is deep, Pillow for the rest."""
    logging.getLogger("tifffile").addHandler(_SILENT)
    with tifffile.TiffFile(BytesIO(content)) as tiff:
        page = tiff.pages.first
        _check_size(path, page.imagewidth, page.imagelength, max_pixels)
        _check_pages(path, tiff)
        samples, remarks = without_fill(path, _tiff_samples(path, content, page, max_pixels), fill_value(page))
        deep = page.bitspersample > 8 or page.sampleformat != 1
        # 0: white is lowest. Pillow has turned it round in what it reads.
        return Decoded(-samples.astype(np.float64) if deep and page.photometric == 0 else samples, remarks)


def _tiff_samples(path: Path, content: bytes, page: tifffile.TiffPage, max_pixels: int) -> Samples:
    if page.bitspersample <= 8 and page.sampleformat == 1:
        return decode(path, content, max_pixels).samples
    check_bands(path, page)
    if page.compression == UNCOMPRESSED or page.compression in DEFLATE:
        check_length(path, BytesIO(content), page)
        return page_samples(page)
    if pillow_keeps(page):
        return decode(path, content, max_pixels).samples
    raise InputError(f"{path} is compressed in a way that is not read; save it without compression.")


def _check_pages(path: Path, tiff: tifffile.TiffFile) -> None:
    """Refuse a stack of slices, where the first one would be a silent guess; thumbnails and masks pass."""
    first = tiff.pages.first
    if len(tiff.pages) > 1:
        second = tiff.pages[1].aspage()
        if second.shape == first.shape and not second.subfiletype & 4:
            raise _several(path, len(tiff.pages))
    elif (
        count := math.prod(tiff.series[0].shape) // math.prod(first.shape)
    ) > 1:  # one directory entry for a stack
        raise _several(path, count)


def check_bands(path: Path, page: tifffile.TiffPage) -> None:
    """Refuse what is neither grey nor RGB."""
    wanted = {0: 1, 1: 1, 2: 3}.get(int(page.photometric), 0)
    if page.imagedepth != 1 or wanted == 0 or page.samplesperpixel not in (wanted, wanted + 1):
        raise InputError(
            f"{path} is neither grey nor RGB ({page.samplesperpixel} bands of {page.bitspersample} bit); "
            "save it as grey or RGB."
        )


def check_length(path: Path, file: BinaryIO, page: tifffile.TiffPage) -> None:
    """Refuse a page of too few bytes (tifffile may pad it) or too many (it inflates without bound)."""
    chunk = math.prod(page.chunks) * page.bitspersample // 8
    found = 0
    for start, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        file.seek(start)
        segment = file.read(count)
        if page.compression in DEFLATE:
            segment = zlib.decompressobj().decompress(segment, chunk + 1)
            if len(segment) > chunk:
                raise InputError(f"{path} holds more data than its size allows; export it again.")
        found += len(segment)
    if found < page.nbytes:
        raise InputError(f"{path} is damaged or cut short; copy or export it again.")


def pillow_keeps(page: tifffile.TiffPage) -> bool:
    """Whether Pillow undoes the compression without loss: unsigned 16 bit, or little-endian greys."""
    deep = page.bitspersample == 16 and page.sampleformat == 1 and page.planarconfig == 1
    if page.samplesperpixel > 1:
        return deep and (page.samplesperpixel == 3 or page.extrasamples == (2,))
    signed = page.bitspersample in (16, 32) and page.sampleformat == 2
    return deep or (
        page.parent.byteorder == "<" and (signed or (page.bitspersample, page.sampleformat) == (32, 3))
    )


def page_samples(page: tifffile.TiffPage) -> Samples:
    """Samples of a TIFF's page, upright, as tifffile decodes them."""
    samples: Samples = page.asarray()
    if samples.size != page.imagewidth * page.imagelength * page.samplesperpixel:
        raise ValueError("the page's tags contradict each other")
    if page.samplesperpixel > 1 and page.planarconfig == 2:
        samples = np.moveaxis(samples, 0, -1)
    orientation = page.tags.valueof(_ORIENTATION, 1)
    if page.samplesperpixel in (1, 3):
        return _upright(samples, orientation)
    # Only unassociated alpha (2) has still to be applied; associated alpha already is, over black.
    alpha = bool(page.extrasamples) and page.extrasamples[0] == 2
    colors = _over_black(samples) if alpha else samples[..., :-1]
    return _upright(colors[..., 0] if colors.shape[-1] == 1 else colors, orientation)


def _over_black(samples: Samples) -> Samples:
    """Lay (H, W, 2 or 4) with its last channel as alpha over black; (H, W, 3) is opaque already."""
    if samples.shape[-1] == 3:
        return samples
    opaque = np.iinfo(samples.dtype).max if samples.dtype.kind in "iu" else 1.0
    colors = samples[..., :-1] * (samples[..., -1:] / opaque)
    if samples.dtype.kind in "iu":
        colors = np.rint(colors).astype(samples.dtype)
    return colors[..., 0] if colors.shape[-1] == 1 else colors


def _upright(samples: Samples, orientation: int) -> Samples:
    """Turn an array as EXIF's orientation (1…8) says; 1 and anything unknown leave it."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples
