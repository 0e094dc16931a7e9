"""The Networks page's parts: cards, sheets of inner views, costs, receptive fields that are kept."""

import io
import json
import shutil

import numpy as np
import pytest
import torch
from flask import Flask
from PIL import Image

from dashboard.imaging.colormaps import DIVERGING, table
from dashboard.pages.networks import callbacks as networks_callbacks
from dashboard.pages.networks import layout as page
from dashboard.pages.networks.model_card import curve_sentence, curves, model_card
from dashboard.service import inner_view_images
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion import InputError
from fusion.method.inner_views import InnerView
from fusion.shipped import SHIPPED
from saliency import Locality
from tests.support.networks import random_pair


def a_view(count=3, shape=(4, 6), **words):
    images = np.random.default_rng(0).normal(size=(count, *shape)).astype(np.float32)
    return InnerView("Maps", "What they mean.", images, tuple(f"map {i}" for i in range(count)), **words)


def read_sheet(view, **words):
    return np.asarray(Image.open(io.BytesIO(inner_view_images.sheet(view, **words))).convert("RGB"))


# ---- cards


def test_every_number_and_word_of_a_trained_card_is_told():
    content = json.loads((SHIPPED / "masknet.json").read_text("utf-8"))
    card = model_card("masknet", SHIPPED)
    told_texts = [text for section in card.sections for _, text in section.rows]
    for value in leaves({name: value for name, value in content.items() if name not in ("method", "command")}):
        assert value in [card.summary, card.reference, f"{content['parameters']:,}", *told_texts] or value == str(
            content["parameters"]
        )
    assert f"{content['parameters']:,}" in told_texts
    assert card.name == content["method"]


def leaves(value):
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    return [", ".join(map(str, value))] if isinstance(value, list) else [str(value)]


def test_a_card_gives_the_command_it_records_or_one_put_together_from_its_recipe(tmp_path):
    content = json.loads((SHIPPED / "masknet.json").read_text("utf-8"))
    content.pop("command", None)
    (tmp_path / "masknet.json").write_text(json.dumps(content), "utf-8")
    made = model_card("MaskNet", tmp_path)
    assert not made.is_recorded
    data = "--data mri_pet --data mri_spect --kept-out 18,28,30,4,40 --phantoms 40"
    assert f"train --method masknet {data} --steps {content['recipe']['steps']} --batch" in made.command
    (tmp_path / "masknet.json").write_text(json.dumps(content | {"command": "python -m fusion train …"}), "utf-8")
    recorded = model_card("MaskNet", tmp_path)
    assert recorded.is_recorded
    assert recorded.command == "python -m fusion train …"


def test_what_is_not_installed_has_a_card_with_the_reason(service):
    problem = service.network_pool.problems()["MaskNet"]
    card = model_card("MaskNet", service.network_pool.folder, problem)
    assert card.problem == problem
    assert "train" in problem
    assert dict(card.sections[0].rows)["parameters"] == "754,275"
    assert card.command == ""


def test_a_method_without_weights_says_that_nothing_is_trained(service):
    card = model_card("Weighted Averaging", service.network_pool.folder)
    assert [section.title for section in card.sections] == ["Network", "Training"]
    assert curves("Weighted Averaging", service.network_pool.folder) == ()


def test_curves_leave_out_what_a_stage_did_not_record(tmp_path):
    (tmp_path / "masknet.csv").write_text("step,one,two,words\n0,4,,a\n10,2,,b\n0,,9,c\n", "utf-8")
    one, two = curves("MaskNet", tmp_path)
    assert (one.name, one.steps.tolist(), one.values.tolist()) == ("one", [0, 10], [3, 3])
    assert (two.name, two.steps.tolist(), two.values.tolist()) == ("two", [0], [9])
    assert curve_sentence((one, two), "MaskNet").startswith(
        "Training curves of MaskNet: one goes from 3 to 3 over steps 0 to 10"
    )


# ---- inner views


def test_a_sheet_holds_every_value_in_the_colours_of_its_own_or_the_common_scale():
    view = a_view(count=18)
    for is_common in (True, False):
        pixels = read_sheet(view, is_common=is_common, colormap="cividis")
        assert pixels.shape == (2 * 4, 16 * 6, 3)
        for item, values in enumerate(view.images):
            around = view.images if is_common else values
            share = (values.astype(np.float64) - around.min()) / (around.max() - around.min())
            top, left = item // 16 * 4, item % 16 * 6
            drawn = pixels[top : top + 4, left : left + 6].astype(int)
            wanted = table("cividis")[np.floor(share * 255 + 0.5).astype(int)].astype(int)
            assert np.abs(drawn - wanted).max() <= 4  # float32 may round to the next of 256 colours


