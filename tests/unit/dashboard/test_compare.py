"""Compare's answers over HTTP: all columns in one, exact differences, figures, and the words of its address."""

import logging
import time
from dataclasses import replace

import numpy as np
import pytest

import fusion
import saliency
from dashboard.pages.compare.state import CompareState, read_compare
from dashboard.server import log
from dashboard.server.messages import unpacked
from dashboard.service.saliency_service import SaliencyService
from fusion.metrics import measure
from tests.support.waiting import until

PAIR = "cases/wide"
NETWORKS = ("Weighted Averaging", "DeepFuse", "FunFuseAn")


def asked(client, what, **words):
    response = client.get(f"/compare/{what}", query_string={"pair": PAIR, **words})
    assert response.status_code == 200, response.get_data(as_text=True)
    return response


def message(client, what, **words):
    return unpacked(asked(client, what, **words).get_data())


def figures(client, **words):
    """The figures of a pixel, asked for until nothing is missing."""

    def answered():
        found = asked(client, "figures", row=20, col=30, window=11, **words).get_json()
        return None if found["waits"] else found

    return until(answered)


def finish(client, *networks):
    for network in networks:
        done, total = 0, 1
        while done < total:
            words = {"pair": PAIR, "network": network, "have": 0}
            about, _ = unpacked(client.get("/explore/guidance", query_string=words).get_data())
            assert not about["failure"]
            done, total = about["done"], about["total"] or 1
            time.sleep(0.02)  # as a browser does; without a pause the computing gets little of the interpreter


@pytest.mark.slow
@pytest.mark.parametrize("pixel", [(20, 31), (0, 0), (47, 71)])
def test_one_answer_holds_every_networks_jacobian(client, world, pixel):
    about, arrays = message(client, "jacobian", networks=",".join(NETWORKS), row=pixel[0], col=pixel[1])
    assert (about["row"], about["col"]) == pixel
    assert [part["network"] for part in about["columns"]] == list(NETWORKS)
    for place, (network, part) in enumerate(zip(NETWORKS, about["columns"], strict=True)):
        J = saliency.jacobian(world.networks[network], world.pairs[PAIR], pixel)
        found = saliency.influence(J)
        for given, exact in ((arrays[f"first{place}"], J.first), (arrays[f"second{place}"], J.second)):
            assert np.abs(given - exact).max() <= 1e-5 * np.abs(exact).max()  # threads change float32 sums
        assert (part["top"], part["left"]) == (J.window[0].start, J.window[1].start)
        assert (part["share1"], part["radius2"]) == pytest.approx((found.share_first, found.radius_second))
    assert about["milliseconds"] == pytest.approx(sum(part["milliseconds"] for part in about["columns"]))


def test_pixels_ahead_follow_in_messages_of_their_own(client, world):
    words = {"networks": "DeepFuse,FunFuseAn", "row": 20, "col": 31, "ahead": "21,32"}
    body = asked(client, "jacobian", **words).get_data()
    about, _ = unpacked(body)
    alone = asked(client, "jacobian", networks="DeepFuse,FunFuseAn", row=21, col=32).get_data()
    assert (about["row"], about["col"]) == (20, 31)
    _, wanted = unpacked(alone)
    start = body.index(b'{"row": 21'.replace(b" ", b"")) - 4
    other, found = unpacked(body[start:])
    assert (other["row"], other["col"]) == (21, 32)
    for name, values in wanted.items():
        assert np.abs(found[name] - values).max() <= 1e-5 * np.abs(values).max()


def test_a_network_that_cannot_be_used_leaves_the_others(client):
    about, arrays = message(client, "jacobian", networks="MaskNet,DeepFuse,Nought", row=5, col=6)
    missing, alive, unknown = about["columns"]
    assert "MaskNet is not installed" in missing["problem"]
    assert "Nought" in unknown["problem"]
    assert "problem" not in alive
    assert set(arrays) == {"first1", "second1"}


def test_a_network_that_raises_leaves_the_others(app, client, monkeypatch):
    from dashboard.pages.compare import columns

    def answers(service, fused_pair, pixels):
        if fused_pair.loaded.name == "FunFuseAn":
            raise RuntimeError("no luck today")
        return whole(service, fused_pair, pixels)

    whole = columns.SaliencyService.answers
    monkeypatch.setattr(columns.SaliencyService, "answers", answers)
    about, arrays = message(client, "jacobian", networks="FunFuseAn,DeepFuse", row=5, col=6)
    assert about["columns"][0] == {"network": "FunFuseAn", "problem": "FunFuseAn failed: no luck today"}
    assert set(arrays) == {"first1", "second1"}


