"""The metrics' table: as computed in CSV, with leaders and reasons in print, refused in a sentence."""

import csv
import io

import pytest
from pypdf import PdfReader

import fusion
from dashboard.pages.compare.metric_table import leaders, with_rules
from fusion.metrics import METRICS, measure
from tests.support.waiting import until

NETWORKS = ("FunFuseAn", "DeepFuse", "Weighted Averaging")
VIEW = {"pair": "cases/wide", "networks": ",".join(NETWORKS)}


def saved(client, kind, **words):
    """The file once everything is measured."""

    def answered():
        response = client.get(f"/export/metrics.{kind}", query_string={**VIEW, **words})
        if response.status_code != 202:
            return response
        assert response.get_json()["error"].startswith("The metrics are still being measured")
        return None

    return until(answered)


@pytest.fixture
def table(client):
    response = saved(client, "csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="fusevis-cases-wide-metrics.csv"'
    lines = response.get_data(as_text=True).splitlines()
    assert "DeepFuse (weights " in lines[0]
    assert "pixel" not in lines[0]  # the table is of whole images
    return list(csv.DictReader(io.StringIO("\n".join(lines[2:]))))


def test_values_are_saved_to_the_last_digit(table, world):
    pair = world.pairs["cases/wide"]
    assert tuple(table[0]) == ("method", *METRICS)
    for network, row in zip(NETWORKS, table, strict=False):
        assert row["method"] == network
        exact = measure(pair.first, pair.second, fusion.fuse(world.networks[network], pair))
        undefined = [name for name, value in exact.items() if value.number is None]
        assert undefined == ["MS-SSIM"]  # the picture is smaller than its five scales
        assert row["MS-SSIM"] == f"undefined: {exact['MS-SSIM'].why}"
        for name in set(exact) - {"MS-SSIM"}:
            assert float(row[name]) == float(exact[name].number), (network, name)


def test_trivial_rules_stand_beside_once_and_say_why_a_value_is_undefined(table):
    methods = [row["method"] for row in table]
    assert methods == [*NETWORKS, "copy of MRI", "copy of PET", "mean", "maximum"]
    copy = table[methods.index("copy of MRI")]["SCD"]
    assert copy.startswith("undefined: ")
    assert "copy" in copy


def test_a_network_that_fails_leaves_the_others_alive(client, table):
    broken = saved(client, "csv", networks=f"MaskNet,{VIEW['networks']}").get_data(as_text=True).splitlines()
    missing, *others = csv.DictReader(io.StringIO("\n".join(broken[2:])))
    assert others == table
    assert missing["method"] == "MaskNet"
    assert missing["SSIM"].startswith("undefined: ")
    assert "MaskNet (weights" not in broken[0]


def row(method, **numbers):
    return {"method": method, "values": [{"number": numbers.get(name), "why": "no reason"} for name in METRICS]}


def test_the_best_values_lead_together_and_an_undefined_one_does_not():
    rows = with_rules([row("A", EN=2.0, MI=1.0), row("mean", EN=2.0)], [row("mean", EN=9.0), row("copy", MI=3.0)])
    assert [each["method"] for each in rows] == ["A", "mean", "copy"]
    best = leaders(rows)
    assert METRICS["EN"].better == METRICS["MI"].better == "higher"
    assert (best["EN"], best["MI"], best["SSIM"]) == (("A", "mean"), ("copy",), ())


@pytest.mark.slow
def test_print_names_leaders_and_reasons(client, table):
    text = " ".join(PdfReader(io.BytesIO(saved(client, "pdf").get_data())).pages[0].extract_text().split())
    numbers = {each["method"]: float(each["MI"]) for each in table if "undefined" not in each["MI"]}
    best = max(numbers, key=numbers.__getitem__)
    assert "Fusion metrics of cases / wide" in text
    assert f"MI: {best}" in text
    assert "Undefined, SCD of copy of MRI" in text


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_pictures_of_the_table(client, kind, start):
    response = saved(client, kind, dpi="72")
    assert response.status_code == 200
    assert response.get_data().startswith(start)


@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        ("npz", {}, "The metrics come as png, svg, pdf, csv"),
        ("png", {"dpi": "5000"}, "Dots per inch go from 72 to 1200"),
        ("csv", {"networks": ""}, "Name at least one network"),
        ("csv", {"networks": "MaskNet"}, "MaskNet is not installed"),
        ("csv", {"pair": "nowhere"}, "no pair called"),
    ],
)
def test_what_cannot_be_saved_is_refused_in_a_sentence(client, kind, words, told):
    response = client.get(f"/export/metrics.{kind}", query_string={**VIEW, **words})
    assert response.status_code == 400
    assert told in response.get_json()["error"]
