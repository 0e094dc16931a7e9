"""Which networks Regions asks by itself, and how their figures are paused, cancelled and exported one by one."""

import pytest

from dashboard.pages.regions.region_jobs import RegionJobs, RegionProgress
from dashboard.pages.regions.state import RegionState
from tests.unit.dashboard.test_regions import PAIR, WORD, finish


@pytest.fixture
def regions(service):
    return RegionJobs(service)


def test_made_for_the_pair_and_quick_ones_are_asked_where_nobody_chose(regions, monkeypatch):
    from dashboard.pages.regions import callbacks

    is_local = {"DeepFuse": True, "FunFuseAn": False}
    reach = {name: type("Reach", (), {"is_local": local}) for name, local in is_local.items()}
    monkeypatch.setattr(regions, "usable", lambda: ("DeepFuse", "FunFuseAn", "UAAFusion"))
    monkeypatch.setattr(regions.service, "reach", lambda name: reach.get(name))  # the third is not measured
    monkeypatch.setattr(regions, "_suits", lambda name, entry: True)
    assert regions.ticked(PAIR) == ("DeepFuse",)
    assert callbacks.restore(regions, RegionState(pair=PAIR), "")[1] == ["DeepFuse"]
    chosen = callbacks.restore(regions, RegionState(pair=PAIR), "?networks=FunFuseAn,UAAFusion")
    assert chosen[1] == ["FunFuseAn", "UAAFusion"]
    monkeypatch.setattr(regions, "_suits", lambda name, entry: name != "DeepFuse")
    assert regions.ticked(PAIR) == ("DeepFuse", "FunFuseAn", "UAAFusion"), "one cannot ask nobody"


def test_a_finished_row_can_be_exported_while_another_is_computed(regions, monkeypatch):
    from dashboard.pages.regions import callbacks

    found = finish(regions, networks=["DeepFuse"])
    waits = {"FunFuseAn": RegionProgress(3, 10, left=95.0)}
    monkeypatch.setattr(regions, "ask", lambda *_: {**found, **waits})
    choice = {"pair": PAIR, "networks": ["DeepFuse", "FunFuseAn"], "region": WORD, "ring": 5}
    bars, is_over, *_, links = callbacks.follow(regions, 0, choice, "export", None)
    assert not is_over
    assert "networks=DeepFuse&" in links[1].href
    assert bars[0].children[2].children == "3 of 10 pixels, about 2 minutes left"
    buttons = bars[0].children[3].children
    assert [each.title for each in buttons] == ["Pause FunFuseAn", "Cancel FunFuseAn"]


@pytest.mark.parametrize(
    ("how", "said", "buttons"), [("pause", "paused", ["Resume", "Cancel"]), ("cancel", "cancelled", ["Start"])]
)
def test_figures_are_held_over_http_until_they_are_let_go(regions, how, said, buttons):
    from flask import Flask

    from dashboard.pages.regions import region_view
    from dashboard.pages.regions import routes as region_routes

    server, word = Flask(f"hold-{how}"), {"pause": "disk:20,20,2", "cancel": "disk:22,20,2"}[how]
    region_routes.register(server, regions)
    client, words = server.test_client(), {"pair": PAIR, "region": word, "network": "DeepFuse"}
    assert client.post("/regions/hold", query_string={**words, "how": how}).status_code == 204
    held = regions.ask("held", PAIR, word, ["DeepFuse"])["DeepFuse"]
    assert held.result is None
    assert held.is_over == (how == "cancel")
    (bar,) = region_view.progress_bars({"DeepFuse": held})
    assert bar.children[2].children.startswith(said)
    assert [each.children for each in bar.children[3].children] == buttons
    assert client.post("/regions/hold", query_string={**words, "how": "resume"}).status_code == 204
    assert finish(regions, word, ["DeepFuse"])["DeepFuse"].result is not None
