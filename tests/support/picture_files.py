"""Small pictures and the bytes of picture files, written by the formats' specifications."""

import struct
import zlib

import numpy as np

H, W = 7, 10
GREY8 = np.random.default_rng(0).integers(0, 256, (H, W), dtype=np.uint8)
GREY16 = np.random.default_rng(1).integers(0, 65536, (H, W), dtype=np.uint16)
RGB8 = np.random.default_rng(2).integers(0, 256, (H, W, 3), dtype=np.uint8)
RGB16 = np.random.default_rng(3).integers(0, 65536, (H, W, 3), dtype=np.uint16)
ALPHA8 = np.random.default_rng(4).integers(0, 256, (H, W), dtype=np.uint8)
ALPHA16 = np.random.default_rng(5).integers(0, 65536, (H, W), dtype=np.uint16)


def grey_of(rgb):
    rgb = rgb.astype(float)
    return 0.2989 * rgb[..., 0] + 0.5870 * rgb[..., 1] + 0.1140 * rgb[..., 2]


def over_black(samples, alpha):
    """Lay integer samples over black, in exact integer arithmetic (no product ends on a half here)."""
    top = np.iinfo(samples.dtype).max
    alpha = alpha.astype(np.int64)[..., None] if samples.ndim == 3 else alpha.astype(np.int64)
    return ((2 * samples.astype(np.int64) * alpha + top) // (2 * top)).astype(samples.dtype)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, kind, depth=16, extra=b""):
    """Write a PNG by the specification: colour types 0 grey, 2 RGB, 4 grey and alpha, 6 RGBA."""
    height, width = samples.shape[:2]
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    rows = samples.astype(">u2" if depth == 16 else "u1").reshape(height, -1)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def mask_png(mask):
    """A mask's file: white where it is true, black elsewhere."""
    return png(np.where(mask, 255, 0).astype(np.uint8), 0, depth=8)


def packed_png(levels, depth, extra=b""):
    """Write a grey PNG of 1, 2 or 4 bits a pixel, several of them in a byte."""
    height, width = levels.shape
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    bits = (levels[..., None] >> np.arange(depth)[::-1]) & 1
    rows = np.packbits(bits.astype(np.uint8).reshape(height, -1), axis=1)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def lzw(data):
    """Pack bytes as TIFF's LZW without ever using its table: 9-bit literals, cleared before it grows."""
    codes = []
    for start in range(0, len(data), 200):
        codes += [256, *data[start : start + 200]]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def lzw_tiff(samples, photometric=2):
    """Write a little-endian LZW TIFF of 16-bit samples, one strip."""
    height, width, bands = samples.shape
    data = lzw(samples.astype("<u2").tobytes())
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, bands, 8), (259, 3, 1, 5)]
    tags += [(262, 3, 1, photometric), (273, 4, 1, 16), (277, 3, 1, bands), (278, 3, 1, height)]
    tags += [(279, 4, 1, len(data)), (284, 3, 1, 1)]
    body = struct.pack("<3H", 16, 16, 16) + b"\0\0" + data
    body += b"\0" * (len(body) % 2)
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + b"\0" * 4
    return b"II*\0" + struct.pack("<I", 8 + len(body)) + body + directory
