"""Promises 10 to 13: what pictures and volumes can do to a dashboard."""

import gzip
import io
import re
import struct
import time
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from PIL import Image

from dashboard.service.dropped_names import DEEPEST, safe_paths
from dashboard.service.pair_catalogue import Catalogue
from fusion import InputError
from fusion.data.picture import MAX_PIXELS
from fusion.data.picture_reader import PictureReader, limits_for
from fusion.data.volumes import voxel_reader
from fusion.data.volumes.voxel_reader import ReadingLimits, VoxelReader
from tests.support.dicom_files import STORED, dataset, save
from tests.support.dropped import picture
from tests.support.picture_files import chunk
from tests.support.waiting import PATIENCE
from tests.unit.fusion.test_mutated_volumes import CHANGES, changed, opened_or_refused

GIGABYTE = 2**30


def peak(process):
    """The most that a living process has held, in bytes (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])


# ---- 10: bombs


def png_bomb():
    """A hundred thousand pixels each way, by its header."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"")


def png_text_bomb():
    """A comment of two gigabytes, packed."""
    packing = zlib.compressobj(9)
    text = packing.compress(bytes(2**20)) + packing.flush(zlib.Z_FULL_FLUSH)
    head = struct.pack(">IIBBBBB", 9, 7, 8, 0, 0, 0, 0)
    return b"".join(
        (b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), chunk(b"zTXt", b"a\0\0" + text * 2048), chunk(b"IEND", b""))
    )


def gif_bomb():
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0)
        + b",\0\0\0\0"
        + struct.pack("<HHB", 65_535, 65_535, 0)
    )


def bmp_bomb():
    """Run lengths of 30,000 by 30,000."""
    head = struct.pack("<IiiHHIIiiII", 40, 30_000, 30_000, 1, 8, 1, 0, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 2**20, 0, 0, 14 + 40 + 1024) + head + bytes(1024) + b"\xff\x01" * 2**18


