"""The numbers behind a figure: bit for bit those of the rooms below."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

import saliency
from dashboard.report import values
from dashboard.report.export_request import parse_export
from dashboard.report.render import rendered
from fusion import InputError
from fusion.data.windowed_pair import file_levels
from tests.support.report_helpers import DAY, PAIR, PIXEL, file, views


def table(content):
    """Facts of the header, names and float64 rows of a CSV."""
    lines = content.decode().splitlines()
    facts = json.loads(lines[1].removeprefix("# "))
    names, *rows = csv.reader(lines[2:])
    return facts, names, np.array(rows, dtype=np.float64)


def shown_guidance(service, world):
    """The guidance that the page shows; computed anew, float32 sums may be taken in another order."""
    G = views(service, parse_export("explore", "csv", {}))[0].columns[0].guidance
    exact = saliency.guidance(world.networks["DeepFuse"], world.pairs[PAIR])
    for found, expected in zip(G, (exact.first, exact.second), strict=True):
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    return G


def test_a_jacobians_csv_is_the_jacobian_where_it_can_differ_from_zero(service, world):
    J = saliency.jacobian(world.networks["DeepFuse"], world.pairs[PAIR], PIXEL)
    facts, names, rows = table(file(service, "panel", "csv", panel="e"))
    assert names == ["row", "col", "jacobian1"]
    assert len(rows) == J.first.size
    image = np.zeros(J.shape, dtype=np.float32)
    image[rows[:, 0].astype(int), rows[:, 1].astype(int)] = rows[:, 2].astype(np.float32)
    assert np.array_equal(image, J.full()[0])
    assert facts["pixels"] == [list(PIXEL)]
    assert facts["images_sha256"] == world.pairs[PAIR].content_hash


@pytest.mark.slow
def test_explore_holds_every_image_and_no_value_is_rounded(service, world):
    pair, net = world.pairs[PAIR], world.networks["DeepFuse"]
    _, names, rows = table(file(service, "explore", "csv"))
    G, J = shown_guidance(service, world), saliency.jacobian(net, pair, PIXEL).full()
    files = (file_levels(pair, index).astype(np.float32) for index in (0, 1))
    images = pair.first, pair.second, *files, saliency.fused_image(net, pair), *G, *J
    expected = dict(zip(names[2:], images, strict=True))
    derivatives = ["guidance1", "guidance2", "jacobian1", "jacobian2"]
    assert list(expected) == ["first", "second", "first_in_file", "second_in_file", "fused", *derivatives]
    for number, (name, image) in enumerate(expected.items(), 2):
        assert np.array_equal(rows[:, number].astype(np.float32).reshape(pair.shape), image), name
    assert np.array_equal(rows[:, 0].reshape(pair.shape), np.indices(pair.shape)[0])


def test_an_input_stands_beside_its_values_in_the_file_where_a_window_clips_it(service, pair_folder):
    export_request = parse_export("panel", "csv", {"panel": "a"})
    (view,) = views(service, export_request, ("Weighted Averaging",), pair=f"{PAIR}~window1=90,120")
    facts, names, rows = table(rendered(export_request, [view], DAY))
    stored = np.asarray(Image.open(pair_folder / "mri" / "wide.png"))
    assert names == ["row", "col", "first", "first_in_file"]
    assert np.array_equal(rows[:, 2].astype(np.float32).reshape(stored.shape), view.pair.first)
    assert np.array_equal(rows[:, 3].reshape(stored.shape), stored)
    assert facts["scaled_from"][0] == {"low": 90, "high": 120, "unit": "grey level"}


@pytest.mark.slow
def test_a_zoom_is_its_window_and_a_scatterplot_its_two_images(service, world):
    G = shown_guidance(service, world)
    _, names, rows = table(file(service, "panel", "csv", panel="o", window=11, pixels=[(0, 70)]))
    assert names == ["row", "col", "guidance2"]
    assert np.array_equal(rows[:, 2].astype(np.float32).reshape(6, 7), G[1][:6, 65:])
    _, names, rows = table(file(service, "panel", "csv", panel="k"))
    assert names[2:] == ["guidance1", "guidance2"]
    assert np.array_equal(rows[:, 2].astype(np.float32), G[0].ravel())


def test_an_npz_opens_without_pickle_and_knows_where_it_comes_from(service, world):
    networks = ("Weighted Averaging", "DeepFuse")
    with np.load(io.BytesIO(file(service, "compare", "npz", networks, gamma1=0.7)), allow_pickle=False) as opened:
        found = dict(opened)
    pair = world.pairs[PAIR]
    facts = json.loads(str(found["provenance"]))
    assert [each["name"] for each in facts["networks"]] == list(networks)
    assert facts["networks"][1]["weights_sha256"] == service.network_pool.get("DeepFuse").weights
    assert facts["gamma1"] == 0.7
    assert facts["notice"] == "Research use only, not for diagnosis"
    assert tuple(found["window"]) == (0, pair.shape[0], 0, pair.shape[1])
    assert np.array_equal(found["first"], pair.first)
    for name in networks:
        J = saliency.jacobian(world.networks[name], pair, PIXEL).full()
        assert np.array_equal(found[f"jacobian2 [{name}]"], J[1])
        assert found[f"fused [{name}]"].dtype == np.float32


def test_a_table_no_spreadsheet_opens_is_refused(service, monkeypatch):
    monkeypatch.setattr(values, "MOST_ROWS", 100)
    with pytest.raises(InputError, match="3456 rows is too long for CSV; choose NPZ, or a zoom"):
        file(service, "explore", "csv")
