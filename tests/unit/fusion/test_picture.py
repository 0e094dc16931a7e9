"""Picture files in every format and depth against arithmetic written here."""

import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from fusion.data.picture import read_picture
from tests.support.picture_files import (
    ALPHA8,
    ALPHA16,
    GREY8,
    GREY16,
    RGB8,
    RGB16,
    H,
    W,
    chunk,
    grey_of,
    lzw_tiff,
    over_black,
    packed_png,
    png,
)


def check(path, levels, color=None, tolerance=0.0):
    picture = read_picture(path)
    assert picture.levels.dtype == np.float64
    assert picture.levels.shape == levels.shape
    np.testing.assert_allclose(picture.levels, levels, rtol=1e-14, atol=tolerance)
    if color is None:
        assert picture.color is None
    else:
        assert picture.color.dtype == np.uint8
        np.testing.assert_array_equal(picture.color, color)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".gif", ".tif"])
def test_grey_8_bit(write, suffix):
    check(write(GREY8, suffix), GREY8)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_rgb_8_bit(write, suffix):
    check(write(RGB8, suffix), grey_of(RGB8), RGB8)


def test_jpeg_grey_and_colour(write):
    smooth = np.add.outer(np.arange(32) * 3, np.arange(40) * 2).astype(np.uint8)
    check(write(smooth, ".jpg", quality=100), smooth, tolerance=2)
    color = np.stack([smooth, smooth // 2, 200 - smooth], axis=-1)
    picture = read_picture(write(color, ".jpg", quality=100, subsampling=0))
    assert np.abs(picture.color.astype(int) - color).max() <= 4
    np.testing.assert_allclose(picture.levels, grey_of(picture.color), rtol=1e-14)


def test_colour_whose_channels_are_equal_is_grey(write):
    check(write(np.repeat(GREY8[..., None], 3, axis=2)), GREY8)


@pytest.mark.parametrize("suffix", [".png", ".gif", ".bmp", ".tif"])
def test_palette(write, suffix):
    indices = Image.fromarray(np.arange(H * W, dtype=np.uint8).reshape(H, W) % 5, "P")
    colors = np.array([[0, 0, 0], [255, 0, 0], [10, 200, 30], [0, 0, 255], [90, 91, 92]], np.uint8)
    indices.putpalette(colors.tobytes())
    expected = colors[np.arange(H * W).reshape(H, W) % 5]
    check(write(indices, suffix), grey_of(expected), expected)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_one_bit(write, suffix):
    check(write(Image.fromarray(GREY8 > 127), suffix), 255 * (GREY8 > 127))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_transparent_pixels_lie_over_black(write, suffix):
    expected = over_black(RGB8, ALPHA8)
    check(write(np.dstack([RGB8, ALPHA8]), suffix), grey_of(expected), expected)
    check(write(Image.fromarray(np.dstack([GREY8, ALPHA8]), "LA"), suffix), over_black(GREY8, ALPHA8))


def test_a_gif_lies_over_black(write):
    indices = Image.fromarray(np.arange(H * W, dtype=np.uint8).reshape(H, W) % 2, "P")
    indices.putpalette([200, 200, 200, 90, 90, 90])
    expected = np.where(np.arange(H * W).reshape(H, W) % 2, 90, 0)
    check(write(indices, ".gif", transparency=0), expected)


def test_cmyk(write):
    cmyk = Image.fromarray(RGB8).convert("CMYK")
    check(write(cmyk, ".tif"), grey_of(RGB8), RGB8)


def test_png_16_bit_keeps_every_bit(write):
    check(write(png(GREY16, 0)), GREY16)
    check(write(png(RGB16, 2)), grey_of(RGB16), np.round(RGB16 / 257).astype(np.uint8))
    check(write(png(np.dstack([GREY16, ALPHA16]), 4)), over_black(GREY16, ALPHA16))
    expected = over_black(RGB16, ALPHA16)
    check(
        write(png(np.dstack([RGB16, ALPHA16]), 6)),
        grey_of(expected),
        np.round(expected / 257).astype(np.uint8),
    )


def test_png_16_bit_with_one_transparent_value(write):
    grey = GREY16.copy()
    grey[2, 3] = 4711
    expected = np.where(grey == 4711, 0, grey)
    check(write(png(grey, 0, extra=chunk(b"tRNS", struct.pack(">H", 4711)))), expected)
    clear = chunk(b"tRNS", struct.pack(">3H", *RGB16[1, 1]))
    expected = RGB16.copy()
    expected[1, 1] = 0
    np.testing.assert_allclose(read_picture(write(png(RGB16, 2, extra=clear))).levels, grey_of(expected))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"])
def test_tiff_of_every_depth(tmp_path, kind, compression, order):
    grey = (np.random.default_rng(6).standard_normal((H, W)) * 40).astype(kind)
    options = {"compression": compression, "byteorder": order}
    tifffile.imwrite(tmp_path / "grey.tif", grey, photometric="minisblack", **options)
    check(tmp_path / "grey.tif", grey)
    tifffile.imwrite(tmp_path / "white.tif", grey, photometric="miniswhite", **options)
    white = read_picture(tmp_path / "white.tif").levels
    np.testing.assert_array_equal(white - white.min(), grey.max() - grey.astype(float))
    color = np.stack([grey, grey[::-1], grey[:, ::-1]], axis=-1)
    for plan, data in (("contig", color), ("separate", np.moveaxis(color, -1, 0))):
        tifffile.imwrite(tmp_path / "rgb.tif", data, photometric="rgb", planarconfig=plan, **options)
        picture = read_picture(tmp_path / "rgb.tif")
        np.testing.assert_allclose(picture.levels, grey_of(color), rtol=1e-12, atol=1e-12)
        assert picture.color.shape == (H, W, 3)


def test_tiff_lzw_16_bit_keeps_every_bit(write):
    check(write(GREY16, ".tif", compression="tiff_lzw"), GREY16)
    check(write(lzw_tiff(RGB16), ".tif"), grey_of(RGB16), np.round(RGB16 / 257).astype(np.uint8))


def test_tiff_alpha(tmp_path):
    file = tmp_path / "alpha.tif"
    both = np.dstack([RGB16, ALPHA16])
    tifffile.imwrite(file, both, photometric="rgb", extrasamples=["unassalpha"])
    np.testing.assert_allclose(read_picture(file).levels, grey_of(over_black(RGB16, ALPHA16)))
    tifffile.imwrite(file, both, photometric="rgb", extrasamples=["assocalpha"])
    np.testing.assert_allclose(read_picture(file).levels, grey_of(RGB16))


def test_colours_of_a_float_tiff_are_stretched_for_display(tmp_path):
    color = np.random.default_rng(7).normal(size=(H, W, 3)).astype(np.float32)
    tifffile.imwrite(tmp_path / "f.tif", color, photometric="rgb")
    expected = np.interp(color, [color.min(), color.max()], [0, 255])
    assert np.abs(read_picture(tmp_path / "f.tif").color - expected).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(write, tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = Image.fromarray(GREY8)
    upright.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(upright))
    check(write(GREY8, exif=exif), expected)
    for options in ({}, {"compression": "tiff_lzw"}):
        check(write(GREY8, ".tif", tiffinfo={0x0112: orientation}, **options), expected)
    tags = [(0x0112, 3, 1, orientation, True)]
    tifffile.imwrite(tmp_path / "deep.tif", GREY8.astype(np.uint16), extratags=tags)
    check(tmp_path / "deep.tif", expected)
    big = np.kron(GREY8 // 64 * 80, np.ones((8, 8), np.uint8))
    from_jpeg = read_picture(write(big, ".jpg", exif=exif, quality=100)).levels[4::8, 4::8]
    np.testing.assert_allclose(from_jpeg, expected // 64 * 80, atol=4)


@pytest.mark.parametrize(("depth", "step"), [(1, 255), (2, 85), (4, 17)])
def test_the_transparent_level_of_a_grey_png_of_few_bits_is_black(write, depth, step):
    levels = np.arange(32).reshape(4, 8) % 2**depth
    clear = chunk(b"tRNS", struct.pack(">H", 2**depth - 1))
    check(write(packed_png(levels, depth, extra=clear)), np.where(levels == 2**depth - 1, 0, levels * step))


@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "u1"])
def test_a_declared_fill_value_is_no_data(tmp_path, kind):
    fill = {"f": -3.4028235e38, "i": -32768, "u": 255}[kind[0]]
    grey = (GREY8 % 200 + 5).astype(kind)
    filled = grey.copy()
    filled[0, :3] = fill
    tags = [(42113, "s", 0, f"{fill:.8g}", True)]
    tifffile.imwrite(tmp_path / "fill.tif", filled, photometric="minisblack", extratags=tags)
    expected = grey.astype(float)
    expected[0, :3] = np.delete(grey.ravel(), [0, 1, 2]).min()
    check(tmp_path / "fill.tif", expected)
    assert read_picture(tmp_path / "fill.tif").remarks[0].startswith("3 pixels hold no data (fill value ")


def test_an_orientation_in_xmp_alone_turns_nothing_and_is_told(write):
    xmp = b"<rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='3'/>"
    smooth = np.add.outer(np.arange(16) * 6, np.arange(16) * 2).astype(np.uint8)
    told, plain = read_picture(write(smooth, ".jpg", xmp=xmp)), read_picture(write(smooth, ".jpg"))
    np.testing.assert_array_equal(told.levels, plain.levels)
    assert plain.remarks == ()
    assert told.remarks == (
        "Its XMP, not its EXIF, speaks of an orientation; it was left as it lies, as a browser leaves it.",
    )
