"""Each kind of DICOM files that makes no volume: one sentence, and the others of the folder still open."""

import struct
import zlib
from contextlib import closing

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet
from pydicom.sequence import Sequence
from pydicom.uid import ComprehensiveSRStorage, DeflatedExplicitVRLittleEndian, generate_uid

from fusion.data.volumes.found_volumes import find_volumes
from fusion.data.volumes.voxel_reader import ReadingLimits, VoxelReader
from fusion.errors import InputError
from tests.support.dicom_files import SHAPE, STORED, dataset, enhanced, put, save, series


def change(file, **tags):
    content = pydicom.dcmread(file)
    put(content, **tags)
    content.save_as(file)


def refusal(files, reader):
    """The one sentence about files beside which another series opens."""
    good = series(files[0].parent / "good", STORED[:2])
    found = find_volumes([*files, *good], reader)
    assert [each.grid.shape for each in found] == [(2, *SHAPE[1:])]
    (refused,) = found.refused
    assert set(refused.files) <= set(files)
    assert refused.reason.endswith(".")
    assert "\n" not in refused.reason
    return refused.reason


def test_missing_slice(tmp_path, reader):
    files = series(tmp_path)
    assert "lacks a slice, the first after slice 3 of 4;" in refusal([*files[:3], files[4]], reader)


def test_uneven_spacing(tmp_path, reader):
    files = series(tmp_path, axes=np.eye(3)[:, ::-1])
    change(files[4], ImagePositionPatient=[-11.5, 7.25, 3.5 + 4 * 3 + 0.4])
    assert "unevenly spaced slices (3 to 3.4 mm)" in refusal(files, reader)


def test_slices_beside_the_stack(tmp_path, reader):
    files = series(tmp_path, axes=np.eye(3)[:, ::-1])
    change(files[2], ImagePositionPatient=[-10.5, 7.25, 3.5 + 2 * 3])
    assert "1 mm beside a straight stack" in refusal(files, reader)


def test_two_patients_in_one_series(tmp_path, reader):
    files = series(tmp_path)
    change(files[1], PatientID="P-0815")
    told = refusal(files, reader)
    assert "several patients; separate them." in told
    assert not any(word in told for word in ("4711", "0815", "Muster"))


def test_another_matrix_is_a_volume_of_its_own(tmp_path, reader):
    files = series(tmp_path)
    content = pydicom.dcmread(files[4])
    put(content, Rows=3, Columns=14)
    content.save_as(files[4])
    found = find_volumes(files, reader)
    assert sorted(each.grid.shape for each in found) == [(1, 3, 14), (4, *SHAPE[1:])]
    assert all("Its series holds 2 volumes, each of which is listed." in each.remarks for each in found)


def test_slices_that_nothing_tells_apart(tmp_path, reader):
    files = series(tmp_path)
    again = series(tmp_path / "again", SeriesInstanceUID=pydicom.dcmread(files[0]).SeriesInstanceUID)
    for file in again:
        change(file, FrameOfReferenceUID=pydicom.dcmread(files[0]).FrameOfReferenceUID)
    assert "several slices at one place that no tag tells apart" in refusal([*files, *again], reader)


def test_no_position(tmp_path, reader):
    files = series(tmp_path, ImagePositionPatient=None)
    assert "says nothing of where its slices lie in the patient" in refusal(files, reader)


def test_one_slice_without_position(tmp_path, reader):
    files = series(tmp_path)
    change(files[2], ImageOrientationPatient=None)
    assert "says nothing of where 1 of its 5 slices lie" in refusal(files, reader)


def test_no_pixel_spacing(tmp_path, reader):
    assert "has no pixel spacing" in refusal(series(tmp_path, PixelSpacing=None), reader)


def test_no_frame_of_reference_is_said(tmp_path, reader):
    (found,) = find_volumes(series(tmp_path, FrameOfReferenceUID=None), reader)
    assert found.frame_of_reference is None
    assert any("names no frame of reference" in remark for remark in found.remarks)


def test_directions_at_no_right_angle(tmp_path, reader):
    files = series(tmp_path, ImageOrientationPatient=[1, 0, 0, 0.5, 1, 0])
    assert "not at right angles" in refusal(files, reader)


def test_frames_without_place(tmp_path, reader):
    content = enhanced()
    content.PerFrameFunctionalGroupsSequence = content.PerFrameFunctionalGroupsSequence[:3]
    assert "has 5 frames and places for 3" in refusal([save(content, tmp_path / "e")], reader)


def test_numbers_that_are_none(tmp_path, reader):
    (file,) = series(tmp_path, STORED[:1])
    content = file.read_bytes()
    file.write_bytes(content.replace(b"-11.5000000000", b"-11.5000000e99"))
    assert "ImagePositionPatient" not in file.read_bytes().decode("latin1")
    (other,) = series(tmp_path / "x", STORED[:1], PixelSpacing=[0.5, 0.25])
    other.write_bytes(other.read_bytes().replace(b"0.5\\0.25", b"0.5\\zero"))
    assert "no number as PixelSpacing" in refusal([other], reader)


def test_slope_of_zero(tmp_path, reader):
    (file,) = series(tmp_path, STORED[:1], RescaleSlope=0, RescaleIntercept=0)
    assert "rescale slope of 0" in refusal([file], reader)


def test_values_by_a_table(tmp_path, reader):
    (file,) = series(tmp_path, STORED[:1])
    table = Dataset()
    table.ModalityLUTType = "HU"
    change(file, ModalityLUTSequence=Sequence([table]))
    assert "by a table (Modality LUT)" in refusal([file], reader)


