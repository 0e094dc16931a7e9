"""The processes that read volumes: they die alone, start again, keep their limits, and leave nothing behind."""

import logging
import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import nibabel
import numpy as np
import pytest

from fusion.data.volumes.found_volumes import find_volumes
from fusion.data.volumes.voxel_reader import ReadingLimits, VoxelReader
from fusion.errors import InputError
from tests.support.dicom_files import STORED, series
from tests.support.waiting import PATIENCE, until


@pytest.fixture
def volume(tmp_path, reader):
    return find_volumes(series(tmp_path / "s"), reader)[0]


def processes_of(reader):
    return [each._process for each in (reader._quick, reader._whole)]


def opened_for_writing(pipe):
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_a_process_that_died_starts_again(volume, reader):
    volume.read()
    for process in processes_of(reader):
        process.kill()
        process.wait()
    np.testing.assert_array_equal(volume.read().voxels, STORED.astype(np.float32))
    np.testing.assert_array_equal(volume.read_slice(1), STORED[1])


def test_a_process_that_dies_amid_its_answer_is_a_sentence(tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe")  # is never answered
    answers = []
    with closing(VoxelReader()) as reader:
        asking = Thread(target=lambda: answers.extend(reader.headers([pipe])))
        asking.start()
        writing = until(lambda: opened_for_writing(pipe))  # there is none before somebody reads
        processes_of(reader)[0].kill()
        asking.join()
        os.close(writing)
    ((file, answer),) = answers
    assert file == pipe
    assert "its decoder was ended by the system (SIGKILL)" in answer["refused"]


def test_what_progress_raises_ends_the_reading(volume, reader):
    def stop(done, count):
        assert (done, count) == (1, 5)
        raise KeyError("enough")

    with pytest.raises(KeyError):
        volume.read(stop)
    told = []
    volume.read(lambda done, count: told.append((done, count)))
    assert told == [(number, 5) for number in range(1, 6)]


@pytest.mark.slow
def test_a_file_that_is_never_answered_is_refused_alone(tmp_path):
    (file,) = series(tmp_path / "s", STORED[:1])
    os.mkfifo(pipe := tmp_path / "pipe")
    limits = SimpleNamespace(**vars(ReadingLimits(seconds=PATIENCE)))
    with closing(VoxelReader(limits)) as reader:
        assert dict(reader.headers([file]))[file]["kind"] == "dicom"
        limits.seconds = 0.5  # not before: the start of a process may take longer, here and once more below
        answers = reader.headers([pipe, file])
        name, answer = next(answers)
        limits.seconds = PATIENCE
        assert (name, dict(answers)[file]["kind"]) == (pipe, "dicom")
    assert "did not answer for 0.5 s" in answer["refused"]


def test_a_sentence_about_one_volume_keeps_nobody_waiting(tmp_path, volume, reader):
    other = find_volumes(series(tmp_path / "other"), reader)[0]
    volume.read_slice(0)
    process = processes_of(reader)[0]
    volume.files[0].unlink()
    with pytest.raises(InputError) as kept:
        volume.read_slice(0)
    with pytest.raises(KeyError) as kept_too:
        other.read(lambda *_: {}["enough"])
    np.testing.assert_array_equal(other.read_slice(1), STORED[1])
    np.testing.assert_array_equal(other.read().voxels, STORED)
    assert processes_of(reader)[0] is process
    del kept, kept_too


def test_relative_paths_stay_those_of_the_search(tmp_path, monkeypatch):
    series(tmp_path / "s")
    with closing(VoxelReader()) as reader:
        monkeypatch.chdir(tmp_path / "s")
        (found,) = find_volumes(sorted(Path().iterdir()), reader)
        assert not any(file.is_absolute() for file in found.files)
        monkeypatch.chdir(tmp_path)
        np.testing.assert_array_equal(found.read().voxels, STORED)


def test_a_process_that_does_not_start_is_no_fault_of_the_files(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion.data.volumes.voxel_reader.PROGRAM", "import no_such_module  # {path}")
    with pytest.raises(InputError, match=r"their process does not start; install what requirements\.txt names\.$"):
        find_volumes(series(tmp_path / "s"), VoxelReader())


def test_what_is_no_ordinary_file_is_passed_over(tmp_path, reader):
    os.mkfifo(pipe := tmp_path / "pipe.dcm")
    assert find_volumes([pipe], reader).refused == ()


@pytest.mark.slow
def test_memory_beyond_the_limit_is_refused(tmp_path):
    values = np.zeros((4096, 4096, 2), np.uint8)
    file = tmp_path / "large.nii"
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), file)
    with closing(VoxelReader(ReadingLimits(megabytes=120))) as reader:
        (found,) = find_volumes([file], reader)
        with pytest.raises(InputError, match="more memory than a reader may take"):
            found.read()
        with pytest.raises(InputError, match="more memory than a reader may take"):
            found.read_slice(1)


def test_slices_do_not_wait_for_a_whole_volume(volume):
    is_amid, may_go = Event(), Event()

    def wait(done, _):
        is_amid.set()
        assert may_go.wait(60)

    reading = Thread(target=volume.read, args=(wait,))
    reading.start()
    assert is_amid.wait(60)
    np.testing.assert_array_equal(volume.read_slice(2), STORED[2])
    may_go.set()
    reading.join()


def test_voxels_are_mapped_read_only_and_leave_no_file(tmp_path, volume, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    voxels = volume.read().voxels
    assert isinstance(voxels, np.memmap)
    assert not voxels.flags.writeable
    assert list((tmp_path / "temporary").iterdir()) == []
    np.testing.assert_array_equal(voxels, STORED)


def test_a_folder_without_room_is_a_sentence(volume, monkeypatch):
    usage = type("usage", (), {"free": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(InputError, match="in the temporary folder"):
        volume.read()


def test_there_is_no_slice_beyond_the_last(volume):
    for index in (-1, 5):
        with pytest.raises(InputError, match="has slices 0 to 4"):
            volume.read_slice(index)


def test_the_process_ends_with_its_reader(tmp_path):
    reader = VoxelReader()
    find_volumes(series(tmp_path / "s"), reader)
    process = processes_of(reader)[0]
    assert process.poll() is None
    del reader
    until(lambda: process.poll() is not None)


def test_the_process_ends_with_the_program(tmp_path):
    files = series(tmp_path / "s")
    script = (
        "import sys; from fusion.data.volumes.found_volumes import find_volumes; "
        "found = find_volumes(sys.argv[1:]); print(found[0].reader._quick._process.pid); "
        "assert not {'pydicom', 'nibabel', 'gdcm'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, *files], capture_output=True, text=True, check=True)
    until(lambda: not Path(f"/proc/{int(done.stdout)}").exists())


def test_what_went_wrong_is_in_the_log_without_names_above_debug(tmp_path, reader, caplog):
    file = tmp_path / "secret.nii"
    file.write_bytes(b"nothing")
    with caplog.at_level(logging.DEBUG, "fusion"):
        assert find_volumes([file], reader).refused
    assert "Traceback" in caplog.text
    assert not any("secret" in record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG)
