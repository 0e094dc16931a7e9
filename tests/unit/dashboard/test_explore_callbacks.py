"""The committed path: what each callback returns, with real pairs and networks behind it."""

from dataclasses import replace
from types import SimpleNamespace

import dash_mantine_components as dmc
import numpy as np
import pytest

import fusion
import saliency
from dashboard.components import controls, ids, url_state
from dashboard.components.network_choice import options
from dashboard.imaging.encoding import to_bytes
from dashboard.pages.explore import opened_view
from dashboard.pages.explore.callbacks import commit
from dashboard.pages.explore.layout import layout
from dashboard.pages.explore.opened_view import view_message
from dashboard.server.messages import unpacked
from dashboard.service.network_pool import StillMeasuringError
from dashboard.views.opening import first_view
from saliency.examination.finding import Examination, Finding, Outcome
from tests.support.explore_committed import AT, NETWORK, PAIR, PIXEL, finish, fresh

DEFAULT = url_state.State(pair="cases/square", network="Weighted Averaging")


@pytest.fixture
def service(service):
    """One that knows how far its networks see: else a busy machine is told that they are still measured."""
    for network in ("DeepFuse", "FunFuseAn", "Weighted Averaging"):
        service.network_pool.get(network)
    return service


# ---- the page, as its address asks for it


def restored(service, query):
    """What the controls are set to in the page as it is sent, what it says of the address, and where it begins."""
    sent = {each.id: each for each in layout(service, DEFAULT, query)._traverse_ids()}
    places = {"pair": (ids.PAIR, "value"), "network": (ids.NETWORK, "value"), **controls.LOOKS}
    set_to = {field: getattr(sent[id_], name) for field, (id_, name) in places.items()}
    return {**set_to, "problem": sent[ids.ADDRESS_PROBLEM].children, "at": sent[ids.START].data}


@pytest.mark.parametrize("query", ["", "?"])
def test_an_empty_address_gives_the_defaults(service, query):
    found = restored(service, query)
    assert (found["pair"], found["network"], found["window"]) == ("cases/square", "Weighted Averaging", "31")
    assert found["problem"] is None
    assert found["at"] == {"row": None, "col": None}


def test_every_control_is_set_from_the_address(service):
    found = restored(
        service,
        "?pair=cases/wide&network=DeepFuse&row=3&col=4&window=11&gamma1=1.5&gamma2=0.2&display=signed"
        "&colormap=magma&manner=drag&color=1&zooms=0&light=1",
    )
    assert found == {
        "pair": "cases/wide",
        "network": "DeepFuse",
        "window": "11",
        "gamma1": 1.5,
        "gamma2": 0.2,
        "display": "signed",
        "colormap": "magma",
        "manner": "drag",
        "color": True,
        "zooms": False,
        "light": True,
        "problem": None,
        "at": {"row": 3, "col": 4},
    }


def test_the_networks_offered_tell_how_they_stand_to_the_pair_that_is_asked_for(service):
    sent = {each.id: each for each in layout(service, DEFAULT, "?pair=cases/wide")._traverse_ids()}
    assert sent[ids.NETWORK].data == options(service, "cases/wide")
    assert [item["value"] for group in sent[ids.PAIR].data for item in group["items"]] == ["cases/wide"]


def test_a_network_is_written_as_the_list_has_it(service):
    assert restored(service, "?network=deep-fuse")["network"] == "DeepFuse"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?pair=nowhere", "the pair 'nowhere', which is not here"),
        ("?network=MaskNet", "MaskNet is not installed"),
        ("?network=Maskn", "There is no fusion method called 'Maskn'"),
        ("?gamma1=7", "gamma1=7"),
    ],
)
def test_what_the_address_cannot_have_is_said(service, query, said):
    found = restored(service, query + "&window=21")
    assert isinstance(found["problem"], dmc.Alert)
    assert said in found["problem"].children
    assert (found["pair"], found["network"], found["gamma1"]) == ("cases/square", "Weighted Averaging", 0.3)
    assert found["window"] == "21"


