"""Two people, all ids swapped: masks and long jobs are of who made them, 404 for others, and in the audit."""

import json
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from flask import g

from dashboard.pages.regions import layout as page
from dashboard.pages.regions.slice_figures import SliceChoice, SliceJobs
from dashboard.pages.regions.uploads import MaskGoneError
from tests.support.picture_files import mask_png
from tests.support.signed_on import ORIGIN, client_of, signed_on, users_of
from tests.support.volumes import volume, write_nifti
from tests.support.waiting import until

PAIR, NETWORK = "cases/wide", "DeepFuse"
SLICE = "study/P1 · axial/{}".format


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("own-jobs")
    write_nifti(volume(1, shape=(5, 11, 10), spacing=(3.0, 1.0, 1.0)), found / "study" / "mri" / "P1.nii.gz")
    write_nifti(volume(2, "PET", shape=(3, 6, 6), spacing=(3.0, 2.0, 2.0)), found / "study" / "pet" / "P1.nii.gz")
    return found


@pytest.fixture(scope="module")
def site(settings, folder):
    chosen = replace(settings, pairs=(*settings.pairs, folder / "study"), same_space=True)
    with signed_on(chosen, folder, uploads=True) as app:
        users = users_of(folder)
        anna, adam = (client_of(app, users, name) for name in ("anna", "adam"))
        regions = app.server.view_functions["regions-mask"].args[0]
        until(lambda: anna.get("/networks/ready", query_string={"network": NETWORK}).json["ready"])
        yield SimpleNamespace(app=app, users=users, anna=anna, adam=adam, regions=regions)


@pytest.fixture
def audit(folder):
    def read():
        lines = (folder / "access" / "audit.jsonl").read_text().splitlines()
        return [(each["user"], each["action"], each["outcome"]) for each in map(json.loads, lines)]

    return read


@pytest.fixture(scope="module")
def mask(site):
    """The word for a mask that Anna has uploaded."""
    return uploaded(site.anna)


def uploaded(client):
    pixels = np.zeros((48, 72), bool)
    pixels[20:30, 10:30] = True
    words = {"pair": PAIR, "name": "lesion.png"}
    answer = client.post("/regions/mask", query_string=words, data=mask_png(pixels), headers=ORIGIN)
    return answer.json["region"]


@contextmanager
def as_user(site, name):
    with site.app.server.test_request_context():
        g.identity = site.users.identity(name)
        yield


# ---- masks


@pytest.mark.parametrize("path", ["/regions/pixels", "/regions/table.csv", "/regions/slices.csv"])
def test_a_mask_that_somebody_uploaded_is_not_here_for_others(site, mask, audit, path):
    words = {"pair": PAIR, "region": mask, "networks": NETWORK, "first": 1, "last": 1}
    assert site.anna.get(path, query_string=words).status_code in (200, 409)
    answer = site.adam.get(path, query_string=words)
    never = site.adam.get(path, query_string=words | {"region": "mask:0123456789abcdef"})
    assert (answer.status_code, answer.json) == (never.status_code, never.json)
    assert answer.status_code == 404
    user, action, outcome = audit()[-1]
    assert (user, outcome) == ("adam", "failed")
    assert "not here, or somebody else's" in action


def test_another_can_hold_no_figures_of_it(site, mask, audit):
    words = {"pair": PAIR, "region": mask, "network": NETWORK, "how": "cancel"}
    assert site.adam.post("/regions/hold", query_string=words, headers=ORIGIN).status_code == 404
    assert site.anna.post("/regions/hold", query_string=words, headers=ORIGIN).status_code == 204
    assert audit()[-1] == ("anna", "long job: pause or cancel", "done")


def test_no_part_of_a_region_is_taken_from_it_nor_is_it_carried_along_slices(site, mask):
    """Along slices the program looks at the mask later, when nobody asks."""
    slices = SliceJobs(site.regions)
    with pytest.raises(MaskGoneError), as_user(site, "adam"):
        site.regions.region(PAIR, f"rect:1,1,9,9 + {mask}")
    for asked in (slices.ask, lambda _, *words: slices.known(*words)):
        with pytest.raises(MaskGoneError), as_user(site, "adam"):
            asked("page", SliceChoice(PAIR, mask), [NETWORK])


def choosing(client, mask):
    """The body by which a page has a region shown."""
    view = {"pair": PAIR, "height": 48, "width": 72, "aspect": 1.0}
    told = {page.VIEW: view, page.NETWORKS: [NETWORK], page.WORDS: mask, page.RING: 5, page.CHOICE: None}
    (asked,) = [
        each
        for each in client.get("/_dash-dependencies").json
        if each["output"].startswith(f"..{page.CHOICE}.data...") and not each["clientside_function"]
    ]
    given = {kind: [{**each, "value": told[each["id"]]} for each in asked[kind]] for kind in ("inputs", "state")}
    named = [each.rsplit(".", 1) for each in asked["output"][2:-2].split("...")]
    outputs = [{"id": id_, "property": name} for id_, name in named]
    return {"output": asked["output"], "outputs": outputs, "changedPropIds": [f"{page.WORDS}.value"], **given}


def test_a_page_that_has_its_word_shows_nothing_and_is_in_the_audit(site, mask, audit):
    """A callback makes a sentence of it, and asks again: that stands there once."""
    body = choosing(site.adam, mask)
    assert site.anna.post("/_dash-update-component", json=body, headers=ORIGIN).status_code == 200
    for count in (1, 1):
        answer = site.adam.post("/_dash-update-component", json=body, headers=ORIGIN)
        assert (answer.status_code, "not here any more" in answer.get_data(as_text=True)) == (200, True)
        assert sum("_dash-update-component" in each[1] for each in audit()) == count
    assert audit()[-1][::2] == ("adam", "failed")


def test_who_uploads_the_same_pixels_has_their_own(site, mask):
    other = client_of(site.app, site.users, "all.in")
    words = {"pair": PAIR, "region": mask}
    assert other.get("/regions/pixels", query_string=words).status_code == 404
    assert uploaded(other) == mask
    assert other.get("/regions/pixels", query_string=words).status_code == 200
    assert site.anna.get("/regions/pixels", query_string=words).status_code == 200


def test_figures_along_slices_are_held_by_who_asked_for_them(site, audit):
    choice = SliceChoice(SLICE(3), "rect:2,2,5,5")
    with as_user(site, "anna"):
        key = SliceJobs(site.regions).key(choice, NETWORK)
    words = {"along": key, "how": "cancel"}
    assert site.adam.post("/regions/hold", query_string=words, headers=ORIGIN).status_code == 404
    assert audit()[-1][0] == "adam"
    assert site.anna.post("/regions/hold", query_string=words, headers=ORIGIN).status_code == 204


# ---- series


def told(client, how):
    words = {"pair": SLICE(3), "network": NETWORK, "how": how}
    return client.post("/explore/series/tell", query_string=words, headers=ORIGIN)


def series_of(client):
    return client.get("/explore/series", query_string={"pair": SLICE(2), "network": NETWORK}).json


@pytest.mark.slow
def test_a_series_is_seen_and_held_by_who_started_it(site, audit):
    assert told(site.anna, "start").json["isBegun"]
    assert series_of(site.anna)["isBegun"]
    assert not series_of(site.adam)["isBegun"]
    for how in ("pause", "cancel", "resume"):
        assert told(site.adam, how).status_code == 404
    user, action, _ = audit()[-1]
    assert (user, "somebody else's" in action) == ("adam", True)