@pytest.mark.parametrize(
    ("what", "words", "told"),
    [
        ("jacobian", {"networks": "DeepFuse", "row": 48, "col": 0}, "48"),
        ("jacobian", {"networks": "DeepFuse", "row": "x", "col": 0}, "row has to be a whole number"),
        ("jacobian", {"networks": "", "row": 0, "col": 0}, "Name 1 to 7 networks"),
        ("jacobian", {"networks": ",".join(["DeepFuse"] * 8), "row": 0, "col": 0}, "Name 1 to 7 networks"),
        ("jacobian", {"networks": "DeepFuse", "row": 0, "col": 0, "pair": "none"}, "no pair called"),
        ("column", {"network": "MaskNet"}, "MaskNet is not installed"),
        ("difference", {"one": "DeepFuse", "other": "Nought"}, "Nought"),
        ("difference", {"one": "DeepFuse", "other": "FunFuseAn", "row": 99, "col": 0, "side": 9}, "99"),
    ],
)
def test_what_holds_for_all_columns_is_refused_in_a_sentence(client, what, words, told):
    response = client.get(f"/compare/{what}", query_string={"pair": PAIR, **words})
    assert response.status_code == 400
    assert told in response.get_json()["error"]


@pytest.mark.slow
def test_a_difference_is_signed_and_exact(client, world):
    finish(client, "DeepFuse", "FunFuseAn")
    about, arrays = message(client, "difference", one="DeepFuse", other="FunFuseAn")
    back, turned = message(client, "difference", one="FunFuseAn", other="DeepFuse")
    pair = world.pairs[PAIR]
    fused = [fusion.fuse(world.networks[name], pair) for name in ("DeepFuse", "FunFuseAn")]
    G = [saliency.guidance(world.networks[name], pair) for name in ("DeepFuse", "FunFuseAn")]
    expected = {
        "fused": fused[0] - fused[1],
        "guidance1": G[0].first - G[1].first,
        "guidance2": G[0].second - G[1].second,
    }
    for name, values in expected.items():
        size = np.abs(values).max()
        assert values.min() < 0 < values.max()  # else nothing could show a lost sign
        assert np.abs(arrays[name] - values).max() <= 1e-5 * size
        assert np.array_equal(turned[name], -arrays[name])
        assert about["means"][name] == pytest.approx(np.abs(values).mean(), rel=1e-4)
    assert about["limits"]["fused"] == pytest.approx(np.abs(expected["fused"]).max(), rel=1e-5)
    both = max(np.abs(expected["guidance1"]).max(), np.abs(expected["guidance2"]).max())
    assert about["limits"]["guidance"] == back["limits"]["guidance"] == pytest.approx(both, rel=1e-4)


def test_a_window_of_a_difference_is_cut_from_the_whole(client):
    finish(client, "DeepFuse", "FunFuseAn")
    words = {"one": "DeepFuse", "other": "FunFuseAn"}
    _, whole = message(client, "difference", **words)
    about, part = message(client, "difference", row=1, col=70, side=9, **words)
    assert (about["top"], about["left"]) == (0, 66)
    for name, values in part.items():
        assert np.array_equal(values, whole[name][0:6, 66:72]), name


@pytest.mark.slow
def test_figures_are_those_of_the_interface(client, world):
    finish(client, *NETWORKS)
    found = figures(client, networks=",".join(NETWORKS))
    pair, names = world.pairs[PAIR], [metric["name"] for metric in found["metrics"]]
    for network, column in zip(NETWORKS, found["columns"], strict=True):
        net = world.networks[network]
        wanted = measure(pair.first, pair.second, fusion.fuse(net, pair), names)
        assert [cell["number"] for cell in column["metrics"]] == [each.number for each in wanted.values()]
        G = saliency.guidance(net, pair)
        over_all = saliency.correlation(G.first, G.second)
        near = saliency.correlation(G.first[15:26, 25:36], G.second[15:26, 25:36])
        for told, expected in ((column["correlation"]["all"], over_all), (column["correlation"]["window"], near)):
            assert told["pearson"] == (expected.pearson and pytest.approx(expected.pearson, abs=1e-4))
            assert told["count"] == expected.count


def test_trivial_rules_stand_beside_and_an_undefined_figure_says_why(client):
    found = figures(client, networks="DeepFuse")
    methods = [row["method"] for row in found["rules"]]
    assert methods[2:] == ["mean", "maximum", "Weighted Averaging"]
    assert [method.partition(" of ")[0] for method in methods[:2]] == ["copy", "copy"]
    place = [metric["name"] for metric in found["metrics"]].index("SCD")
    copy = found["rules"][0]["values"][place]
    assert copy["number"] is None
    assert "copy" in copy["why"]


def test_a_column_that_failed_has_no_figures_but_the_others_have(client):
    missing, alive = figures(client, networks="MaskNet,DeepFuse")["columns"]
    assert missing == {"network": "MaskNet", "correlation": None, "metrics": None}
    assert alive["metrics"]


