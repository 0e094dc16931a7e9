"""TIFF stacks of slices: what other readers see in them, their spacing, and those that are none."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from fusion.data.volumes.found_volumes import find_volumes
from fusion.errors import InputError
from tests.support.opened_volumes import only, refusal

NOTED = {"axes": "ZYX", "spacing": 3.0, "unit": "mm"}
STACK = np.random.default_rng(0).integers(0, 65536, (5, 6, 7)).astype(np.uint16)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f4", "f8"])
@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"byteorder": ">"}, {"photometric": "miniswhite"}]
)
def test_pages_are_slices(tmp_path, reader, dtype, options):
    values = (STACK % 200).astype(dtype)
    file = tmp_path / "t1_stack.tif"
    with tifffile.TiffWriter(file, byteorder=options.get("byteorder")) as tiff:
        rest = {key: value for key, value in options.items() if key != "byteorder"}
        for plane in values:
            tiff.write(plane, contiguous=False, metadata=None, **rest)
    found = only([file], reader)
    assert (found.grid.shape, found.modality, found.unit, found.is_placed) == (
        STACK.shape,
        "MRI",
        "grey level",
        False,
    )
    assert "left and right are not known" in found.remarks[0]
    expected = values.astype(np.float32) * (-1 if "photometric" in options else 1)
    np.testing.assert_array_equal(found.read().voxels, expected)
    np.testing.assert_array_equal(found.read_slice(3), expected[3])


@pytest.mark.parametrize("values", [STACK, (STACK >> 8).astype(np.uint8), STACK.astype(np.float32)])
def test_one_page_that_stands_for_a_stack(tmp_path, reader, values):
    shaped, imagej = tmp_path / "shaped.tif", tmp_path / "imagej.tif"
    tifffile.imwrite(shaped, values, photometric="minisblack", truncate=True)
    tifffile.imwrite(imagej, values, imagej=True, metadata=NOTED, resolution=(2, 4 / 3))
    for file in (shaped, imagej):
        np.testing.assert_array_equal(only([file], reader).read().voxels, values.astype(np.float32))
        np.testing.assert_array_equal(only([file], reader).read_slice(4), values[4].astype(np.float32))
    assert only([imagej], reader).grid.spacing == pytest.approx((3, 0.75, 0.5))
    assert only([shaped], reader).grid.spacing == (1, 1, 1)
    assert "It has no spacing: lengths are told in pixels." in only([shaped], reader).remarks
    assert not only([shaped], reader).grid.has_lengths


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits"])
def test_compressed_pages_are_read_by_pillow(tmp_path, reader, compression):
    pages = [Image.fromarray(plane) for plane in (STACK >> 8).astype(np.uint8)]
    file = tmp_path / "lzw.tif"
    pages[0].save(file, save_all=True, append_images=pages[1:], compression=compression)
    np.testing.assert_array_equal(only([file], reader).read().voxels, (STACK >> 8).astype(np.float32))


def test_colours_are_their_luminance(tmp_path, reader):
    colors = np.random.default_rng(1).integers(0, 256, (3, 6, 7, 3)).astype(np.uint8)
    file = tmp_path / "rgb.tif"
    with tifffile.TiffWriter(file) as tiff:
        for plane in colors:
            tiff.write(plane, photometric="rgb", contiguous=False, metadata=None)
    found = only([file], reader)
    assert found.unit == "luminance"
    np.testing.assert_allclose(found.read().voxels, colors @ [0.2989, 0.587, 0.114], rtol=1e-6)


def test_fill_values_are_none(tmp_path, reader):
    values = STACK.astype(np.float32)
    values[2, 1:3] = -9999
    file = tmp_path / "filled.tif"
    with tifffile.TiffWriter(file) as tiff:
        for plane in values:
            tiff.write(plane, contiguous=False, metadata=None, extratags=[(42113, "s", 0, "-9999", True)])
    voxels = only([file], reader).read().voxels
    np.testing.assert_array_equal(np.isnan(voxels), values == -9999)


def test_one_picture_is_no_volume(tmp_path, reader):
    tifffile.imwrite(tmp_path / "one.tif", STACK[0])
    with tifffile.TiffWriter(tmp_path / "preview.tif") as tiff:
        tiff.write(STACK[0], metadata=None)
        tiff.write(STACK[0, ::2, ::2], subfiletype=1, metadata=None)
    found = find_volumes([tmp_path / "one.tif", tmp_path / "preview.tif"], reader)
    assert (len(found), found.refused) == (0, ())


def test_several_channels_are_refused(tmp_path, reader):
    file = tmp_path / "channels.tif"
    tifffile.imwrite(file, np.stack([STACK, STACK], axis=1), imagej=True, metadata={"axes": "ZCYX"})
    assert "more than a stack; save one as a file of its own" in refusal(file, reader)


def test_pages_of_several_sizes_are_refused(tmp_path, reader):
    file = tmp_path / "sizes.tif"
    with tifffile.TiffWriter(file) as tiff:
        for plane in (STACK[0], STACK[1], STACK[2, :3]):
            tiff.write(plane, contiguous=False, metadata=None)
    assert "pictures of several sizes" in refusal(file, reader)


@pytest.mark.parametrize("options", [{"truncate": True}, {}, {"metadata": None}])
def test_stacks_cut_short_are_refused(tmp_path, reader, options):
    file = tmp_path / "stack.tif"
    tifffile.imwrite(file, STACK, photometric="minisblack", **options)
    assert only([file], reader).grid.shape == STACK.shape
    file.write_bytes(file.read_bytes()[: -9 if "truncate" in options else -500])
    assert "is cut short" in refusal(file, reader)


def test_a_page_that_inflates_beyond_its_size_is_refused(tmp_path, reader):
    file = tmp_path / "bomb.tif"
    with tifffile.TiffWriter(file) as tiff:
        for _ in range(2):
            tiff.write(np.zeros((2048, 2048), np.uint16), compression="zlib", contiguous=False, metadata=None)
    content = bytearray(file.read_bytes())
    with tifffile.TiffFile(file) as tiff:
        for page in tiff.pages:
            for tag in ("ImageWidth", "ImageLength", "RowsPerStrip"):
                content[page.tags[tag].valueoffset : page.tags[tag].valueoffset + 2] = (4).to_bytes(2, "little")
    file.write_bytes(content)
    found = find_volumes([file], reader)
    if found:
        with pytest.raises(InputError):
            found[0].read()
    else:
        assert found.refused