def test_zero_is_the_middle_of_signed_values():
    view = InnerView("Maps", "", np.array([[[-1.0, 0.0, 4.0]]], np.float32), ("one",), signed=True)
    assert inner_view_images.scale_of(view, 0) == (-4.0, 4.0)
    assert read_sheet(view, is_common=False, colormap="viridis")[0, 1].tolist() == table(DIVERGING)[128].tolist()


def test_many_large_maps_stay_a_light_sheet_and_a_strong_spot_is_not_lost():
    images = np.zeros((40, 512, 512), np.float32)
    images[3, 100, 77] = -5
    view = InnerView("Maps", "", images, tuple(map(str, range(40))), signed=True)
    pixels = read_sheet(view, is_common=True, colormap="viridis")
    assert pixels.shape[0] * pixels.shape[1] <= 1.3 * inner_view_images.SHEET_PIXELS
    rows = pixels[: 2 * 171]  # 171 = 512 / 3 a cell; the third row has empty places
    assert (rows == table(DIVERGING)[0]).all(axis=-1).sum() == 1


def test_a_network_that_fails_or_a_pair_too_large_is_told_in_a_sentence():
    class Failing(torch.nn.Module):
        def inside(self, first, second):
            raise RuntimeError("no")

    assert inner_view_images.look_inside(Failing(), random_pair((4, 4))).failure.endswith(": no")
    large = inner_view_images.look_inside(Failing(), random_pair((1025, 1024)))
    assert large.failure == "Inner views are shown for pairs of up to 1024 × 1024 pixels; this has 1025 × 1024."
    with pytest.raises(InputError, match="none of number 0"):
        large.view(0)


# ---- what the page is told


@pytest.mark.slow
def test_the_page_is_told_what_is_known_until_all_is(settings, tmp_path, monkeypatch):
    shutil.copytree(settings.checkpoints, tmp_path / "checkpoints")
    service = SaliencyService(
        Settings(checkpoints=tmp_path / "checkpoints", cache=tmp_path, phantoms=1, nightscenes=0), Flask("told")
    )
    service.network_pool.get("DeepFuse")
    monkeypatch.setattr(service, "reach", lambda name: Locality(12) if name == "DeepFuse" else None)
    figure, _, sentence, _, state = networks_callbacks.show_field(service, "phantom-1", "DeepFuse", None, None)
    assert [trace.name for trace in figure.data[1:]] == ["DeepFuse: 25 × 25"]
    assert (min(figure.data[1].x), max(figure.data[1].x)) == (128 - 12.5, 128 + 12.5)
    assert "25 × 25 input pixels, radius 12" in sentence
    assert "Still being measured: Weighted Averaging" in sentence
    assert state["waiting"]
    again = networks_callbacks.show_field(service, "phantom-1", "DeepFuse", 1, state)
    assert again[0] is networks_callbacks.no_update
    waiting = networks_callbacks.show_field(service, "phantom-1", "FunFuseAn", None, None)
    assert waiting[2].startswith("Measuring how far FunFuseAn sees")


def test_the_address_sets_the_controls_and_says_what_it_cannot(service):
    default = page.default_state(service)
    *values, alert, start = networks_callbacks.restore(
        service,
        default,
        "?pair=phantom-2&network=UAAFusion+(frozen+weights)&view=2&item=7&sort=weight&scale=own&light=1",
    )
    assert values == ["phantom-2", "UAAFusion (frozen weights)", "weight", "own", "viridis", True]
    assert start == {"pair": "phantom-2", "network": "UAAFusion (frozen weights)", "view": 2, "item": 7}
    assert alert is None
    alert = networks_callbacks.restore(service, default, "?pair=nobody&view=-1&sort=up&network=NoNet")[-2]
    for part in ("view=-1", "sort=up", "'nobody'", "'NoNet'"):
        assert part in alert.children


@pytest.mark.slow
def test_addresses_answer_and_refuse(client):
    ready = client.get("/networks/ready?network=DeepFuse").get_json()
    assert set(ready) == {"ready", "sentence"}
    assert client.get("/networks/ready?network=NoNet").status_code == 400
    absent = client.get("/networks/inside?pair=phantom-1&network=MaskNet").get_json()
    assert absent == {
        "ready": True,
        "views": [],
        "failure": "Nothing can be shown of a network that is not installed.",
    }
    refused = client.get("/networks/map?pair=phantom-1&network=DeepFuse&view=0&item=0")
    assert refused.status_code == 400
    assert client.get("/networks/pictures?pair=phantom-1").status_code == 200
