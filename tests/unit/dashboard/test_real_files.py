"""Real files through the page's routes: every plane's values, and exports that come back as they were."""

import csv
import gzip
import io
import json
from dataclasses import replace

import highdicom
import nibabel
import numpy as np
import pytest
from flask import Flask
from PIL import Image

from dashboard.pages.explore import routes
from dashboard.report import export_routes
from dashboard.service.saliency_service import SaliencyService
from fusion import read_collection
from fusion.data.volumes.found_volumes import find_volumes
from tests.support.explore_requests import asked
from tests.support.outgoing_slices import corners, read
from tests.support.real_files import CASES, by_sitk, content_of, index_of, write_cases
from tests.support.waiting import until

NETWORK = "Weighted Averaging"
EXPORTED = ("small_jp2klossless", "siemens", "philips", "enhanced")
"""Cases of every kind of geometry."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_cases(tmp_path_factory.mktemp("files") / "real")


@pytest.fixture(scope="module")
def slices(folder):
    """The middle slice of every plane of every case, by the id that it has on the page."""
    found = read_collection(folder, same_space=True)
    middle = [each for each in found if each.number == (each.volumes.plane(each.plane).count + 1) // 2]
    return {f"{each.group}/{each.title}": each for each in middle}


@pytest.fixture(scope="module")
def client(settings, folder, tmp_path_factory):
    told = replace(settings, pairs=(folder,), same_space=True, phantoms=1, nightscenes=0)
    server = Flask("real")
    service = SaliencyService(replace(told, cache=tmp_path_factory.mktemp("cache")), server)
    routes.register(server, service)
    export_routes.register(server, service)
    service.network_pool.get(NETWORK)
    yield server.test_client()
    service.jobs.close()


def case(slices, folder, name):
    """Its slices by their ids, and both series as SimpleITK has them."""
    mine = {id_: each for id_, each in slices.items() if each.volumes.first.files[0].is_relative_to(folder / name)}
    assert mine
    return mine, [by_sitk(folder / name / part) for part in ("one", "other")]


@pytest.mark.parametrize("name", CASES)
def test_every_plane_shows_the_values_of_another_reader(client, slices, folder, name):
    mine, images = case(slices, folder, name)
    for pair_id, each in mine.items():
        rows, cols = each.volumes.plane(each.plane).grid.shape[1:]
        for pixel in ((0, 0), (rows // 3, cols // 2), (rows - 1, cols // 4)):
            about, _ = asked(client, "jacobian", pair=pair_id, network=NETWORK, row=pixel[0], col=pixel[1])
            for word, image in zip(("raw1", "raw2"), images, strict=True):
                expected = image[index_of(image, each.plane, each.number, pixel)]
                assert about[word] == pytest.approx(expected, rel=1e-5, abs=1e-3), (pair_id, pixel)


def exported(client, pair_id, kind, panel):
    words = {"pair": pair_id, "network": NETWORK, "row": "2", "col": "3", "window": "11", "dpi": "72"}

    def answered():
        response = client.get(f"/export/panel.{kind}", query_string={**words, "panel": panel})
        return response if response.status_code != 202 else None

    response = until(answered)
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_data()


@pytest.mark.parametrize("name", EXPORTED)
def test_exports_come_back_as_they_were(client, slices, folder, name):
    mine, (image, _) = case(slices, folder, name)
    pair_id, files = next(iter(mine.items()))
    pair = files.read()

    def place(row, col):
        index = index_of(image, files.plane, files.number, (row, col))
        return np.array(image.TransformIndexToPhysicalPoint(index))

    sent = exported(client, pair_id, "map", "a")
    volume = highdicom.imread(io.BytesIO(sent)).get_volume(dtype=np.float32)
    nifti = nibabel.Nifti1Image.from_bytes(gzip.decompress(exported(client, pair_id, "nifti", "a")))
    assert np.array_equal(volume.array[0], pair.first)
    assert np.array_equal(np.asanyarray(nifti.dataobj)[..., 0].T, pair.first)
    for row, col in corners(np.eye(4), pair.shape):
        found = volume.map_indices_to_reference(np.array([[0, row, col]]))[0]
        assert found == pytest.approx(place(row, col), abs=1e-3)
        assert (nifti.affine @ [col, row, 0, 1])[:3] * [-1, -1, 1] == pytest.approx(place(row, col), abs=1e-3)
    assert read(sent).Rows == pair.shape[0]
    assert len(read(sent).SourceImageSequence) == 2


@pytest.mark.parametrize("name", EXPORTED)
def test_numbers_and_pictures_come_back_as_they_were(client, slices, folder, name):
    mine, (image, _) = case(slices, folder, name)
    pair_id, files = next(iter(mine.items()))
    pair = files.read()
    with np.load(io.BytesIO(exported(client, pair_id, "npz", "a"))) as opened:
        assert np.array_equal(opened["first"], pair.first)
        stored, facts = opened["first_in_file"], json.loads(str(opened["provenance"]))
    assert facts["volumes"]["plane"] == files.plane
    _, head, *rows = exported(client, pair_id, "csv", "b").decode().splitlines()[1:]
    assert head == "row,col,first,first_in_file"
    for row, col, scaled, value in csv.reader(rows):
        pixel = int(row), int(col)
        expected = image[index_of(image, files.plane, files.number, pixel)]
        assert (np.float32(scaled), np.float32(value)) == (pair.first[pixel], stored[pixel])
        assert stored[pixel] == pytest.approx(expected, rel=1e-6)
    capture = read(exported(client, pair_id, "capture", "a"))
    png = np.asarray(Image.open(io.BytesIO(exported(client, pair_id, "png", "a"))).convert("RGB"))
    upper = np.s_[: min(png.shape[0], capture.Rows) // 2]  # the origins below them differ, and so do their heights
    assert np.corrcoef(capture.pixel_array[upper].ravel(), png[upper].ravel())[0, 1] > 0.9
    letters = [pair.origin.plane.letters[side] for side in ("right", "bottom")]
    assert [each[0] for each in capture.PatientOrientation] == letters


def test_an_enhanced_mr_without_places_says_so_and_leaves_the_others(tmp_path):
    (tmp_path / "emri.dcm").write_bytes(content_of("emri_small.dcm"))
    (tmp_path / "small.dcm").write_bytes(content_of("MR_small.dcm"))
    found = find_volumes(sorted(tmp_path.iterdir()))
    assert [(each.grid.shape, each.frame_of_reference is not None) for each in found] == [((1, 64, 64), True)]
    (refused,) = found.refused
    assert refused.reason.startswith("MRI 301 says nothing of where its slices lie in the patient")
