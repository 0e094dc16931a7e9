"""Regions without a browser: words, the worker, figures, tables and routes, with real networks behind them."""

import base64
import re
import time
from dataclasses import fields, replace

import numpy as np
import pytest
from dash.exceptions import PreventUpdate

import saliency
from dashboard.imaging import colormaps
from dashboard.pages.regions import callbacks, region_images, region_jobs, region_table
from dashboard.pages.regions import region_view as parts
from dashboard.pages.regions.region_jobs import RegionJobs, finished_results
from dashboard.pages.regions.region_result import surroundings
from dashboard.pages.regions.region_view import column_definitions
from dashboard.report.provenance import NOTICE
from fusion import InputError
from saliency.geometry.masks import disk
from saliency.geometry.window import Window
from saliency.measures.region_figures import region_figures
from tests.support.picture_files import mask_png
from tests.support.waiting import until

PAIR, WORD = "cases/wide", "disk:20,30,4"
NETWORKS = ["Weighted Averaging", "DeepFuse", "FunFuseAn"]


@pytest.fixture(scope="module")
def regions(service):
    return RegionJobs(service)


def finish(regions, word=WORD, networks=NETWORKS, page="test", pair=PAIR):
    """Progress of every network once nothing more will come."""
    deadline = time.monotonic() + 120
    while True:
        progress = regions.ask(page, pair, word, networks)
        if all(each.is_over for each in progress.values()):
            return progress
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ---- what takes long


def test_what_takes_long_is_told_and_computed_when_it_is_asked_for(service, monkeypatch):
    monkeypatch.setattr(region_jobs, "TRIED", 0.0)
    monkeypatch.setattr(region_jobs, "LONGEST", 0.0)
    regions, word = RegionJobs(service), "disk:20,30,3"
    told = finish(regions, word, ["DeepFuse"])["DeepFuse"]
    assert re.fullmatch(
        r"The figures of \d+ pixels take less than a minute\. They are computed if you ask for it\.", told.failure
    )
    assert told.is_long
    row = parts.progress_bars({"DeepFuse": told})[0]
    assert row.children[-1].id == {"type": parts.ANYWAY, "network": "DeepFuse"}
    found = until(lambda: regions.ask("test", PAIR, word, ["DeepFuse"], ["DeepFuse"])["DeepFuse"].result)
    assert found.report.pixels > 20


def test_other_failures_offer_no_button_and_are_not_begun_again(service, monkeypatch):
    calls = []

    def fails(*_):
        calls.append(1)
        raise InputError("It needs more memory.")

    monkeypatch.setattr(region_jobs, "region_rows_stream", fails)
    regions, word = RegionJobs(service), "disk:20,30,2"
    told = finish(regions, word, ["DeepFuse"])["DeepFuse"]
    assert (told.failure, told.is_long) == ("It needs more memory.", False)
    assert len(parts.progress_bars({"DeepFuse": told})[0].children) == 2
    regions.ask("test", PAIR, word, ["DeepFuse"], ["DeepFuse"])
    assert calls == [1]


def test_a_button_that_came_or_went_asks_for_nothing():
    for clicks in ([], [None], [None, 0]):
        with pytest.raises(PreventUpdate):
            callbacks.compute_anyway(clicks, {"pair": PAIR})


# ---- figures


@pytest.mark.slow
def test_figures_are_those_of_saliency(regions, world):
    found = {each.network: each for each in finished_results(finish(regions))}
    pair = world.pairs[PAIR]
    mask = disk((20, 30), 4, pair.shape)
    for name, network in world.networks.items():
        rows = saliency.region_rows(network, pair, mask)
        report = saliency.region_report(rows, pair, saliency.fused_image(network, pair))
        for field in fields(report):
            mine, exact = getattr(found[name].report, field.name), getattr(report, field.name)
            assert repr(mine) == repr(exact) or mine == pytest.approx(exact, rel=1e-6), field.name
        area = found[name].area
        outside = np.where(mask, 0, rows.sources)[:, *area.slices]
        np.testing.assert_allclose(found[name].leakage, outside, rtol=1e-5, atol=1e-12)
        share = saliency.share_map(*rows.totals).share[area.slices]
        np.testing.assert_allclose(found[name].share, share, rtol=1e-5)


