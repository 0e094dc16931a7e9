"""Every bad input's one sentence."""

import re
import struct
import time
import warnings
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from fusion.data.pairs import read_pair
from fusion.data.picture import MAX_PIXELS
from fusion.errors import InputError
from tests.support.picture_files import GREY8, GREY16, RGB8, RGB16, H, W, chunk


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
    refused(tmp_path / "stack.tif", "holds 5 pictures; save the one to use")
    tifffile.imwrite(tmp_path / "bands.tif", np.dstack([RGB16, RGB16]), photometric="minisblack", planarconfig=1)
    refused(tmp_path / "bands.tif", r"neither grey nor RGB \(6 bands of 16 bit\); save it")


@pytest.mark.parametrize("suffix", [".gif", ".png", ".tif"])
def test_several_pictures_in_one_file(write, tmp_path, suffix):
    frames = [Image.fromarray(np.roll(GREY8, shift)) for shift in (0, 3, 5)]
    refused(
        write(frames[0], suffix, save_all=True, append_images=frames[1:]), "holds 3 pictures; save the one to use"
    )
    stack = tmp_path / "stack.tif"  # one directory entry for three slices, as scientific programs write them
    tifffile.imwrite(
        stack, np.stack([GREY16] * 3), photometric="minisblack", metadata={"truncate": True}, truncate=True
    )
    refused(stack, "holds 3 pictures; save the one to use")


def test_nothing_but_the_fill_value(tmp_path):
    tags = [(42113, "s", 0, "-9999", True)]
    tifffile.imwrite(
        tmp_path / "fill.tif", np.full((H, W), -9999, np.int16), photometric="minisblack", extratags=tags
    )
    refused(tmp_path / "fill.tif", "holds no data: every pixel has its fill value -9999; choose another")


@pytest.mark.parametrize("spacing", [0.0, -1.0, float("nan"), float("inf")])
def test_the_spacing_is_above_0(write, spacing):
    path = write(GREY8)
    with pytest.raises(InputError, match="spacing must be a number of millimetres above 0"):
        read_pair(path, path, spacing=spacing)
