"""A real archive takes what leaves, and gives it back as it was."""

import io

import highdicom
import numpy as np
import pytest
from pydicom.uid import generate_uid

import fusion
from fusion.cli.volume_inputs import two_volumes
from fusion.data.outgoing.pair_source import pair_source
from fusion.data.outgoing.parametric_map import parametric_map
from fusion.data.outgoing.quantity import FUSED, GUIDANCE
from fusion.data.outgoing.reference_slice import reference_slice
from fusion.data.outgoing.secondary_capture import secondary_capture, with_margin
from support.orthanc import orthanc_program, running_orthanc
from tests.support.dicom_files import series
from tests.support.outgoing_slices import NAMES, ORIGIN, PLACES, SEEDS, VALUES, corners, dicom_slice

PICTURE = np.random.default_rng(1).integers(0, 256, (*VALUES.shape, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """One Orthanc for all tests: it starts in a second."""
    program = orthanc_program()
    if program is None:
        pytest.skip("Orthanc is not installed and could not be: `make archive` installs Debian's package.")
    with running_orthanc(program, tmp_path_factory.mktemp("orthanc")) as found:
        yield found


@pytest.fixture
def source(write):
    return reference_slice(write(dicom_slice(), ".dcm"))


def test_a_map_comes_back_from_the_archive(archive, source):
    sent = parametric_map(VALUES, GUIDANCE, ORIGIN, source)
    name = archive.store(sent)
    came = archive.asked("GET", f"/instances/{name}/file")
    assert came == sent
    assert archive.tags(name)["ContentQualification"] == "RESEARCH"
    volume = highdicom.imread(io.BytesIO(came)).get_volume(dtype=np.float32)
    assert np.array_equal(volume.array[0], VALUES)
    for (row, col), where in corners(PLACES["oblique"]).items():
        assert volume.map_indices_to_reference(np.array([[0, row, col]]))[0] == pytest.approx(where, abs=1e-6)


def test_a_picture_comes_back_from_the_archive_and_is_shown(archive, source):
    from PIL import Image

    picture = with_margin(PICTURE, ORIGIN)
    sent = secondary_capture(picture, ORIGIN, source)
    name = archive.store(sent)
    assert archive.asked("GET", f"/instances/{name}/file") == sent
    preview = Image.open(io.BytesIO(archive.asked("GET", f"/instances/{name}/preview")))
    assert np.array_equal(np.asarray(preview), picture)


def test_what_leaves_for_one_pair_lies_in_one_study_that_names_nobody(archive, source):
    names = [archive.store(each) for each in _both(source)]
    parents = [archive.asked("GET", f"/instances/{each}/study") for each in names]
    assert parents[0] == parents[1]
    shown = b"".join(archive.asked("GET", f"/instances/{each}/tags") for each in names) + parents[0]
    assert [each for each in SEEDS if each.encode() in shown and each != NAMES["StudyInstanceUID"]] == []


def test_with_names_it_lies_in_the_patients_own_study(archive, source):
    archive.store(dicom_slice())
    for name in [archive.store(each) for each in _both(source, identifiers=True)]:
        tags = archive.tags(name)
        assert (tags["PatientID"], tags["StudyInstanceUID"]) == (NAMES["PatientID"], NAMES["StudyInstanceUID"])


def _both(source, **options):
    return [
        parametric_map(VALUES, GUIDANCE, ORIGIN, source, **options),
        secondary_capture(PICTURE, ORIGIN, source, **options),
    ]


@pytest.mark.slow
def test_a_map_of_two_volumes_on_two_grids_comes_back_from_the_archive(archive, tmp_path):
    """MRI and PET as files, fused in a coronal slice, into the archive and back, at the MRI's voxels."""
    frame, axial = generate_uid(), np.eye(3)[:, [2, 1, 0]]
    series(tmp_path / "mri", axes=axial, FrameOfReferenceUID=frame, **NAMES)
    fine = np.random.default_rng(2).integers(0, 4000, (7, 8, 9)).astype(np.uint16)
    series(tmp_path / "pet", fine, "PT", axes=axial, spacing=(2.0, 0.6, 0.4), FrameOfReferenceUID=frame, **NAMES)
    files = two_volumes(tmp_path / "mri", tmp_path / "pet", same_space=False)
    pair = files.read_slice("coronal", 3)
    assert pair.origin.interpolated == 1
    fused = fusion.fuse(fusion.load("Weighted Averaging"), pair)
    name = archive.store(parametric_map(fused, FUSED, ORIGIN, pair_source(pair)))
    volume = highdicom.imread(io.BytesIO(archive.asked("GET", f"/instances/{name}/file"))).get_volume(
        dtype=np.float32
    )
    assert np.array_equal(volume.array[0], fused)
    assert volume.frame_of_reference_uid == frame
    rows, cols = fused.shape
    to_voxel = np.linalg.inv(files.first.grid.affine)
    for row in (0, rows - 1):
        for col in (0, cols - 1):
            index = (to_voxel @ [*volume.map_indices_to_reference(np.array([[0, row, col]]))[0], 1])[:3]
            voxel = tuple(np.rint(index).astype(int))
            assert index == pytest.approx(voxel, abs=1e-5)
            assert files.first.read().voxels[voxel] == pair.levels[0][row, col]
