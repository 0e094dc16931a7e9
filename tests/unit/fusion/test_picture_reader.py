"""Pictures read in a limited process, and files that are read once."""

import io
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fusion.data import picture, picture_reader
from fusion.data.picture import content_of, read_picture
from fusion.data.picture_reader import PictureReader
from fusion.data.volumes import voxel_reader
from fusion.data.volumes.voxel_reader import ReadingLimits
from fusion.errors import InputError
from tests.support.picture_files import chunk

LEVELS = np.arange(7 * 9, dtype=np.uint8).reshape(7, 9)


def png(levels=LEVELS):
    with io.BytesIO() as buffer:
        Image.fromarray(levels).save(buffer, "PNG")
        return buffer.getvalue()


def png_of_rows(rows, height=64, width=48, *, interlaced=0):
    """A whole file whose compressed data has so many rows."""
    header = np.array([width, height], ">u4").tobytes() + bytes([8, 0, 0, 0, interlaced])
    data = zlib.compress(bytes([0, *[200] * width]) * rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.fixture
def reader():
    found = PictureReader()
    yield found
    found.close()


def test_levels_are_those_that_are_read_here(reader, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    assert np.array_equal(reader.levels(png(), "a.png", (7, 9)), read_picture(tmp_path / "a.png").levels)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16"])
def test_a_picture_is_what_is_read_here(reader, tmp_path, mode):
    file = tmp_path / "a.png"
    noise = Image.effect_noise((13, 11), 60)
    exif = Image.Exif()
    exif[0x0112] = 6
    (noise.convert(mode) if mode != "RGB" else Image.merge("RGB", [noise, noise, noise.rotate(180)])).save(
        file, exif=exif
    )
    found, expected = reader.picture(file), read_picture(file)
    assert np.array_equal(found.levels, expected.levels)
    assert found.levels.dtype == expected.levels.dtype
    assert found.remarks == expected.remarks
    assert len(found.remarks) == 1
    assert (found.color is None) == (expected.color is None) == (mode != "RGB")
    assert found.color is None or np.array_equal(found.color, expected.color)


def test_what_is_refused_is_told_as_it_is_here(reader, tmp_path, monkeypatch):
    (tmp_path / "cut.png").write_bytes(png()[:50])
    monkeypatch.chdir(tmp_path)
    for file in (Path("cut.png"), tmp_path / "cut.png", tmp_path / "none.png"):
        with pytest.raises(InputError) as expected:
            read_picture(file)
        with pytest.raises(InputError) as found:
            reader.picture(file)
        assert str(found.value) == str(expected.value)
    (tmp_path / "large.png").write_bytes(png())
    with pytest.raises(InputError, match="more than the limit of 62"):
        reader.picture(tmp_path / "large.png", max_pixels=62)


def test_another_size_is_refused_by_the_header_before_anything_is_decoded(reader, monkeypatch):
    """What stands behind the header of this one cannot be decoded at all."""
    large = png_of_rows(0, 4000, 4000)
    with pytest.raises(InputError, match=r"more than the limit|4000 × 4000"):
        reader.levels(large, "mask.png", (7, 9))
    with pytest.raises(InputError, match=r"^mask.png has 3 × 2 pixels .* and the image 9 × 7"):
        reader.levels(png_of_rows(0, 2, 3), "mask.png", (7, 9))


def test_a_decoder_that_dies_or_takes_too_much_ends_nothing_else(reader, monkeypatch):
    # The process is told to end in the midst of reading.
    ready = """print('{{"ready": true}}', flush=True)"""
    dying = "import os, sys; sys.path.insert(0, {path!r}); " + ready + "; input(); os.abort()"
    monkeypatch.setattr(voxel_reader, "PROGRAM", dying)
    with pytest.raises(InputError, match=r"^mask.png cannot be read: .*\(SIGABRT\)"):
        reader.levels(png(), "mask.png", (7, 9))
    monkeypatch.undo()
    assert reader.levels(png(), "mask.png", (7, 9)).shape == (7, 9)


def test_memory_is_limited_in_the_process():
    small = PictureReader(ReadingLimits(megabytes=200))
    levels = np.zeros((6000, 6000), np.uint8)
    with pytest.raises(InputError, match=r"^mask.png .*(memory|decoder)"):
        small.levels(png(levels), "mask.png", levels.shape)
    small.close()


@pytest.mark.parametrize("rows", [0, 3, 63])
@pytest.mark.parametrize("interlaced", [0, 1])
def test_a_png_without_all_of_its_rows_is_refused(tmp_path, rows, interlaced):
    """Pillow leaves black what is not there."""
    file = tmp_path / "cut.png"
    file.write_bytes(png_of_rows(rows, interlaced=interlaced))
    with pytest.raises(InputError, match="damaged or cut short"):
        read_picture(file)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_whole_pngs_of_every_kind_have_all_rows(tmp_path, mode):
    file = tmp_path / "whole.png"
    Image.effect_noise((13, 11), 60).convert("I;16" if mode == "I;16" else mode).save(file)
    assert read_picture(file).levels.shape == (11, 13)


def test_a_whole_interlaced_png_is_read(tmp_path):
    passes = sum(-(-(64 - top) // down) * (1 + -(-(48 - left) // across)) for top, left, down, across in PASSES)
    header = np.array([48, 64], ">u4").tobytes() + bytes([8, 0, 0, 0, 1])
    data = zlib.compress(bytes(passes))
    file = tmp_path / "interlaced.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    assert not read_picture(file).levels.any()


PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def test_each_file_is_read_once(tmp_path, monkeypatch):
    """One that is put in its place meanwhile cannot come out in part."""
    file = tmp_path / "deep.png"
    Image.fromarray(np.arange(63, dtype=np.uint16).reshape(7, 9) * 900).save(file)
    before = read_picture(file).levels
    plain = picture.decode

    def replaced(path, content, max_pixels):
        path.write_bytes(png_of_rows(64))
        return plain(path, content, max_pixels)

    monkeypatch.setattr(picture, "decode", replaced)
    assert np.array_equal(read_picture(file).levels, before)


def test_a_file_that_is_written_to_while_it_is_read_is_told(tmp_path, monkeypatch):
    file = tmp_path / "written.png"
    file.write_bytes(png())
    plain, asked = os.fstat, []

    def changing(number):
        asked.append(number)
        found = plain(number)
        if len(asked) == 2:
            return os.stat_result([*found[:6], found.st_size + 1, *found[7:]])
        return found

    monkeypatch.setattr(picture.os, "fstat", changing)
    with pytest.raises(InputError, match="was written to while it was read; open it again"):
        content_of(file)


def test_an_array_whose_header_python_fails_on_is_read_again(tmp_path, monkeypatch, caplog):
    """CPython 3.11 told of it: AST constructor recursion depth mismatch, in one of two threads that parse."""
    np.save(tmp_path / "levels.npy", np.arange(6.0).reshape(2, 3))
    load, failures = np.load, [SystemError("AST constructor recursion depth mismatch")]

    def failing(*of, **words):
        if failures:
            raise failures.pop()
        return load(*of, **words)

    monkeypatch.setattr(np, "load", failing)
    assert picture_reader._array(tmp_path / "levels.npy").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert "read again" in caplog.text
