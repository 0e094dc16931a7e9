"""No request waits until it is measured how far a network sees, which takes up to a minute."""

from dataclasses import replace

import pytest

from dashboard.app import JOBS, create_app
from dashboard.service.network_pool import StillMeasuringError

PAIR, NETWORK = "cases/wide", "DeepFuse"
WORDS = {"pair": PAIR, "network": NETWORK, "networks": NETWORK, "row": 20, "col": 30}
SENTENCE = "How far it sees is being measured."


@pytest.fixture(scope="module")
def measuring(settings, tmp_path_factory):
    """A client of a server whose networks are all still measured: who asks for one all the same fails."""
    app = create_app(replace(settings, cache=tmp_path_factory.mktemp("cache")))
    service = app.server.view_functions["explore_images"].args[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.network_pool, "refuse_unmeasured", refuse)
        patch.setattr(service.network_pool, "get", waited)
        yield app.server.test_client()
    app.server.extensions[JOBS].close()


def refuse(*_):
    raise StillMeasuringError(SENTENCE)


def waited(name):
    raise AssertionError(f"a request waited for {name}")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/explore/images", 400),
        ("/explore/jacobian", 400),
        ("/explore/guidance", 400),
        ("/compare/column", 400),
        ("/compare/difference", 400),
        ("/export/explore.png", 202),
        ("/export/compare.png", 202),
        ("/export/metrics.csv", 202),
    ],
)
def test_a_request_is_told_that_it_is_measured(measuring, path, status):
    answer = measuring.get(path, query_string={**WORDS, "one": NETWORK, "other": "FunFuseAn"})
    assert answer.status_code == status
    assert answer.json["error"] == SENTENCE


def test_columns_say_it_each_for_itself(measuring):
    answer = measuring.get("/compare/jacobian", query_string=WORDS)
    assert answer.status_code == 200
    assert SENTENCE.encode() in answer.data
    figures = measuring.get("/compare/figures", query_string={**WORDS, "window": 31})
    assert figures.json["columns"] == [{"network": NETWORK, "correlation": None, "metrics": None}]
    assert figures.json["waits"], "asking again brings them"
