"""Files that a page sends: from our own page only, within bounds, listed to who dropped them."""

import json
import logging
from dataclasses import replace

import pytest
from flask import Flask

from dashboard.app import create_app
from dashboard.components import case_strip
from dashboard.server import error_handler, security
from dashboard.service.dropped_files import PIECE
from dashboard.service.drops import DropLimits, Drops
from dashboard.settings import Settings
from dashboard.views import drop_routes
from tests.support.dropped import picture

HOME = {"Origin": "http://localhost"}
PAIR = {"study/Doe_John_mri.png": picture(1), "study/Doe_John_pet.png": picture(2)}


@pytest.fixture
def client(tmp_path):
    server = Flask("drops")
    error_handler.install(server)
    server.before_request(lambda: security._check(Settings()))
    drops = Drops(DropLimits(spare=0), inside=tmp_path)
    drop_routes.register(server, drops)
    yield server.test_client()
    drops.close()


def announced(client, files):
    told = {"number": 1, "files": [{"path": name, "size": len(content)} for name, content in files.items()]}
    return client.post("/drops", json=told, headers=HOME)


def posted(client, where, drop, data=b"", **words):
    return client.post(f"/drops/{where}", query_string={"drop": drop, **words}, data=data, headers=HOME)


def dropped(client, files=PAIR):
    drop = announced(client, files).json["drop"]
    posted(client, "piece", drop, b"".join(files.values()), at=0)
    return drop, posted(client, "pairs", drop)


def test_a_pair_is_dropped_and_removed(client, tmp_path):
    drop, answer = dropped(client)
    assert answer.json == {"count": 1, "remarks": []}
    assert posted(client, "remove", drop).status_code == 204
    assert not list(tmp_path.rglob("*.png"))
    assert posted(client, "pairs", drop).status_code == 404


@pytest.mark.parametrize("where", ["", "/piece?at=0", "/pairs", "/remove"])
@pytest.mark.parametrize("headers", [{}, {"Origin": "http://elsewhere.example"}, {"Origin": "null"}])
def test_only_our_own_page_may_send(client, where, headers):
    assert client.post(f"/drops{where}", headers=headers, data=b"{}").status_code == 403
    assert client.get(f"/drops{where}", headers=HOME).status_code == 405


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"number": 1},
        {"number": 0, "files": []},
        {"number": True, "files": []},
        {"number": 1, "files": {"a": 1}},
        {"number": 1, "files": [{"path": "a.png"}]},
        {"number": 1, "files": [{"path": 7, "size": 1}]},
        {"number": 1, "files": [{"path": "a.png", "size": -1}]},
        {"number": 1, "files": [{"path": "a.png", "size": 1.5}]},
        {"number": 1, "files": [{"path": "a.png", "size": True}]},
        {"number": 1, "files": [{"path": "a" * 3000, "size": 1}]},
    ],
)
def test_what_is_no_list_of_files_is_refused(client, told):
    answer = client.post("/drops", data=json.dumps(told), headers=HOME, content_type="application/json")
    assert answer.status_code == 400
    assert "reload the page" in answer.json["error"]


def test_more_than_the_limits_is_refused_whoever_sends_it(client, tmp_path):
    assert client.post("/drops", json={"files": "x" * 5 * 2**20}, headers=HOME).status_code == 413
    large = {"number": 1, "files": [{"path": "a.png", "size": 2**31}]}
    answer = client.post("/drops", json=large, headers=HOME)
    assert "more than 1,024; drop fewer" in answer.json["error"]
    drop = announced(client, {"a.png": b"abc"}).json["drop"]
    assert posted(client, "piece", drop, b"x" * (PIECE + 1), at=0).status_code == 413
    for data, at in ((b"abcd", 0), (b"a", 1), (b"a", -1), (b"a", "x")):
        assert posted(client, "piece", drop, data, at=at).status_code == 400
    assert not [path for path in tmp_path.rglob("a.png") if path.stat().st_size]
    assert posted(client, "pairs", drop).status_code == 400


def test_no_name_of_a_dropped_file_is_logged(client, caplog):
    caplog.set_level(logging.INFO)
    dropped(client)
    dropped(client, {"Doe_John.txt": b"no picture"})
    assert "2 files were dropped; they make 1 pairs." in caplog.text
    assert "Doe" not in caplog.text


def test_it_can_be_switched_off_and_is_off_where_others_reach_the_page(settings, client):
    assert Settings().takes_uploads
    assert not Settings(host="0.0.0.0").takes_uploads
    assert Settings(host="0.0.0.0", uploads=True).takes_uploads
    assert not Settings(uploads=False).takes_uploads
    assert "data-size" not in case_strip.strip(["pair"]).to_plotly_json()["props"]
    assert case_strip.strip(["pair"], DropLimits()).to_plotly_json()["props"]["data-files"] == 4000


def test_without_uploads_nothing_takes_a_file(settings, tmp_path):
    app = create_app(replace(settings, uploads=False, cache=tmp_path))
    assert app.server.test_client().post("/drops", json={}, headers=HOME).status_code in (404, 405)
    app.server.extensions["fusevis-jobs"].close()


def test_a_drop_is_listed_for_who_knows_it_and_opened_by_its_link(app):
    client = app.server.test_client()
    public = client.get("/cases").json
    drop, answer = dropped(client)
    assert answer.json["count"] == 1
    assert client.get("/cases").json == public
    listed = client.get("/cases", query_string={"drops": f"nought,{drop}"}).json
    assert [each["path"] for each in listed[:1]] == ["Dropped 1 · study / Doe_John"]
    assert listed[1:] == public
    marks = client.get("/cases/marks", query_string={"drops": drop, "networks": "DeepFuse"}).json
    assert len(marks) == len(listed)
    pair = listed[0]["id"]
    assert client.get("/cases/thumbnail", query_string={"pair": pair}).mimetype == "image/png"
    near = client.get("/cases/standing", query_string={"pair": f"{pair[:-6]}/1"}).json["error"]
    assert drop not in near.replace(pair[:-6], "")
    posted(client, "remove", drop)
    assert "not here any more" in client.get("/cases/change", query_string={"pair": pair}).json["error"]
