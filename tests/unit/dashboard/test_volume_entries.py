"""Slices of volumes in the catalogue: cases by plane, read when asked for, changed like other pairs."""

import re
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask

from dashboard.report.export_request import parse_export
from dashboard.report.provenance import TableOrigin, about_table
from dashboard.report.render import rendered
from dashboard.service.network_standing import has_learned_from, unseen_first
from dashboard.service.pair_catalogue import Catalogue
from dashboard.views import case_routes
from fusion import InputError
from fusion.data.volumes.planes import plane_of
from fusion.method.learned_cases import LearnedCases
from fusion.method.purpose import Purpose
from tests.support.explore_committed import fresh
from tests.support.report_helpers import DAY, views
from tests.support.volumes import resampled_by_sitk, volume, write_nifti

MRI = volume(1, shape=(5, 12, 9), spacing=(3.0, 1.0, 1.0))
PET = volume(2, "PET", shape=(4, 7, 5), spacing=(4.0, 2.0, 2.0))
THIRD = "study/P1 · axial/3"


@pytest.fixture
def study(tmp_path):
    write_nifti(MRI, tmp_path / "study" / "mri" / "P1.nii.gz")
    write_nifti(PET, tmp_path / "study" / "pet" / "P1.nii.gz")
    return tmp_path / "study"


@pytest.fixture
def client(settings, study, tmp_path):
    service = fresh(replace(settings, pairs=(study,), same_space=True), tmp_path / "cache")
    server = Flask(__name__)
    case_routes.register(server, service)
    return server.test_client()


def test_each_plane_is_a_case_of_slices(study):
    catalogue = Catalogue(1, (study,), same_space=True)
    own = [entry for entry in catalogue.entries if not entry.is_generated]
    assert len(own) == 5 + 12 + 9
    assert {entry.case for entry in own} == {"P1 · axial", "P1 · coronal", "P1 · sagittal"}
    assert own[0].id == "study/P1 · axial/1"
    assert own[0].path == "study / P1 · axial / 1"
    assert all(entry.is_volume and not entry.is_at_hand() for entry in own)
    pair = catalogue.pair(THIRD)
    assert pair.title == "study / P1 · axial / 3"
    assert all(entry.is_at_hand() for entry in own)


def test_why_volumes_are_no_pair_is_told_beside_the_others(study):
    with pytest.raises(InputError, match="--same-space"):
        Catalogue(1, (study,))
    for name in ("mri", "pet"):
        write_nifti(MRI, study / name / "P2.nii.gz", code=4)
    assert "P1" in Catalogue(1, (study,)).remarks[-1]


def test_inputs_of_a_slice_are_swapped_and_scaled_by_the_volume(study):
    catalogue = Catalogue(1, (study,), same_space=True)
    plain, swapped = catalogue.pair(THIRD), catalogue.pair(f"{THIRD}~swap")
    assert swapped.names == ("PET", "MRI")
    assert catalogue.entry(f"{THIRD}~swap").names == ("PET", "MRI")
    np.testing.assert_array_equal(swapped.first, plain.second)
    assert swapped.origin.facts()["interpolated"] == "PET"
    assert swapped.title.endswith("inputs swapped")
    levels = plane_of(MRI.grid, "axial").picture(resampled_by_sitk(PET, MRI), 3)
    low, high = PET.voxels.min(), PET.voxels.max()
    for word, image in (("window2=volume", "second"), ("swap~window1=volume", "first")):
        found = catalogue.pair(f"{THIRD}~{word}")
        expected = np.nan_to_num((levels - low) / (high - low)).clip(0, 1)
        np.testing.assert_allclose(getattr(found, image), expected, atol=1e-5)
        assert any("of the volume" in each for each in found.sentences)


def test_a_patient_learned_from_is_known_in_every_plane(study):
    catalogue = Catalogue(1, (study,), same_space=True)
    learned = Purpose(learned=LearnedCases({"study": frozenset({"P1"})}))
    assert all(has_learned_from(learned, each) for each in catalogue.entries if not each.is_generated)


def test_a_thumbnail_waits_until_somebody_opens_the_volume(client):
    asked = {"pair": "study/P1 · coronal/06"}
    assert client.get("/cases/thumbnail", query_string=asked).status_code == 204
    told = client.get("/cases/origin", query_string={"pair": THIRD}).json
    assert told["short"][0] == "axial slice 3 of 5"
    assert "Axial slice 3 of 5." in told["sentences"]
    assert client.get("/cases/thumbnail", query_string=asked).status_code == 200
    assert client.get("/cases/origin", query_string={"pair": "phantom-1"}).json["short"] == []
    assert all(each["isVolume"] != each["isGenerated"] for each in client.get("/cases").json)


def test_the_first_view_of_a_volume_is_its_middle_slice(study):
    catalogue = Catalogue(1, (study,), same_space=True)
    assert unseen_first(catalogue.entries, Purpose()).id == THIRD


@pytest.mark.slow
def test_exports_say_from_which_slice_they_are_and_which_side_is_which(settings, study, tmp_path):
    service = fresh(replace(settings, pairs=(study,), same_space=True), tmp_path / "cache")
    pair_id, export_request = "study/P1 · coronal/06", parse_export("panel", "svg", {"panel": "a"})
    shown = views(service, export_request, ("Weighted Averaging",), [(2, 3)], pair_id)
    found = rendered(export_request, shown, DAY).decode()
    texts = [re.sub(r"\s+", " ", each) for each in re.findall(r"<text[^>]*>([^<]*)</text>", found)]
    told = " ".join(texts)
    for words in ("Coronal slice 6 of 12", "was interpolated linearly on the grid of MRI"):
        assert words in told
    assert {"H", "F", "R", "L", "2 mm"} <= set(texts)
    facts = TableOrigin(**about_table(service.catalogue.pair(pair_id), [("MaskNet", "ab")], DAY)).facts()
    assert (facts["volumes"]["plane"], facts["volumes"]["slice"], facts["row_spacing_mm"]) == ("coronal", 6, 3)