def test_another_ring_changes_the_contrasts_alone(regions, world):
    found = finished_results(finish(regions, networks=["DeepFuse"]))
    report = regions.reports(PAIR, WORD, found, 9)["DeepFuse"]
    pair, network = world.pairs[PAIR], world.networks["DeepFuse"]
    rows = saliency.region_rows(network, pair, disk((20, 30), 4, pair.shape))
    exact = saliency.region_report(rows, pair, saliency.fused_image(network, pair), 9)
    for mine, right in zip(report.contrasts, exact.contrasts, strict=True):
        assert vars(mine) == pytest.approx(vars(right))
    assert replace(report, contrasts=(), ring_width=5) == replace(found[0].report, contrasts=(), ring_width=5)
    with pytest.raises(InputError, match="50 pixels wide"):
        regions.reports(PAIR, WORD, found, 51)


def test_surroundings_stay_in_the_image():
    assert surroundings(disk((0, 0), 2, (48, 72))) == Window(0, 23, 0, 23)


def test_a_table_has_every_figure_once(regions):
    reports = regions.reports(PAIR, WORD, finished_results(finish(regions)), 5)
    names = ("MRI", "PET")
    network, card, *groups = column_definitions(names)
    assert [each["field"] for each in (*network["children"], *card["children"])] == ["network", "standing"]
    shown = {each["field"] for group in groups for each in group["children"]}
    assert len(shown) == len(region_figures(names)) == 18
    assert shown | {"network"} == set(region_table.rows(reports, names)[0])
    flat = region_table.table("t", reports, names, {"MaskNet": "failed."})
    turned = region_table.turned(flat)
    assert turned.heads == ("network", *NETWORKS)
    assert [row[0] for row in turned.rows] == list(flat.heads[1:])
    assert turned.rows[1][2] == flat.rows[1][2] == reports["DeepFuse"].share[0]
    assert flat.notes == ("MaskNet: failed.",)


def test_the_papers_findings_are_checked_on_its_methods(regions):
    reports = regions.reports(PAIR, WORD, finished_results(finish(regions)), 5)
    found = region_table.findings(reports)
    assert [(name, section) for name, section, _ in found] == [
        ("Weighted Averaging", "6.3.1"),
        ("Weighted Averaging", "6.4"),
    ]
    assert found[0][2].holds is True
    swapped = region_table.findings({"Weighted Averaging": reports["DeepFuse"]})
    assert swapped[0][2].holds is False


# ---- pictures


def test_an_outline_runs_between_inside_and_outside():
    rng = np.random.default_rng(1)
    mask = rng.random((7, 9)) < 0.5
    path = region_images.outline_path(mask)
    pieces = re.findall(r"M(\d+) (\d+)([hv])(\d+)", path)
    assert "".join(f"M{a} {b}{c}{d}" for a, b, c, d in pieces) == path
    edges = set()
    for x, y, way, length in pieces:
        for step in range(int(length)):
            edges.add((int(y), int(x) + step, "h") if way == "h" else (int(y) + step, int(x), "v"))
    padded = np.pad(mask, 1)
    right = {(r, c, "h") for r, c in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])}
    right |= {(r, c, "v") for r, c in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])}
    assert edges == right


def test_noise_is_outlined_coarser():
    mask = np.random.default_rng(1).random((600, 600)) < 0.5
    assert region_images.outline_path(mask).count("M") <= region_images.MOST_RUNS


def test_share_colors_are_blue_for_the_first_and_red_for_the_second():
    first, second = colormaps.share_colors(np.array([[1, 0]], dtype=np.float32))[0].astype(int)
    assert first[2] > first[0] + 50
    assert second[0] > second[2] + 50


# ---- callbacks and routes


