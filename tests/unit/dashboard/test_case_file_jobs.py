"""Case files that a page asks for: made in the background, of a region or the whole, by whom and of what."""

import re
from datetime import date

import pytest
from flask import Flask

from dashboard.pages.regions.region_jobs import RegionJobs
from dashboard.report import case_file_jobs, case_file_routes, export_routes
from dashboard.report.case_file import case_file
from dashboard.report.case_file_jobs import CASE_FILE, CaseFileJobs, CaseFileProgress, MakingCaseFile
from dashboard.report.case_windows import CaseNetwork, about_part, case_windows, part_bytes
from dashboard.server import error_handler
from fusion.data.outgoing.unnamed import unnamed
from saliency import checked_on_pair, fused_image, locality
from saliency.geometry.masks import bounds
from tests.support.waiting import until

PAIR, REGION = "cases/wide", "disk:22,33,2"


@pytest.fixture
def regions(fresh_service):
    return RegionJobs(fresh_service)


@pytest.fixture
def files(fresh_service, regions):
    server = Flask("files")
    error_handler.install(server)
    export_routes.register(server, fresh_service)
    case_file_routes.register(server, CaseFileJobs(fresh_service), regions.area)
    return server.test_client()


def asked(files, **words):
    return files.get("/export/casefile.html", query_string={"pair": PAIR, "networks": "DeepFuse", **words})


def made(service, pair, names, area):
    """The same file as the command makes it."""
    networks, parts = [], []
    for name in names:
        loaded = service.network_pool.get(name)
        network = checked_on_pair(loaded.network, pair)
        one = CaseNetwork(name, loaded.weights, network, fused_image(network, pair), locality(network).radius)
        *_, found = case_windows(one, pair, area)
        networks.append(one)
        parts.append(part_bytes(one, found, about_part(one, found, pair)))
    return case_file(unnamed(pair), area, networks, parts, date.today())


def test_it_is_the_commands_file_of_the_region(files, fresh_service, regions):
    answers = []

    def is_there():
        answers.append(asked(files, networks="DeepFuse,Weighted Averaging", region=REGION))
        return answers[-1].status_code != 202

    until(is_there)
    assert answers[0].status_code == 202
    assert answers[0].get_json()["error"].startswith("The case file ")
    pair, mask = regions.region(PAIR, REGION)
    assert answers[-1].data == made(fresh_service, pair, ["DeepFuse", "Weighted Averaging"], bounds(mask))
    name = re.search('filename="(.*)"', answers[-1].headers["Content-Disposition"])[1]
    assert name.endswith("-case.html")
    assert "wide" not in name
    assert "look at the picture" in answers[-1].headers["Export-Note"]
    assert asked(files, networks="DeepFuse,Weighted Averaging", region=REGION).status_code == 200, "at once"


def test_nothing_of_it_stays_when_its_page_has_gone(files, fresh_service):
    until(lambda: asked(files, region=REGION).status_code == 200)
    jobs = fresh_service.jobs
    [key] = [key for kind, key in jobs._jobs if kind == CASE_FILE.name]
    jobs.leave(CASE_FILE, key)
    assert jobs.look(CASE_FILE, key).value is None


def test_what_sees_the_whole_image_is_refused_with_the_way_out(files, fresh_service, monkeypatch):
    monkeypatch.setattr("dashboard.service.fused_pair.FusedPair.is_whole", True)
    answer = asked(files)
    assert answer.status_code == 400
    assert "DeepFuse sees the whole image" in answer.get_json()["error"]
    assert "--reach" in answer.get_json()["error"]


def test_what_is_too_large_is_told_with_a_side_that_is_not(files, monkeypatch):
    monkeypatch.setattr("dashboard.report.case_windows.MOST_VALUES", 200_000)
    answer = asked(files)
    assert answer.status_code == 400
    side = int(re.search(r"at most about (\d+) × \1 pixels", answer.get_json()["error"])[1])
    assert 2 * 25**2 * side**2 <= 200_000 < 2 * 25**2 * (side + 1) ** 2, "DeepFuse sees 12 pixels far"


def test_a_failure_is_told_once_and_tried_again(files, monkeypatch):
    failed = []

    def failing(*_words):
        failed.append(1)
        raise RuntimeError("no such kernel")

    with monkeypatch.context() as patched:
        patched.setattr(case_file_jobs, "case_windows", failing)
        answer = until(lambda: (found := asked(files, region=REGION)).status_code != 202 and found)
        assert answer.status_code == 400
        assert "no such kernel" in answer.get_json()["error"]
    assert failed == [1]
    assert until(lambda: (found := asked(files, region=REGION)).status_code != 202 and found).status_code == 200


def test_it_says_how_far_it_is():
    assert "waits for what is computed before it" in str(MakingCaseFile(None, None))
    told = str(MakingCaseFile(CaseFileProgress(30, 120), 130.0))
    assert told == "The case file is being made: 25 % are done. It takes about 2 minutes more."
