"""What the case browser is told: cases by their paths, thumbnails, how networks stand to a pair."""

import io
import os
import subprocess
import sys
from threading import get_native_id

import numpy as np
import pytest
from flask import Flask
from PIL import Image

from dashboard.imaging.encoding import to_bytes
from dashboard.imaging.thumbnails import blended
from dashboard.jobs.pointer_rest import LEAST, NICENESS
from dashboard.service.network_standing import has_learned_from, standing, unseen_first
from dashboard.service.pair_catalogue import NIGHTSCENES, PHANTOMS, PairEntry
from dashboard.views import case_routes
from fusion.method.learned_cases import LearnedCases
from fusion.method.purpose import Purpose

LEARNED = LearnedCases({"mri_pet": frozenset({"25"})}, frozenset({"mri_spect"}), phantoms=True)
BRAIN = Purpose((frozenset({"MRI", "PET"}),), learned=LEARNED)
NIGHT = Purpose((frozenset({"Visible", "Infrared"}),), learned=LEARNED)
RULE = Purpose(is_general=True)


def entry(group, case, names=("MRI", "PET")):
    return PairEntry(f"{group}/{case}", group, case, "", names, lambda: None)


def picture(client, pair):
    answer = client.get("/cases/thumbnail", query_string={"pair": pair})
    assert answer.status_code == 200
    assert answer.mimetype == "image/png"
    assert answer.headers["Cache-Control"] == "no-store"
    return np.asarray(Image.open(io.BytesIO(answer.data)))


def test_cases_are_listed_by_collection_case_and_slice(client):
    found = {each["id"]: each for each in client.get("/cases").json}
    assert found["cases/square"]["path"] == "cases / square"
    assert found["phantom-1"]["path"] == "Phantom 1"
    assert found["phantom-1"]["isGenerated"]
    assert not found["cases/square"]["isGenerated"]


def test_a_thumbnail_is_the_mean_of_both_inputs(client, world):
    found, pair = picture(client, "cases/square"), world.pairs["cases/square"]
    mean = (to_bytes(pair.first)[..., None] + pair.second_color.astype(float)) / 2
    assert np.abs(found - mean * 255 / mean.max()).max() <= 0.51


@pytest.mark.slow
def test_a_generated_pair_is_recognised_though_it_is_drawn_small(service):
    """Whole, each takes a core up to two seconds, as the page opens: a pointer felt it."""
    for id_, longest in (("phantom-1", 96), ("nightscene-1", 96)):
        drawn = service.catalogue.entry(id_)
        whole, small = drawn.read(), drawn.read_small()
        assert max(small.shape) == longest < max(whole.shape)
        assert np.corrcoef(blended(whole).ravel(), blended(small).ravel())[0, 1] > 0.95
    files = service.catalogue.entry("cases/square")
    assert np.array_equal(files.read_small().first, files.read().first)
    changed = service.catalogue.entry("phantom-1~swap")
    assert changed.read_small().shape == changed.read().shape


def test_a_pair_that_cannot_be_read_has_a_hatched_thumbnail(client):
    found = picture(client, "cases/zz-broken")
    assert len(np.unique(found)) == 2


@pytest.mark.parametrize("path", ["thumbnail", "standing", "ahead"])
def test_a_pair_that_is_not_here_is_refused(client, path):
    answer = client.get(f"/cases/{path}", query_string={"pair": "cases/nowhere"})
    assert answer.status_code == 400
    assert "nearest" in answer.json["error"]


def test_a_case_is_opened_ahead_and_a_broken_one_is_no_failure(client, app):
    for pair in ("cases/wide", "cases/zz-broken"):
        words = {"pair": pair, "networks": "DeepFuse,Nought"}
        assert client.get("/cases/ahead", query_string=words).status_code == 204