def jpeg_bomb():
    content = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(content, "jpeg")
    found = bytearray(content.getvalue())
    at = found.index(b"\xff\xc0")
    found[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(found)


def tiff_bomb():
    """A strip of four gigabytes in four megabytes."""
    content = io.BytesIO()
    packed = zlib.compress(bytes(2**26), 9)
    tifffile.imwrite(content, iter([packed]), shape=(7, 9), dtype=np.float32, compression="zlib", rowsperstrip=7)
    return content.getvalue()


PICTURES = {
    "header.png": png_bomb,
    "comment.png": png_text_bomb,
    "header.gif": gif_bomb,
    "runs.bmp": bmp_bomb,
    "header.jpg": jpeg_bomb,
    "strip.tif": tiff_bomb,
}


def dicom_bomb(file):
    """A file whose header asks for 65,535 by 65,535."""
    return save(dataset(STORED[0], Rows=65_535, Columns=65_535, SeriesInstanceUID="1.2"), file)


def nifti_bomb(file):
    """Eight gigavoxels of zeros in a few megabytes."""
    head = bytearray(352)
    head[:4], head[40:56] = struct.pack("<i", 348), struct.pack("<8h", 3, 2000, 2000, 2000, 1, 1, 1, 1)
    head[70:74], head[76:92] = struct.pack("<hh", 4, 16), struct.pack("<4f", 1, 1, 1, 1)
    head[108:112], head[344:348] = struct.pack("<f", 352), b"n+1\0"
    packed = gzip.compress(bytes(2**20), 9)
    file.write_bytes(gzip.compress(bytes(head)) + packed * 4096)
    return file


def test_promise_10_a_bomb_of_any_format_is_refused_by_a_small_process(tmp_path, measured):
    reader, slowest, largest = PictureReader(limits_for(MAX_PIXELS)), 0.0, 0
    for name, made in PICTURES.items():
        (tmp_path / name).write_bytes(made())
        begun = time.monotonic()
        with pytest.raises(InputError) as refused:
            reader.picture(tmp_path / name)
        slowest = max(slowest, time.monotonic() - begun)
        assert name in str(refused.value)
        if (process := reader._process._process) and process.poll() is None:
            largest = max(largest, peak(process))
    reader.close()
    volumes = VoxelReader()
    for file, made in ((tmp_path / "slice", dicom_bomb), (tmp_path / "v.nii.gz", nifti_bomb)):
        begun = time.monotonic()
        assert opened_or_refused(made(file), volumes) == "refused"
        slowest = max(slowest, time.monotonic() - begun)
        for each in (volumes._quick, volumes._whole):
            if each._process and each._process.poll() is None:
                largest = max(largest, peak(each._process))
    volumes.close()
    assert 0 < largest < GIGABYTE
    measured(f"{len(PICTURES) + 2} bombs, longest {slowest:.1f} s, largest process {largest / 1e6:.0f} MB")


# ---- 11: damaged files


def whole_pictures():
    levels = np.random.default_rng(4).integers(256, size=(17, 19, 3), dtype=np.uint8)
    for kind in ("png", "jpeg", "bmp", "gif", "tiff"):
        content = io.BytesIO()
        Image.fromarray(levels).save(content, kind)
        yield kind, content.getvalue()
    content = io.BytesIO()
    tifffile.imwrite(content, levels.astype(np.uint16), compression="zlib", photometric="rgb")
    yield "tif", content.getvalue()


@pytest.mark.slow
def test_promise_11_a_damaged_file_is_one_sentence(tmp_path, is_long, measured):
    reader, wholes, refused = PictureReader(), list(whole_pictures()), []
    count = 5_000 if is_long else 250

    @effort(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(wholes), CHANGES)
    def read(whole, changes):
        file = tmp_path / f"changed.{whole[0]}"
        file.write_bytes(changed(whole[1].ljust(132, b"\0"), changes))
        try:
            reader.picture(file)
        except InputError as error:
            refused.append(str(error))

    read()
    reader.close()
    assert refused
    for sentence in refused:
        assert "\n" not in sentence
        assert sentence.endswith(".")
        assert "Traceback" not in sentence
    measured(f"{count} files of {len(wholes)} kinds, {len(refused)} sentences, no other error")


# ---- 12 and 13: decoders, names

READY = """print('{{"ready": true}}', flush=True)"""
ENDS = {"abort": "os.abort()", "segfault": "os.kill(os.getpid(), 11)", "hang": "[input() for _ in iter(int, 1)]"}


@pytest.mark.parametrize("how", ENDS)
def test_promise_12_a_decoder_that_dies_or_hangs_ends_nothing_else(tmp_path, monkeypatch, how, measured):
    for seed, name in enumerate(("mri", "pet")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(picture(seed))
    limits = SimpleNamespace(**vars(ReadingLimits(seconds=2.0)))
    monkeypatch.setattr("dashboard.service.pair_catalogue.limits_for", lambda _: limits)
    catalogue = Catalogue(0, (tmp_path,))
    (pair,) = catalogue.entries
    dying = f"import os, sys; sys.path.insert(0, {{path!r}}); {READY}; input(); {ENDS[how]}"
    monkeypatch.setattr(voxel_reader, "PROGRAM", dying)
    begun = time.monotonic()
    with pytest.raises(
        InputError, match=r"1.png cannot be read: its decoder (was ended|did not answer)"
    ) as refused:
        catalogue.pair(pair.id)
    took = time.monotonic() - begun
    assert str(tmp_path) not in str(refused.value)
    monkeypatch.setattr(voxel_reader, "PROGRAM", PROGRAM)
    limits.seconds = PATIENCE  # a busy machine starts the next process in its own time
    assert catalogue.pair(pair.id).shape == (12, 14)
    if how == "abort":
        measured(f"refused after {took:.1f} s, the next picture is read")


PROGRAM = voxel_reader.PROGRAM
ODD = st.text(st.characters() | st.sampled_from("./\\:~\0\n‮ e"), max_size=60)
DEVICES = st.sampled_from(["../../etc/passwd", "CON", "nul.png", "/dev/null", "a\0b", "..", "COM1.png", "C:\\x"])


@given(st.lists(ODD | DEVICES, max_size=12))
def test_promise_13_no_name_leads_out_of_the_folder(tmp_path_factory, told):
    root = Path(tmp_path_factory.mktemp("names"))
    for path in safe_paths(told):
        assert len(path.parts) <= DEEPEST
        place = root / path
        assert place.resolve().is_relative_to(root.resolve())
        assert not {part.partition(".")[0].upper() for part in path.parts} & {"CON", "NUL", "COM1"}
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(exist_ok=False)