def test_an_unexpected_error_is_logged_and_told_in_its_column_and_leaves_the_others(client, monkeypatch, caplog):
    def open_pair(service, pair_id, network):
        if network == "FunFuseAn":
            raise RuntimeError("no such layer")
        return whole(service, pair_id, network)

    whole = SaliencyService.open_pair
    monkeypatch.setattr(SaliencyService, "open_pair", open_pair)
    networks = "FunFuseAn,DeepFuse"
    with caplog.at_level(logging.INFO, "dashboard"):
        failed, alive = figures(client, networks=networks)["columns"]
        about, _ = message(client, "jacobian", networks=networks, row=5, col=6)
        refused = client.get("/compare/column", query_string={"pair": PAIR, "network": "FunFuseAn"})
    assert (refused.status_code, refused.get_json()) == (400, {"error": "no such layer"})
    assert about["columns"][0] == {"network": "FunFuseAn", "problem": "FunFuseAn failed: no such layer"}
    assert failed == {"network": "FunFuseAn", "correlation": None, "metrics": None}
    assert any(cell["number"] is not None for cell in alive["metrics"])
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert {record.getMessage() for record in errors} == {
        "A network is without figures.",
        "A Jacobian through FunFuseAn failed.",
        "A pair could not be opened through a network.",
    }
    for record in errors:
        traceback = log.traceback_of(record.exc_info[1])
        assert ", in open_pair" in traceback
        assert traceback.strip().endswith("RuntimeError: no such layer")


@pytest.fixture
def fresh(settings, tmp_path, own_app):
    """The answers of a dashboard that has computed nothing yet."""
    client = own_app(replace(settings, cache=tmp_path)).server.test_client()
    until(lambda: client.get("/networks/ready?network=DeepFuse").get_json()["ready"])
    return client


def broken(*_):
    raise RuntimeError("no such layer")


def test_metrics_that_cannot_be_measured_say_why_and_are_asked_for_no_more(fresh, monkeypatch):
    monkeypatch.setattr("dashboard.pages.compare.metric_scores.table", broken)
    monkeypatch.setattr("dashboard.pages.compare.metric_scores.measure", broken)
    found = figures(fresh, networks="DeepFuse")
    (rules,) = found["rules"]
    assert {cell["why"] for cell in rules["values"]} == {"It could not be computed: no such layer"}
    assert {cell["why"] for cell in found["columns"][0]["metrics"]} == {"It could not be measured: no such layer"}


@pytest.mark.slow
def test_a_long_correlation_that_fails_says_why_and_is_asked_for_no_more(fresh, monkeypatch):
    finish(fresh, "DeepFuse")
    monkeypatch.setattr("dashboard.service.guidance_statistics.AT_HAND", 0)
    monkeypatch.setattr("dashboard.service.guidance_statistics.correlation", broken)
    (column,) = figures(fresh, networks="DeepFuse")["columns"]
    over_all = column["correlation"]["all"]
    assert over_all["failure"] == "It could not be computed: no such layer"
    assert over_all["pearson"] is over_all["spearman"] is None
    assert column["correlation"]["window"]["pearson"] is not None


USABLE = ("DeepFuse", "FunFuseAn", "Weighted Averaging")


def test_explores_network_comes_first_where_none_are_named():
    state, problems = read_compare("?network=FunFuseAn&gamma1=0.7&row=4", CompareState(), USABLE)
    assert state.networks == ("FunFuseAn", "DeepFuse", "Weighted Averaging")
    assert (state.gamma1, state.row, problems) == (0.7, 4, ())


def test_the_words_of_the_address():
    query = "?networks=FunFuseAn,deepfuse,FunFuseAn&scales=own&reference=DeepFuse&rows=zooms,fused&nonsense=1"
    state, problems = read_compare(query, CompareState(), USABLE)
    assert state.networks == ("FunFuseAn", "DeepFuse")
    assert (state.scales, state.reference, state.cells, problems) == ("own", "DeepFuse", "actual", ())
    assert state.rows == ("fused", "zooms")  # in their order on the page


def test_a_reference_is_one_of_the_networks_shown():
    state, _ = read_compare("?networks=FunFuseAn,DeepFuse&reference=MaskNet", CompareState(), USABLE)
    assert state.reference == ""


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?scales=mine", "scales=mine"),
        ("?networks=Nought,DeepFuse", "the network Nought, which is not known"),
        ("?networks=" + ",".join(fusion.names()[:8]), "7 networks stand side by side at most"),
        ("?rows=fused,everything", "rows=fused,everything"),
    ],
)
def test_what_cannot_be_shown_is_said_and_the_rest_is_shown(query, told):
    state, (sentence,) = read_compare(query, CompareState(), USABLE)
    assert told in sentence
    assert 1 <= len(state.networks) <= 7
    assert state.scales == "shared"
