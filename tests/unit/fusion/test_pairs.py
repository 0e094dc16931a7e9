"""Files in, pairs out: every format against arithmetic written here, every bad input's sentence."""

import itertools
import re
import struct
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageOps

from fusion.data.collection import PairFiles, read_collection
from fusion.data.naming import case_of, modalities, natural_order
from fusion.data.pairs import read_pair
from fusion.data.picture import MAX_PIXELS, read_picture
from fusion.errors import InputError

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


@pytest.fixture
def write(tmp_path):
    """Write bytes, an array or a Pillow picture to a new file and return its path."""
    counter = itertools.count()

    def write(content, suffix=".png", **options):
        path = tmp_path / f"{next(counter)}{suffix}"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            picture = Image.fromarray(content) if isinstance(content, np.ndarray) else content
            picture.save(path, **options)
        return path

    return write


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


# --- every format and depth ------------------------------------------------------------------------


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


def test_gif_shows_its_first_frame_over_black(write):
    frames = [Image.fromarray(np.roll(GREY8 // 2 + 60, shift)) for shift in (0, 3)]
    check(write(frames[0], ".gif", save_all=True, append_images=frames[1:]), GREY8 // 2 + 60)
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


# --- pairs -----------------------------------------------------------------------------------------


def test_a_pair_is_scaled_and_keeps_its_colours(write):
    first, second = write(GREY16), write(RGB8)
    pair = read_pair(first, str(second), names=("MRI", "PET"), title="case 7", spacing=0.9)
    for image, levels in ((pair.first, GREY16.astype(float)), (pair.second, grey_of(RGB8))):
        assert image.dtype == np.float32
        assert image.flags.c_contiguous
        expected = (levels - levels.min()) / (levels.max() - levels.min())
        np.testing.assert_array_equal(image, expected.astype(np.float32))
    assert pair.first_color is None
    np.testing.assert_array_equal(pair.second_color, RGB8)
    assert (pair.names, pair.title, pair.spacing, pair.shape) == (("MRI", "PET"), "case 7", 0.9, (H, W))


def test_16_bit_precision_survives_scaling(write):
    ramp = (30000 + np.arange(H * W)).reshape(H, W).astype(np.uint16)
    color = np.dstack([ramp + 1, ramp, ramp])
    pair = read_pair(write(ramp), write(png(color, 2)))
    for image in (pair.first, pair.second):
        np.testing.assert_allclose(image.ravel(), np.arange(H * W) / (H * W - 1), atol=1e-6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(np.uint8, st.tuples(st.integers(2, 9), st.integers(2, 9))))
def test_any_picture_spans_0_to_1_in_its_own_order(tmp_path, grey):
    assume(grey.min() < grey.max())
    Image.fromarray(grey).save(tmp_path / "any.png")
    pair = read_pair(tmp_path / "any.png", tmp_path / "any.png")
    assert (pair.first.min(), pair.first.max()) == (0.0, 1.0)
    flat, scaled = grey.ravel().astype(int), pair.first.ravel()
    order = np.sign(flat[:, None] - flat[None, :])
    np.testing.assert_array_equal(np.sign(scaled[:, None] - scaled[None, :]), order)


def test_the_content_hash_tells_one_pixel_and_the_order(write):
    changed = RGB8.copy()
    changed[3, 4, 1] ^= 1
    first, second, other = write(GREY8), write(RGB8), write(changed)
    pair = read_pair(first, second)
    assert pair.content_hash == read_pair(first, second, title="other").content_hash
    assert pair.content_hash != read_pair(first, other).content_hash
    assert pair.content_hash != read_pair(second, first).content_hash


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ("mri/7.png", "pet/7.png", ("MRI", "PET")),
        ("MRI/7.png", "SPECT/7.png", ("MRI", "SPECT")),
        ("a/ct.png", "a/mr.png", ("CT", "MRI")),
        ("vis/1.png", "ir/1.png", ("Visible", "Infrared")),
        ("Vi/1.png", "thermal/1.png", ("Visible", "Infrared")),
        ("rgb/1.png", "lwir/1.png", ("Visible", "Infrared")),
        ("street/visible.png", "street/IR.png", ("Visible", "Infrared")),
        ("view/1.png", "irregular/1.png", ("view", "irregular")),
        ("p3_mri/1.png", "p3_dose/1.png", ("MRI", "p3_dose")),
        ("a/left.png", "a/right.png", ("left", "right")),
        ("a/1.png", "a/1.png", ("first", "second")),
        ("direct/1.png", "object/1.png", ("direct", "object")),
    ],
)
def test_names_are_guessed_from_words_not_parts_of_words(first, second, names):
    assert modalities(Path("/data") / first, Path("/data") / second) == names


# --- bad input -------------------------------------------------------------------------------------


def refused(path, match, **options):
    """Read and expect one InputError of one sentence that names the file; no warning beside it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=match) as caught:
            read_pair(path, path, **options)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert message.endswith(".")
    assert re.search(r"[;,] |needs", message.removeprefix(str(path))), "says what to do"


def test_sizes_that_differ_are_both_named(write):
    first, second = write(GREY8), write(GREY8[:, :-3])
    with pytest.raises(InputError, match="same size") as caught:
        read_pair(first, second)
    assert f"{first} has 10 × 7" in str(caught.value)
    assert f"{second} has 7 × 7" in str(caught.value)


def test_missing_folder_empty_and_other_files(write, tmp_path):
    refused(tmp_path / "none.png", "There is no file .*check the path")
    refused(tmp_path, "is a folder; give one picture file")
    refused(write(b""), r"empty \(0 bytes\); copy or export it again")
    refused(write(b"%PDF-1.7 not a picture at all"), "not a picture that can be read; give a PNG")
    refused(write(b"P"), "not a picture")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif", ".tif"])
def test_truncated_files(write, suffix):
    whole = write(np.tile(RGB8, (9, 9, 1)), suffix).read_bytes()
    for share in (0.005, 0.5, 0.9):
        refused(write(whole[: 4 + int(len(whole) * share)], suffix), "damaged or cut short|damaged, cut short or")


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_truncated_deep_tiff(tmp_path, compression):
    file = tmp_path / "deep.tif"
    tifffile.imwrite(file, np.tile(RGB16, (9, 9, 1)), photometric="rgb", compression=compression)
    file.write_bytes(file.read_bytes()[:-40])
    refused(file, "cut short")


def test_a_deflated_strip_may_not_swell(tmp_path):
    file = tmp_path / "bomb.tif"
    bomb = zlib.compress(bytes(50_000_000))
    tifffile.imwrite(file, iter([bomb]), shape=(H, W), dtype=np.float32, compression="zlib", rowsperstrip=H)
    refused(file, "more data than its size allows")


@pytest.mark.parametrize("side", [10_000, 100_000])  # Pillow warns of the one and refuses the other
@pytest.mark.parametrize("limit", [MAX_PIXELS, 10**12])  # a greater limit of ours leaves Pillow's standing
def test_a_bomb_is_refused_from_its_header_at_once(write, side, limit):
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b""))
    start = time.thread_time()
    refused(bomb, f"more pixels than the limit of {min(limit, Image.MAX_IMAGE_PIXELS):,}", max_pixels=limit)
    assert time.thread_time() - start < 0.5  # of this thread's own, however busy the machine


def test_the_limit_holds_to_the_pixel_and_before_decoding(write):
    head = struct.pack(">IIBBBBB", 4097, 4096, 8, 0, 0, 0, 0)
    refused(write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"")), "4097 × 4096 .*16,777,216")
    for path in (write(GREY8), write(GREY16, ".tif")):
        assert read_pair(path, path, max_pixels=H * W).shape == (H, W)
        refused(path, "10 × 7 pixels, more than the limit of 69", max_pixels=H * W - 1)


def test_constant_pictures(write, tmp_path):
    refused(write(np.full((H, W), 90, np.uint8)), r"same value everywhere and cannot be scaled to \[0, 1\]")
    refused(write(np.full((H, W, 3), (90, 20, 3), np.uint8)), "same value everywhere")
    two_colours_of_one_grey = np.full((H, W, 3), (40, 0, 29), np.uint8)
    two_colours_of_one_grey[0] = (0, 26, 0)
    refused(write(two_colours_of_one_grey), "same value everywhere")
    tifffile.imwrite(tmp_path / "flat.tif", np.full((H, W), 1e30, np.float32))
    refused(tmp_path / "flat.tif", "same value everywhere")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(tmp_path, value):
    image = np.linspace(0, 1, H * W, dtype=np.float32).reshape(H, W)
    image[2, 2] = image[3, 3] = value
    tifffile.imwrite(tmp_path / "nan.tif", image)
    refused(tmp_path / "nan.tif", "holds 2 NaN or infinite values; replace them")


def test_the_widest_floats_still_scale(tmp_path):
    top = np.finfo(np.float64).max
    tifffile.imwrite(tmp_path / "wide.tif", np.array([[-top, 0.0], [top / 2, top]]))
    pair = read_pair(tmp_path / "wide.tif", tmp_path / "wide.tif")
    np.testing.assert_allclose(pair.first, [[0, 0.5], [0.75, 1]])


def test_pictures_too_small_stacks_and_odd_bands(write, tmp_path):
    refused(write(GREY8[:1]), "10 × 1 pixels; a picture needs at least 2 × 2")
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([GREY16] * 5), photometric="minisblack")
    refused(tmp_path / "stack.tif", "holds 5 slices; save the one to use")
    tifffile.imwrite(tmp_path / "bands.tif", np.dstack([RGB16, RGB16]), photometric="minisblack", planarconfig=1)
    refused(tmp_path / "bands.tif", r"neither grey nor RGB \(6 bands of 16 bit\); save it")


@pytest.mark.parametrize("spacing", [0.0, -1.0, float("nan"), float("inf")])
def test_the_spacing_is_above_0(write, spacing):
    path = write(GREY8)
    with pytest.raises(InputError, match="spacing must be a number of millimetres above 0"):
        read_pair(path, path, spacing=spacing)


# --- collections -----------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path):
    """Create empty files below a folder and return it."""

    def tree(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return tree


def test_a_folder_of_pairs_is_found_in_order_without_reading(tree):
    folder = tree("pet/10.png", "pet/9.png", "mri/9.png", "mri/10.png", "mri/readme.txt", "mri/.hidden.png")
    collection = read_collection(folder)  # the files are empty: decoding them would raise
    assert [entry.title for entry in collection] == ["9", "10"]
    assert collection[0] == PairFiles(folder / "mri/9.png", folder / "pet/9.png", ("MRI", "PET"), "9", folder.name)
    assert collection[1:] == collection.pairs[1:]
    assert collection.unpaired == ()


@pytest.mark.parametrize(("visible", "infrared"), [("vis", "ir"), ("visible", "infrared"), ("rgb", "lwir")])
def test_visible_light_comes_first_and_lends_the_fused_image_its_colours(tmp_path, visible, infrared):
    for folder, samples in ((infrared, RGB8[:, ::-1]), (visible, RGB8)):
        (tmp_path / folder).mkdir()
        Image.fromarray(samples).save(tmp_path / folder / "1.png")
    (files,) = read_collection(tmp_path)
    pair = files.read()
    assert pair.names == ("Visible", "Infrared")
    np.testing.assert_array_equal(pair.chroma, RGB8)  # though the infrared picture came in a palette of its own


def test_partners_go_by_name_then_by_stem_and_the_rest_is_reported(tree):
    folder = tree("ir/1.png", "ir/2.JPG", "ir/3.png", "vis/1.png", "vis/1.bmp", "vis/2.png", "vis/4.png", "x.png")
    collection = read_collection(folder)
    found = [(pair.first.relative_to(folder).as_posix(), pair.second.name) for pair in collection]
    assert found == [("vis/1.png", "1.png"), ("vis/2.png", "2.JPG")]
    assert collection[0].names == ("Visible", "Infrared")
    left = {path.relative_to(folder).as_posix() for path in collection.unpaired}
    assert left == {"ir/3.png", "vis/1.bmp", "vis/4.png", "x.png"}


def test_a_folder_of_collections(tree):
    folder = tree(
        "b/mri/1001.png",
        "b/ct/1001.png",
        "a/pet/25045.png",
        "a/mri/25045.png",
        "three/mri/1.png",
        "three/ct/1.png",
        "three/pet/1.png",
        "notes/x.txt",
    )
    collection = read_collection(folder)
    assert [(pair.group, pair.names, pair.case) for pair in collection] == [
        ("a", ("MRI", "PET"), "25"),
        ("b", ("MRI", "CT"), "1"),
    ]
    assert len(collection.unpaired) == 3


def test_a_collections_entry_reads(tree):
    folder = tree("alpha/1.png", "beta/1.png")
    Image.fromarray(GREY8).save(folder / "alpha/1.png")
    Image.fromarray(RGB8).save(folder / "beta/1.png")
    pair = read_collection(str(folder))[0].read(spacing=2.0)
    assert (pair.names, pair.title, pair.spacing) == (("alpha", "beta"), "1", 2.0)
    np.testing.assert_array_equal(pair.second_color, RGB8)


def test_folders_without_pairs(tree, tmp_path):
    with pytest.raises(InputError, match=r"holds no pair of pictures; it needs two sub-folders .*mri/0001\.png"):
        read_collection(tmp_path)
    with pytest.raises(InputError, match="no pair"):
        read_collection(tree("mri/1.png", "pet/2.png"))
    with pytest.raises(InputError, match="is a file, not a folder"):
        read_collection(tmp_path / "mri/1.png")
    with pytest.raises(InputError, match="does not exist"):
        read_collection(tmp_path / "nowhere")


def test_cases_and_natural_order():
    assert [case_of(stem) for stem in ("25045", "3015", "100001", "12", "t1_001", "²³45")] == [
        "25",
        "3",
        "100",
        "12",
        "t1_001",
        "²³45",
    ]
    names = ["a10", "a2", "B1", "1", "10", "9", "a²"]
    assert [path.name for path in natural_order(map(Path, names))] == [
        "1",
        "9",
        "10",
        "a2",
        "a10",
        "a²",
        "B1",
    ]
