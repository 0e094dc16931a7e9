"""A region along the slices of a case: each row is what Regions shows of that slice, and in the CSV."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask

from dashboard.jobs.unfinished import Hold
from dashboard.pages.regions import region_view, slice_callbacks, slice_section
from dashboard.pages.regions import routes as region_routes
from dashboard.pages.regions.region_jobs import RegionJobs
from dashboard.pages.regions.slice_figures import SliceChoice, SliceJobs, content_note
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion import InputError
from saliency.geometry.masks import disk
from tests.support.volumes import volume, write_nifti
from tests.support.waiting import until

MRI = volume(1, shape=(5, 24, 20), spacing=(3.0, 1.0, 1.0))
PET = volume(2, "PET", shape=(3, 13, 9), spacing=(3.0, 2.0, 2.0))
NAME = "study/P1 · axial/{}".format
WORD = "disk:12,10,3"
NETWORKS = ["DeepFuse", "Weighted Averaging"]
CHOICE = SliceChoice(NAME(3), WORD)


@pytest.fixture(scope="module")
def slices(tmp_path_factory, random_checkpoints):
    root = tmp_path_factory.mktemp("along") / "study"
    write_nifti(MRI, root / "mri" / "P1.nii.gz")
    write_nifti(PET, root / "pet" / "P1.nii.gz")
    settings = Settings(
        pairs=(root,),
        same_space=True,
        checkpoints=random_checkpoints,
        cache=tmp_path_factory.mktemp("cache"),
        phantoms=1,
        nightscenes=0,
    )
    service = SaliencyService(settings, Flask("along"))
    yield SliceJobs(RegionJobs(service))
    service.jobs.close()


def complete(slices, choice=CHOICE, networks=NETWORKS):
    def all_there():
        found = slices.ask("page", choice, networks)
        return all(each.is_over for each in found.values()) and found

    return until(all_there)


def of_one_slice(slices, pair, network, word=WORD):
    regions = slices.regions
    return until(lambda: regions.ask("one", pair, word, [network])[network].result).report


@pytest.mark.slow
def test_every_row_is_what_regions_shows_of_the_slice(slices):
    found = complete(slices)
    for name in NETWORKS:
        rows = found[name].rows
        assert [row.title for row in rows] == ["1", "2", "3", "4", "5"]
        assert [row.report is None for row in rows] == [True, False, False, False, True]
        assert "PET has no value anywhere in axial slice 1" in rows[0].note
        for row in rows[1:4]:
            assert row.report == of_one_slice(slices, row.pair_id, name)


def test_what_the_page_of_a_slice_has_computed_is_not_computed_again(slices, monkeypatch):
    word = "disk:11,9,2"
    before = of_one_slice(slices, NAME(2), "DeepFuse", word)
    asked = []
    rows = slices.regions.rows
    monkeypatch.setattr(
        slices.regions, "rows", lambda fused, *more: (asked.append(fused.pair.title), rows(fused, *more))[1]
    )
    found = complete(slices, SliceChoice(NAME(3), word), ["DeepFuse"])["DeepFuse"]
    assert [title[-1] for title in asked] == ["3", "4"]
    assert found.rows[1].report is before


def test_a_range_and_another_ring(slices):
    found = complete(slices, SliceChoice(NAME(3), WORD, 2.0, 2, 3), ["DeepFuse"])["DeepFuse"]
    assert [row.title for row in found.rows] == ["2", "3"]
    assert all(row.report.ring_width == 2.0 for row in found.rows)
    with pytest.raises(InputError, match="5 slices"):
        slices.slices(SliceChoice(NAME(3), WORD, 5.0, 7, 9))


def test_a_region_that_a_slice_does_not_show_is_told(slices):
    pair = slices.regions.service.catalogue.pair(NAME(3))
    levels = [np.array(each) for each in pair.levels]
    levels[1][5:9, 5:8] = np.nan
    first, second = np.array(pair.first), np.array(pair.second)
    first[0:4, 0:4] = second[0:4, 0:4] = 0
    changed = replace(pair, first=first, second=second, levels=(levels[0], levels[1]))
    corner, middle = np.zeros(pair.shape, bool), np.zeros(pair.shape, bool)
    corner[0:3, 0:3] = True
    middle[5:9, 5:11] = True
    assert content_note(changed, corner).startswith("Outside the content: MRI has its lowest value all over it")
    assert content_note(changed, middle) == "PET has no value at 50 % of it."
    assert content_note(changed, disk((15, 10), 2, pair.shape)) == ""


def test_cancelled_it_is_over_and_paused_it_waits(slices):
    choice = SliceChoice(NAME(3), "disk:12,10,4")
    key = slices.key(choice, "DeepFuse")
    slices.hold(key, Hold.CANCELLED)
    assert slices.ask("page", choice, ["DeepFuse"])["DeepFuse"].is_over
    slices.hold(key, Hold.PAUSED)
    held = slices.ask("page", choice, ["DeepFuse"])["DeepFuse"]
    assert (held.is_over, held.rows) == (False, ())
    (line,) = slice_section.progress_lines({"DeepFuse": held}, {"DeepFuse": key})
    assert line.children[2].children == "paused, 0 of 5 slices"
    assert [each.to_plotly_json()["props"]["data-along"] for each in line.children[3].children] == [key, key]
    server = Flask("hold")
    region_routes.register(server, slices.regions)
    assert (
        server.test_client().post("/regions/hold", query_string={"along": key, "how": "resume"}).status_code == 204
    )
    assert complete(slices, choice, ["DeepFuse"])["DeepFuse"].is_complete


def test_the_table_is_exported_with_every_figure(slices):
    found = complete(slices)
    server = Flask("csv")
    region_routes.register(server, slices.regions)
    words = {"pair": NAME(3), "region": WORD, "networks": ",".join(NETWORKS), "ring": "5", "first": 1, "last": 5}
    answer = server.test_client().get("/regions/slices.csv", query_string=words)
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert len(rows) == 10
    assert rows[0]["Influence: share MRI"] == ""
    assert "no value" in rows[0]["note"]
    assert float(rows[2]["Influence: share MRI"]) == found["DeepFuse"].rows[2].report.share[0]
    assert rows[2]["slice"] == "3"
    other = server.test_client().get("/regions/slices.csv", query_string={**words, "region": "disk:3,3,1"})
    assert other.status_code == 409


def test_the_page_is_offered_it_shows_it_and_drops_it_with_another_region(slices):
    choice = {"pair": NAME(3), "networks": NETWORKS, "region": WORD, "ring": 5}
    assert slice_callbacks.offer(slices, choice, None)[:3] == (False, 1, 5)
    assert slice_callbacks.offer(slices, {**choice, "pair": "phantom-1"}, None)[0] is True
    assert slice_callbacks.offer(slices, {**choice, "region": ""}, None)[0] is True
    complete(slices)
    along = slice_callbacks.begin(1, choice, 1, 5)
    shown = slice_callbacks.follow(slices, 0, along, {**choice, "pair": NAME(4)}, False, "page", None)
    lines, is_over, now, figure, style, table = shown
    assert (lines, is_over, style) == ([], True, slice_callbacks.SHOWN)
    assert list(figure.data[0].x) == [0, 1, 2, 3, 4]
    assert figure.data[0].y[0] is None
    assert figure.layout.shapes[0].x0 == 3, "the present slice is marked"
    body = table[1].children.children[1].children
    assert [row.className for row in body] == ["", "", "", "present", ""]
    assert body[2].children[2].children == f"{complete(slices)['DeepFuse'].rows[2].report.share[0]:.1%}"
    again = slice_callbacks.follow(slices, 1, along, {**choice, "pair": NAME(4)}, False, "page", now)
    assert again[3:] == (slice_callbacks.no_update,) * 3
    dropped = slice_callbacks.follow(slices, 1, along, {**choice, "region": "disk:3,3,1"}, False, "page", now)
    assert dropped[1] is True
    assert dropped[5] is None
    told = slice_callbacks.follow(slices, 1, {**along, "first": 4, "last": 2}, choice, False, "page", None)
    assert "the first not after the last" in told[0].children
    assert region_view.hold_buttons("x", None).children