@pytest.mark.parametrize("photometric", ["RGB", "PALETTE COLOR", "YBR_FULL"])
def test_colours(tmp_path, reader, photometric):
    (file,) = series(tmp_path, STORED[:1], PhotometricInterpretation=photometric)
    assert f"is in colour ({photometric})" in refusal([file], reader)


def test_classes_without_pixels(tmp_path, reader):
    (file,) = series(tmp_path, STORED[:1], Rows=None, Columns=None, PixelData=None)
    change(file, SOPClassUID=ComprehensiveSRStorage)
    assert "holds no picture (Comprehensive SR Storage)" in refusal([file], reader)
    (file,) = series(tmp_path / "seg", STORED[:1])
    change(file, Modality="SEG")
    assert "holds no picture of the patient" in refusal([file], reader)


def test_file_cut_short(tmp_path, reader):
    files = series(tmp_path)
    files[2].write_bytes(files[2].read_bytes()[:-50])
    assert "is cut short: its pixels need 84 bytes" in find_volumes(files, reader).refused[0].reason


def test_header_cut_short(tmp_path, reader):
    (file,) = series(tmp_path, STORED[:1])
    file.write_bytes(file.read_bytes()[:300])
    assert refusal([file], reader)


def test_no_preamble(tmp_path, reader):
    (file,) = series(tmp_path, STORED[:1])
    bare = tmp_path / "bare.dcm"
    bare.write_bytes(file.read_bytes()[132:])
    assert "is no DICOM file with its preamble" in refusal([bare], reader)


@pytest.mark.parametrize(
    ("syntax", "name"), [("1.2.840.10008.1.2.4.102", "MPEG-4 AVC"), ("1.2.3", "its maker's own")]
)
def test_compression_without_decoder(tmp_path, reader, syntax, name):
    files = series(tmp_path)
    for file in files:
        content = pydicom.dcmread(file)
        content.PixelData = pydicom.encaps.encapsulate([b"\0" * 10])
        content["PixelData"].VR = "OB"
        content.file_meta.TransferSyntaxUID = syntax
        content.save_as(file, implicit_vr=False, little_endian=True)
    found = find_volumes(files, reader)
    assert len(found) == 0
    assert len(found.refused) == len(files)
    assert "is compressed in a way that is not read (" in found.refused[0].reason
    assert name in found.refused[0].reason


def test_frames_that_need_gigabytes(tmp_path, reader):
    content = dataset(STORED[0], Rows=65535, Columns=65535, SeriesInstanceUID="1.2")
    assert "more than the limits" in refusal([save(content, tmp_path / "a")], reader)
    content = dataset(STORED[0], NumberOfFrames=2**31 - 1, SeriesInstanceUID="1.2")
    assert "more than the limits" in refusal([save(content, tmp_path / "b")], reader)
    content = dataset(STORED[0], Rows=4000, Columns=4000, SeriesInstanceUID="1.2")
    assert "is cut short" in refusal([save(content, tmp_path / "c")], reader)


@pytest.mark.slow
def test_two_megabytes_that_become_two_gigabytes(tmp_path):
    content = dataset(STORED[0], SeriesInstanceUID="1.2")
    content.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    file = save(content, tmp_path / "bomb")
    before = file.read_bytes()
    end_of_meta = 144 + int.from_bytes(before[140:144], "little")
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = packing.compress(bytes(2**20)) + packing.flush(zlib.Z_FULL_FLUSH)  # the same bytes again and again
    file.write_bytes(before[:end_of_meta] + zeros * 2048)
    assert file.stat().st_size < 3 * 2**20
    with closing(VoxelReader(ReadingLimits(megabytes=300))) as small:
        assert "needs more memory than a reader may take" in refusal([file], small)


def test_sequences_in_each_other(tmp_path, reader):
    (file,) = series(tmp_path, STORED[:1])
    content = file.read_bytes()
    at = content.index(struct.pack("<HH2s", 0x0008, 0x0060, b"CS"))
    begin = struct.pack("<HH2sHIHHI", 0x0008, 0x1140, b"SQ", 0, 2**32 - 1, 0xFFFE, 0xE000, 2**32 - 1)
    end = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    file.write_bytes(content[:at] + 2000 * begin + 2000 * end + content[at:])
    assert "is damaged" in refusal([file], reader)


def test_a_file_that_changed_since_it_was_listed(tmp_path, reader):
    files = series(tmp_path)
    (found,) = find_volumes(files, reader)
    change(files[2], RescaleSlope=2)
    with pytest.raises(InputError, match="changed since it was listed"):
        found.read()
    files[2].unlink()
    with pytest.raises(InputError, match="cannot be opened"):
        found.read()


def test_directory_names_files_that_are_not_there(tmp_path, reader):
    files = series(
        tmp_path / "in", StudyInstanceUID=generate_uid(), StudyDate="20260101", StudyTime="10", StudyID="1"
    )
    kept = FileSet()
    for file in files:
        kept.add(file)
    kept.write(tmp_path / "disc")
    directory = tmp_path / "disc" / "DICOMDIR"
    (found,) = find_volumes([directory], reader)
    assert found.grid.shape == SHAPE
    (again,) = find_volumes([directory, *found.files], reader)
    assert again.grid.shape == SHAPE
    found.files[-1].unlink()
    rest = find_volumes([directory], reader)
    assert rest[0].grid.shape == (4, *SHAPE[1:])
    assert "names 1 files that are not there" in rest.refused[0].reason


def test_other_files_are_passed_over(tmp_path, reader):
    (tmp_path / "notes").write_text("nothing")
    (tmp_path / "empty").touch()
    found = find_volumes([tmp_path / "notes", tmp_path / "empty", tmp_path, tmp_path / "gone"], reader)
    assert (len(found), found.refused) == (0, ())
