"""What somebody brought and did: theirs alone, 404 for others, and in the audit without a name of a file."""

import hashlib
import json
import logging

import pytest

from dashboard.access.audit_log import verify
from tests.support.dropped import picture
from tests.support.signed_on import ORIGIN, client_of, signed_on, users_of

PAIR = {"study/Doe_John_mri.png": picture(1), "study/Doe_John_pet.png": picture(2)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own-drops")


@pytest.fixture(scope="module")
def app(settings, folder):
    with signed_on(settings, folder, uploads=True) as found:
        yield found


@pytest.fixture(scope="module")
def anna(app, folder):
    return client_of(app, users_of(folder), "anna")


@pytest.fixture(scope="module")
def drop(anna):
    files = [{"path": name, "size": len(content)} for name, content in PAIR.items()]
    secret = anna.post("/drops", json={"number": 1, "files": files}, headers=ORIGIN).json["drop"]
    posted(anna, "piece", secret, b"".join(PAIR.values()), at=0)
    assert posted(anna, "pairs", secret).json["count"] == 1
    return secret


def posted(client, where, drop, data=b"", **words):
    return client.post(f"/drops/{where}", query_string={"drop": drop, **words}, data=data, headers=ORIGIN)


def audit(folder):
    path = folder / "access" / "audit.jsonl"
    assert verify(path).count
    return [json.loads(line) for line in path.read_text().splitlines()]


def pair_routes(app):
    """Every route that is asked for a pair by its id, in the address."""
    words = {"network": "Weighted Averaging", "networks": "Weighted Averaging", "row": 1, "col": 1, "have": 0}
    more = {"region": "rect:1,1,3,3", "first": 0, "last": 0, "side": 64, "window": 11}
    for path in (
        *(f"/explore/{each}" for each in ("images", "window", "jacobian", "guidance", "values", "series")),
        *("/cases/change", "/cases/thumbnail", "/regions/pixels"),
        "/compare/column",
    ):
        yield path, words | more


def test_a_pair_that_somebody_brought_is_theirs_alone(app, anna, folder, drop):
    pair = f"drop-{drop}/1"
    assert anna.get("/cases/change", query_string={"pair": pair}).status_code == 200
    for name in ("adam", "vera", "mona", "all.in"):
        other = client_of(app, users_of(folder), name)
        for path, words in pair_routes(app):
            assert other.get(path, query_string=words | {"pair": pair}).status_code == 404, (name, path)
        export = other.get("/export/panel.png", query_string=words | {"pair": pair, "panel": "a"})
        assert export.status_code == 404
        assert other.get("/cases/origin", query_string={"pair": pair}).json["sentences"] == []
        assert pair not in other.get("/cases", query_string={"drops": drop}).get_data(as_text=True)
    assert "not here, or somebody else's" in audit(folder)[-1]["action"]


def test_another_can_neither_add_to_it_nor_remove_it(app, anna, folder, drop):
    adam = client_of(app, users_of(folder), "adam")
    assert posted(adam, "pairs", drop).status_code == 404
    assert posted(adam, "piece", drop, b"x", at=0).status_code == 404
    assert posted(adam, "remove", drop).status_code == 204  # as for one that never was
    assert anna.get("/cases/change", query_string={"pair": f"drop-{drop}/1"}).status_code == 200


def test_the_audit_has_what_was_brought_and_exported_by_hash_alone(anna, folder, drop):
    whole = hashlib.sha256(b"".join(PAIR.values())).hexdigest()
    assert ("anna", "bring pictures", "done", whole) in [
        (each["user"], each["action"], each["outcome"], each.get("content")) for each in audit(folder)
    ]
    words = {"pair": "cases/square", "network": "Weighted Averaging", "row": 5, "col": 6, "panel": "a"}
    answer = anna.get("/export/panel.png", query_string=words)
    assert answer.status_code == 200
    last = audit(folder)[-1]
    assert (last["action"], last["content"]) == ("export", hashlib.sha256(answer.get_data()).hexdigest())
    text = (folder / "access" / "audit.jsonl").read_text()
    assert not any(each in text for each in ("Doe", "John", "study", "square", drop))


def test_who_lacks_the_role_starts_no_long_job_and_is_in_the_audit(app, folder):
    vera = client_of(app, users_of(folder), "vera")
    words = {"pair": "cases/square", "network": "Weighted Averaging", "how": "start"}
    answer = vera.post("/explore/series/tell", query_string=words, headers=ORIGIN)
    assert (answer.status_code, "role analyst" in answer.json["error"]) == (403, True)
    last = audit(folder)[-1]
    assert (last["user"], last["outcome"], last["needs"]) == ("vera", "refused", "analyst")
    count = len(audit(folder))
    vera.post("/explore/series/tell", query_string=words, headers=ORIGIN)
    assert len(audit(folder)) == count  # a moment later it is not written again


def asked_examination(client, clicks):
    output = "..net-examination.children...net-examine.hidden...net-examination-state.data.."
    ids = [each.rsplit(".", 1) for each in output[2:-2].split("...")]
    parts = {"net-network.value": "DeepFuse", "net-examination-tick.data": None, "net-examine.n_clicks": clicks}
    named = [(*each.rsplit(".", 1), value) for each, value in parts.items()]
    body = {
        "output": output,
        "outputs": [{"id": id_, "property": name} for id_, name in ids],
        "inputs": [{"id": id_, "property": name, "value": value} for id_, name, value in named],
        "state": [{"id": "net-examination-state", "property": "data", "value": None}],
        "changedPropIds": [],
    }
    return client.post("/_dash-update-component", json=body, headers=ORIGIN)


def test_an_examination_is_looked_at_by_all_and_asked_for_by_who_looks_after_networks(app, folder):
    for name in ("vera", "anna"):
        mine = client_of(app, users_of(folder), name)
        assert asked_examination(mine, None).status_code == 200
        refused = asked_examination(mine, 1)
        assert (refused.status_code, "role model-admin" in refused.json["error"]) == (403, True)


def test_the_log_names_no_file_that_was_brought(anna, drop, caplog):
    with caplog.at_level(logging.INFO):
        anna.get("/cases/change", query_string={"pair": f"drop-{drop}/1"})
    assert "Doe" not in caplog.text