# ---- the view of a pair through a network


def told(service, pair, network, side=0):
    """The view that the browser is told, and its pictures."""
    about, pictures = unpacked(view_message(service, pair, network, side))
    return about["view"], pictures


def test_opening_tells_the_browser_what_it_sees(service):
    view, pictures = told(service, PAIR, NETWORK)
    assert (view["height"], view["width"], view["pair"], view["network"]) == (48, 72, PAIR, NETWORK)
    assert view["names"] == ["MRI", "PET"]
    assert view["has_color"] is True
    fused = service.open_pair(PAIR, NETWORK).fused
    assert np.array_equal(pictures["fused"], to_bytes(fused))


@pytest.mark.parametrize(
    ("pair", "network", "said"),
    [
        ("cases/zz-broken", NETWORK, "zz-broken.png"),
        ("nowhere", NETWORK, "There is no pair called"),
        (PAIR, "MaskNet", "not installed"),
    ],
)
def test_what_cannot_be_opened_is_said_and_logged(service, caplog, pair, network, said):
    caplog.set_level("DEBUG", logger="dashboard")
    view, pictures = told(service, pair, network)
    assert (view["pair"], view["network"], pictures) == (pair, network, {})
    assert said in view["refused"]
    assert any(said in str(record.exc_info) for record in caplog.records if record.exc_info)


def test_a_view_is_told_whatever_the_browser_shows(service):
    """What the browser had when it asked may be out of date: it decides what is new to it."""
    assert told(service, PAIR, NETWORK)[0] == told(service, PAIR, NETWORK)[0]


def test_a_network_that_is_still_measured_is_waited_for(service, monkeypatch):
    def still(network):
        raise StillMeasuringError(network)

    monkeypatch.setattr(service.network_pool, "refuse_unmeasured", still)
    assert told(service, PAIR, NETWORK) == ({"pair": PAIR, "network": NETWORK, "measuring": True}, {})


def test_a_network_that_needs_full_images_says_so(service, monkeypatch):
    reason = "Each fused pixel depends on the whole image."
    monkeypatch.setattr(opened_view, "locality", lambda network: SimpleNamespace(reason=reason))
    assert told(service, PAIR, NETWORK)[0]["reason"] == reason


def test_how_the_files_were_read_stands_beside_the_pictures(service, monkeypatch):
    assert told(service, PAIR, NETWORK)[0]["remarks"] == ""
    opened = service.open_pair(PAIR, NETWORK)
    read = replace(opened.pair, remarks=("PET: 3 pixels hold no data.", "MRI: It was turned."))
    monkeypatch.setattr(service, "open_pair", lambda pair, network: replace(opened, pair=read))
    shown = told(service, PAIR, NETWORK)[0]["remarks"]
    assert shown == "PET: 3 pixels hold no data. MRI: It was turned."


def test_what_a_network_did_not_pass_stands_beside_its_pictures(service, monkeypatch):
    assert told(service, PAIR, NETWORK)[0]["examined"] == ""
    found = Examination((Finding("sizes", Outcome.LIMITED, "64."), Finding("batch", Outcome.FAILED, "No.")))
    monkeypatch.setattr(service.examinations, "look", {NETWORK: found}.get)
    assert told(service, PAIR, NETWORK)[0]["examined"] == "examination: failed (batch), limited (sizes)"


def test_the_key_of_a_view_follows_the_pictures_and_the_network(service):
    keys = {
        told(service, pair, network)[0]["key"]
        for pair in ("cases/wide", "cases/square")
        for network in ("DeepFuse", "FunFuseAn", "Weighted Averaging")
    }
    assert len(keys) == 6


# ---- commit


