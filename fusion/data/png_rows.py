"""Whether a PNG holds all of its rows: decoders leave those black that its compressed data does not have."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from fusion.errors import InputError

START = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row and column, and the steps between rows and columns, of the seven passes of an interlaced file."""
_AT_A_TIME = 2**20


def check_rows(path: Path, content: bytes) -> None:
    """Refuse a PNG whose compressed data ends before its last row.

    Raises
    ------
    InputError
        Rows are missing. What is damaged in another way is left to the decoder.
    """
    header = next((data for kind, data in _chunks(content) if kind == b"IHDR"), b"")
    if len(header) != 13:
        return
    width, height, bits, color, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if color not in _CHANNELS:
        return
    expected = _bytes_of_rows(width, height, bits * _CHANNELS[color], is_interlaced=bool(interlaced))
    if _inflated(content, expected) < expected:
        raise InputError(f"{path} is damaged or cut short; copy or export it again.")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(START)
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        yield kind, content[at + 8 : at + 8 + length]
        at += 12 + length


def _bytes_of_rows(width: int, height: int, bits: int, *, is_interlaced: bool) -> int:
    """Bytes of all rows, each behind a byte that names its filter."""
    passes = _PASSES if is_interlaced else ((0, 0, 1, 1),)
    found = 0
    for top, left, down, across in passes:
        rows, cols = -(-(height - top) // down), -(-(width - left) // across)
        if rows > 0 and cols > 0:
            found += rows * (1 + -(-cols * bits // 8))
    return found


def _inflated(content: bytes, most: int) -> int:
    """Bytes that the image data makes, counted up to ``most`` and never held."""
    inflating, found = zlib.decompressobj(), 0
    for kind, data in _chunks(content):
        left = data if kind == b"IDAT" else b""
        while left and found < most and not inflating.eof:
            found += len(inflating.decompress(left, _AT_A_TIME))
            left = inflating.unconsumed_tail
    while found < most and not inflating.eof and (more := inflating.decompress(b"", _AT_A_TIME)):
        found += len(more)
    return found
