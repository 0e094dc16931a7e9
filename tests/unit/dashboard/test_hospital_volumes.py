"""A slice of two DICOM series through the page's export: at its place, and its patient in nothing that is kept."""

import gzip
import io
import logging

import highdicom
import nibabel
import numpy as np
import pytest
from flask import Flask
from pydicom.uid import generate_uid

from dashboard.report import export_routes
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion import read_collection
from tests.support.dicom_files import OBLIQUE, series
from tests.support.outgoing_slices import NAMES, SEEDS, corners, read
from tests.support.waiting import until

SHAPE = (4, 36, 40)
TAGS = {**{name: NAMES[name] for name in NAMES if name != "StudyInstanceUID"}, "InstitutionName": "ZQinstitution"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A case of two series that are full of their patient's names."""
    found = tmp_path_factory.mktemp("hospital") / "studies"
    shared = {"FrameOfReferenceUID": generate_uid(), "StudyInstanceUID": NAMES["StudyInstanceUID"], **TAGS}
    for number, (part, modality) in enumerate((("mri", "MR"), ("pet", "PT"))):
        values = np.random.default_rng(number).integers(0, 4000, SHAPE).astype(np.uint16)
        series(found / part / "case1", values, modality, axes=OBLIQUE, **shared)
    return found


@pytest.fixture(scope="module")
def pair(folder):
    """The slice that is exported, as a person reads it, and its id on the page."""
    files = next(each for each in read_collection(folder) if (each.plane, each.number) == ("axial", 2))
    return files.read(), f"studies/{files.title}"


@pytest.fixture(scope="module")
def hospital(folder, random_checkpoints, tmp_path_factory):
    """A page's export with a cache of its own."""
    settings = Settings(
        pairs=(folder,),
        checkpoints=random_checkpoints,
        cache=tmp_path_factory.mktemp("cache"),
        phantoms=1,
        nightscenes=0,
    )
    server = Flask("hospital")
    service = SaliencyService(settings, server)
    export_routes.register(server, service)
    yield server.test_client(), settings.cache
    service.jobs.close()


def exported(hospital, pair, kind, **words):
    query = {"pair": pair[1], "network": "Weighted Averaging", "row": "2", "col": "6", "dpi": "72", "panel": "c"}

    def answered():
        response = hospital[0].get(f"/export/panel.{kind}", query_string={**query, **words})
        return response if response.status_code != 202 else None

    response = until(answered)
    assert response.status_code == 200, response.get_data(as_text=True)
    return response


def test_values_lie_where_the_files_say_that_the_slice_lies(hospital, pair):
    grid = pair[0].origin.plane.grid
    matrix = grid.affine.copy()
    matrix[:3, 3] += matrix[:3, 0]  # the second slice
    shape = grid.shape[1:]
    content = exported(hospital, pair, "map", panel="l").data
    volume = highdicom.imread(io.BytesIO(content)).get_volume(dtype=np.float32)
    assert np.array_equal(volume.array[0], pair[0].second)
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(exported(hospital, pair, "nifti", panel="l").data))
    assert np.array_equal(np.asanyarray(image.dataobj)[..., 0].T, pair[0].second)
    for (row, col), (x, y, z) in corners(matrix, shape).items():
        found = volume.map_indices_to_reference(np.array([[0, row, col]]))[0]
        assert found == pytest.approx((x, y, z), abs=1e-6)
        assert image.affine @ [col, row, 0, 1] == pytest.approx([-x, -y, z, 1], abs=1e-4)


def test_the_capture_says_which_slice_it_is_and_how_the_patient_lies(hospital, pair):
    dataset = read(exported(hospital, pair, "capture").data)
    assert "axial slice 2" in dataset.ImageComments
    letters = [pair[0].origin.plane.letters[side] for side in ("right", "bottom")]
    # DICOM writes F for feet and H for head, as the letters do.
    assert [each[0] for each in dataset.PatientOrientation] == letters
    assert len(dataset.SourceImageSequence) == 2 * SHAPE[0]  # an oblique slice is of all images of both series


@pytest.mark.parametrize("kind", ["capture", "map"])
def test_what_is_made_of_a_changed_pair_says_so_in_the_archive(hospital, pair, kind):
    changed = pair[0], f"{pair[1]}~window1=volume~move=1,-2,0"
    dataset = read(exported(hospital, changed, kind, panel="l").data)
    assert "of a changed pair" in dataset.SeriesDescription
    assert "the second input moved by 1 px right, 2 px up" in dataset.DerivationDescription
    assert "of a changed pair" not in read(exported(hospital, pair, kind, panel="l").data).SeriesDescription


def test_nothing_that_leaves_or_stays_names_the_patient(hospital, pair, caplog):
    cache = hospital[1]
    with caplog.at_level(logging.INFO):
        kinds = ("capture", "map", "nifti", "csv", "npz", "svg")
        answers = {kind: exported(hospital, pair, kind) for kind in kinds}
    seeds = [seed for seed in SEEDS if seed != NAMES["StudyInstanceUID"]]
    texts = {kind: _text(kind, answer) for kind, answer in answers.items()}
    texts["log"] = "\n".join(each.getMessage() + str(each.exc_text) for each in caplog.records).encode()
    texts["cache"] = "\n".join(str(each.relative_to(cache)) for each in cache.rglob("*")).encode()
    texts["kept"] = b"".join(each.read_bytes() for each in cache.rglob("*") if each.is_file())
    found = [(name, seed) for name, text in texts.items() for seed in seeds if seed.encode() in text]
    assert found == []


def _text(kind, answer):
    head = str(answer.headers).encode()
    if kind in ("capture", "map"):
        return head + answer.data + str(read(answer.data)).encode()
    if kind == "npz":
        with np.load(io.BytesIO(answer.data)) as opened:
            return head + str(opened["provenance"]).encode()
    return head + (gzip.decompress(answer.data) if kind == "nifti" else answer.data)


@pytest.mark.parametrize("kind", ["capture", "map"])
def test_the_page_keeps_names_where_they_are_asked_for(hospital, pair, kind, caplog):
    with caplog.at_level(logging.INFO):
        dataset = read(exported(hospital, pair, kind, identifiers="1").data)
    assert {keyword: str(dataset[keyword].value) for keyword in NAMES} == NAMES
    assert "with names of the patient" in caplog.text
    assert NAMES["PatientID"] not in caplog.text


def test_figures_have_the_letters_of_the_slice(hospital, pair):
    text = exported(hospital, pair, "svg").get_data(as_text=True)
    for letter in pair[0].origin.plane.letters.values():
        assert f">{letter}</text>" in text