@pytest.mark.skipif(sys.platform != "linux", reason="only there threads have priorities of their own")
def test_what_is_opened_ahead_makes_way_for_who_is_answered(client, monkeypatch):
    nice = {}

    def opened(*_):
        nice["ahead"] = os.getpriority(os.PRIO_PROCESS, get_native_id())

    monkeypatch.setattr(case_routes, "_open_ahead", opened)
    words = {"pair": "cases/wide", "networks": "DeepFuse"}
    assert client.get("/cases/ahead", query_string=words).status_code == 204
    own = os.getpriority(os.PRIO_PROCESS, get_native_id())
    assert nice["ahead"] == min(own + NICENESS, LEAST)


def test_networks_stand_beside_a_pair(client):
    words = {"pair": "cases/wide", "networks": "Weighted Averaging,Nought"}
    note = "a rule, for any pair · learns nothing"
    assert client.get("/cases/standing", query_string=words).json == [
        {"network": "Weighted Averaging", "note": note, "warning": ""}
    ]
    marks = client.get("/cases/marks", query_string={"networks": "Weighted Averaging"}).json
    assert set(marks) == {"unseen"}
    assert set(client.get("/cases/marks", query_string={"networks": "DeepFuse"}).json[:2]) == {""}, "no card tells"


@pytest.mark.parametrize(
    ("purpose", "pair", "learned"),
    [
        (BRAIN, entry("mri_pet", "25"), True),
        (BRAIN, entry("mri_spect", "25", ("MRI", "SPECT")), True),
        (BRAIN, entry("mri_pet", "30"), False),
        (BRAIN, entry("elsewhere", "25"), None),
        (BRAIN, entry("street", "25", ("Visible", "Infrared")), False),
        (BRAIN, entry(PHANTOMS, "Phantom 1"), False),
        (BRAIN, entry("doses", "25", ("CT", "dose")), None),
        (RULE, entry("mri_pet", "25"), False),
        (Purpose(), entry("mri_pet", "25"), None),
    ],
)
def test_whether_a_network_has_learned_from_a_case(purpose, pair, learned):
    assert has_learned_from(purpose, pair) is learned


def test_a_night_vision_network_is_flagged_on_a_brain():
    found = standing(NIGHT, entry("mri_pet", "25"))
    assert found.warning == "not made for MRI–PET · learned from this case"
    assert standing(BRAIN, entry("mri_pet", "30")).warning == ""
    assert standing(BRAIN, entry(PHANTOMS, "Phantom 1")).learned == "learned from other phantoms"
    assert (
        standing(BRAIN, entry(NIGHTSCENES, "1", ("Visible", "Infrared"))).warning
        == "not made for Visible–Infrared"
    )


def test_the_first_pair_is_one_that_was_not_learned_from():
    listed = [entry("mri_pet", "25"), entry("mri_pet", "30")]
    assert unseen_first(listed, BRAIN) is listed[1]
    assert unseen_first(listed[:1], BRAIN) is listed[0]


def test_a_thumbnail_is_made_behind_the_pointer_and_once_it_has_passed(service, monkeypatch):
    waited = []
    server = Flask("cases")
    case_routes.register(server, service)
    monkeypatch.setattr(
        service.jobs.pointer, "wait", lambda: waited.append(os.getpriority(os.PRIO_PROCESS, get_native_id()))
    )
    for path, asked in (("thumbnail", {}), ("thumbnail", {}), ("ahead", {"networks": "DeepFuse"})):
        words = {"pair": "cases/square", **asked}
        assert server.test_client().get(f"/cases/{path}", query_string=words).status_code < 300
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert waited == [own + (NICENESS if sys.platform == "linux" else 0), own], (
        "the second thumbnail is kept; what comes next waits where it is asked for"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux alone")
@pytest.mark.parametrize(("own", "expected"), [(3, 3 + NICENESS), (15, 19)])
def test_the_background_stands_behind_a_program_that_stands_behind_others(own, expected):
    """Who is not root could not set a higher priority than that of the program, and its worker would end."""
    program = f"""
import os, threading
from dashboard.jobs.pointer_rest import lower_priority
os.nice({own})
def work():
    lower_priority()
    print(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) == min(os.getpriority(os.PRIO_PROCESS, 0) + expected, 19)