def test_a_bad_word_leaves_what_is_drawn(regions):
    view = {"pair": PAIR, "height": 48, "width": 72}
    choice, problem, note, outlined, _ = callbacks.choose(regions, view, NETWORKS, WORD, 5, None)
    assert (choice["region"], problem) == (WORD, None)
    assert note.startswith("49 pixels, ring ")
    assert base64.b64decode(outlined.partition(",")[2]).startswith(b"<svg")
    stays = callbacks.choose(regions, view, NETWORKS, "disk:900,900,2", 5, choice)
    assert "no pixel" in stays[1].children
    assert {type(each).__name__ for each in (stays[0], *stays[2:])} == {"NoUpdate"}
    other = callbacks.choose(regions, view, NETWORKS, "disk:900,900,2", 5, {**choice, "pair": "cases/square"})
    assert other[0]["region"] == ""


def test_an_uploaded_mask_is_said_not_to_stand_in_the_address(regions):
    word = regions.uploads.take(mask_png(disk((20, 30), 4, (48, 72))), "lesion.png", (48, 72))
    view = {"pair": PAIR, "height": 48, "width": 72}
    assert "cannot stand in the address" in callbacks.choose(regions, view, NETWORKS, word, 5, None)[2]


def test_following_sends_results_when_one_is_added_and_then_nothing(regions):
    choice = {"pair": PAIR, "networks": NETWORKS, "region": WORD, "ring": 5}
    finish(regions, page="follow")
    first = callbacks.follow(regions, 0, choice, "follow", None)
    assert first[0] == []
    assert first[1] is True
    assert [row["network"] for row in first[4]] == NETWORKS
    assert first[8] is not None
    again = callbacks.follow(regions, 1, choice, "follow", first[2])
    assert {type(each).__name__ for each in again[3:8]} == {"NoUpdate"}
    none = callbacks.follow(regions, 2, {**choice, "region": ""}, "follow", first[2])
    assert none[0] == []
    assert none[4] == []


def test_a_network_that_is_not_installed_leaves_the_others(regions):
    progress = finish(regions, networks=["MaskNet", "DeepFuse"], page="missing")
    assert "not installed" in progress["MaskNet"].failure
    assert progress["DeepFuse"].result is not None


def test_a_mask_goes_up_and_a_table_comes_down(app, client):
    mask = disk((31, 51), 3, (48, 72))  # that no other test asks for
    answer = client.post(f"/regions/mask?pair={PAIR}&name=lesion.png", data=mask_png(mask))
    word = answer.get_json()["region"]
    bad = client.post(f"/regions/mask?pair={PAIR}&name=lesion.png", data=b"nothing")
    assert bad.status_code == 400
    assert "lesion.png" in bad.get_json()["error"]
    words = {"pair": PAIR, "region": word, "networks": "DeepFuse,Weighted Averaging", "ring": "5"}
    open_yet = client.get("/regions/table.csv", query_string=words)
    assert open_yet.status_code == 409
    assert "DeepFuse" in open_yet.get_json()["error"]
    nothing = client.get("/regions/table.csv", query_string={**words, "region": ""})
    assert nothing.status_code == 400
    other = client.get("/regions/table.xls", query_string=words)
    assert "csv" in other.get_json()["error"]


@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_a_table_is_printed(regions, kind, start):
    from flask import Flask

    from dashboard.pages.regions import routes as region_routes

    server = Flask(f"table-{kind}")
    region_routes.register(server, regions)
    finish(regions)
    client = server.test_client()
    words = {"pair": PAIR, "region": WORD, "networks": ",".join(NETWORKS), "ring": "5"}
    response = client.get(f"/regions/table.{kind}", query_string=words)
    assert response.get_data().startswith(start)
    lines = client.get("/regions/table.csv", query_string=words).get_data(as_text=True).splitlines()
    assert NOTICE in lines[0]
    assert f'"region": "{WORD}"' in lines[1]
    assert [line.partition(",")[0] for line in lines[3:]] == NETWORKS