def test_a_commit_tells_the_pixels_figures(service, world):
    finish(service, service.open_pair(PAIR, NETWORK))
    found, said = commit(service, AT)
    pair, net = world.pairs[PAIR], world.networks[NETWORK]
    G = saliency.guidance(net, pair)
    assert {name: found[name] for name in ("pair", "network", "row", "col")} == {
        name: AT[name] for name in ("pair", "network", "row", "col")
    }
    assert found["x1"] == pytest.approx(float(pair.first[PIXEL]))
    rows, cols = slice(15, 26), slice(26, 37)
    for name, part in (("all", np.s_[:, :]), ("window", (rows, cols))):
        r = np.corrcoef(G.first[part].ravel(), G.second[part].ravel())[0, 1]
        assert found["correlation"][name]["pearson"] == pytest.approx(r, abs=1e-4)
        assert found["correlation"][name]["count"] == G.first[part].size
    assert said.startswith("Row 20, column 31: fused ")
    assert f"MRI {found['x1']:.3f}" in said
    assert f"{found['share1']:.0%} from MRI" in said


def test_before_guidance_is_finished_there_is_no_correlation(settings, tmp_path):
    found, _ = commit(fresh(settings, tmp_path), AT)
    assert found["correlation"] is None


# ---- the page


def select(app, id_):
    (found,) = [each for each in app.validation_layout._traverse() if getattr(each, "id", None) == id_]
    return found


def test_what_is_not_installed_can_be_seen_and_not_chosen(app):
    items = {item["value"]: item for item in select(app, ids.NETWORK).data}
    assert list(items) == list(fusion.names())
    for name in ("MaskNet", "DeepPedestrian"):
        assert items[name]["disabled"] is True
        assert "not installed" in items[name]["label"]
    for name in ("Weighted Averaging", "DeepFuse", "FunFuseAn"):
        assert items[name]["disabled"] is False
        assert items[name]["label"] == name


def test_a_damaged_checkpoint_disables_its_network_only(settings, tmp_path, random_checkpoints):
    for path in random_checkpoints.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = tmp_path / "deepfuse.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    service = fresh(replace(settings, checkpoints=tmp_path), tmp_path / "cache")
    assert "SHA-256" in service.network_pool.problems()["DeepFuse"]
    assert "FunFuseAn" not in service.network_pool.problems()
    assert first_view(service).network == "Weighted Averaging"
    assert "refused" not in told(service, PAIR, "FunFuseAn")[0]


def test_own_pairs_are_listed_before_the_phantoms(app):
    listed = app.server.test_client().get("/cases").json
    assert [*dict.fromkeys(entry["collection"] for entry in listed)] == [
        "cases",
        "Phantoms (generated examples)",
        "Night scenes (generated examples)",
    ]
    assert [entry["id"] for entry in listed if entry["id"].startswith("phantom")] == ["phantom-1", "phantom-2"]
    assert select(app, ids.PAIR).value == "cases/square"
    assert [group["group"] for group in select(app, ids.PAIR).data] == ["cases"]


def test_every_control_says_what_it_does(app):
    tips = [each for each in app.validation_layout._traverse() if isinstance(each, dmc.Tooltip)]
    covered = {getattr(each, "id", None) for tip in tips for each in tip._traverse()}
    choices = {
        ids.PAIR,
        ids.NETWORK,
        ids.DISPLAY,
        ids.COLORMAP,
        ids.WINDOW,
        ids.MANNER,
        ids.ROW,
        ids.COL,
        ids.COLOR,
        ids.ZOOMS,
        ids.THEME,
        ids.GAMMA1,
        ids.GAMMA2,
    }
    assert choices <= covered
    assert all(tip.label.endswith(".") for tip in tips)
    assert controls.gamma("x", "γ", "images", 0.3).label.startswith("γ for the images")


@pytest.mark.slow
def test_a_second_application_of_one_process_has_all_its_callbacks(settings, tmp_path, app):
    from dashboard.app import create_app

    app.server.test_client().get("/")  # callbacks move to their place with the first request
    second = create_app(replace(settings, cache=tmp_path))
    count = len(app.server.test_client().get("/_dash-dependencies").get_json())
    theirs = second.server.test_client().get("/_dash-dependencies").get_json()
    assert len(theirs) == count >= 8
