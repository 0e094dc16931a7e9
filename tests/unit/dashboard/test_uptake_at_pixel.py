"""PET beside MRI on two grids: SUV at the pointer, shares, and the fused slice through a real archive and back."""

import io
from dataclasses import replace

import highdicom
import numpy as np
import pytest
import SimpleITK
from flask import Flask
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from dashboard.pages.explore import routes
from dashboard.report import export_routes
from dashboard.service.saliency_service import SaliencyService
from fusion import read_collection
from support.orthanc import orthanc_program, running_orthanc
from tests.support.dicom_files import OBLIQUE, series
from tests.support.explore_requests import asked
from tests.support.real_files import by_sitk, index_of

NETWORK = "Weighted Averaging"
PER_ACTIVITY = 70_000 / (370e6 * 2 ** (-3600 / 6586.2))
"""SUV of 1 Bq/ml: 70 kg, and 370 MBq of 18-F an hour before the series."""
STUDY = {
    "SeriesDate": "20260102",
    "SeriesTime": "100000",
    "AcquisitionDate": "20260102",
    "AcquisitionTime": "100001",
    "PatientWeight": 70,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("uptake") / "study"
    rng, frame = np.random.default_rng(4), generate_uid()
    shared = {"axes": OBLIQUE, "FrameOfReferenceUID": frame, **STUDY}
    series(found / "mri", rng.integers(0, 900, (6, 14, 12)).astype(np.uint16), spacing=(3.0, 2.0, 2.0), **shared)
    injection = Dataset()
    injection.RadionuclideTotalDose, injection.RadionuclideHalfLife = 370e6, 6586.2
    injection.RadiopharmaceuticalStartTime = "090000"
    counts = rng.integers(0, 30_000, (8, 20, 18)).astype(np.int16)
    activity = {"Units": "BQML", "DecayCorrection": "START", "CorrectedImage": ["DECY", "ATTN"]}
    scale = {"RescaleSlope": 2, "RescaleIntercept": 0}
    told = {**shared, **activity, **scale, "RadiopharmaceuticalInformationSequence": Sequence([injection])}
    series(found / "pet", counts, "PT", spacing=(2.5, 1.5, 1.4), **told)
    return found


@pytest.fixture(scope="module")
def client(settings, folder, tmp_path_factory):
    told = replace(settings, pairs=(folder,), phantoms=1, nightscenes=0)
    server = Flask("uptake")
    service = SaliencyService(replace(told, cache=tmp_path_factory.mktemp("cache")), server)
    routes.register(server, service)
    export_routes.register(server, service)
    service.network_pool.get(NETWORK)
    yield server.test_client()
    service.jobs.close()


def on_the_mri(folder):
    """Both volumes on the MRI's grid, by SimpleITK: the PET in SUV."""
    mri, pet = by_sitk(folder / "mri"), by_sitk(folder / "pet")
    activity = SimpleITK.Cast(pet, SimpleITK.sitkFloat64)
    found = SimpleITK.Resample(activity, mri, SimpleITK.Transform(), SimpleITK.sitkLinear, float("nan"))
    return mri, found * PER_ACTIVITY


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_the_pointer_tells_suv_on_the_grid_of_the_mri(client, folder, plane):
    mri, uptake = on_the_mri(folder)
    files = next(each for each in read_collection(folder) if (each.plane, each.number) == (plane, 4))
    rows, cols = files.volumes.plane(plane).grid.shape[1:]
    seen = 0
    for pixel in ((row, col) for row in range(0, rows, 2) for col in range(1, cols, 3)):
        words = {"pair": f"{files.group}/{files.title}", "network": NETWORK, "row": pixel[0], "col": pixel[1]}
        about, _ = asked(client, "jacobian", **words)
        at = index_of(mri, plane, 4, pixel)
        assert about["raw1"] == pytest.approx(mri[at], abs=1e-3)
        if np.isnan(uptake[at]):
            assert about["raw2"] is None
            continue
        seen += 1
        assert about["raw2"] == pytest.approx(uptake[at], abs=1e-4)
        assert about["share1"] + about["share2"] == pytest.approx(1)
    assert seen > 3


@pytest.mark.slow
def test_the_fused_slice_comes_back_from_an_archive(client, folder, tmp_path):
    program = orthanc_program()
    if program is None:
        pytest.skip("Orthanc is not installed and could not be: `make archive` installs Debian's package.")
    files = next(each for each in read_collection(folder) if (each.plane, each.number) == ("axial", 4))
    words = {"pair": f"{files.group}/{files.title}", "network": NETWORK, "row": "5", "col": "5", "panel": "g"}
    sent, values = (client.get(f"/export/panel.{kind}", query_string=words).get_data() for kind in ("map", "npz"))
    with running_orthanc(program, tmp_path) as archive:
        came = archive.asked("GET", f"/instances/{archive.store(sent)}/file")
    volume = highdicom.imread(io.BytesIO(came)).get_volume(dtype=np.float32)
    with np.load(io.BytesIO(values)) as opened:
        assert np.array_equal(volume.array[0], opened["fused"])
    mri, _ = on_the_mri(folder)
    for pixel in ((0, 0), (13, 11)):
        place = mri.TransformIndexToPhysicalPoint(index_of(mri, "axial", 4, pixel))
        assert volume.map_indices_to_reference(np.array([[0, *pixel]]))[0] == pytest.approx(place, abs=1e-3)
