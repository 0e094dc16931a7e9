"""The committed path: what each callback returns, with real pairs and networks behind it."""

import time
from dataclasses import fields, replace
from types import SimpleNamespace

import dash_mantine_components as dmc
import numpy as np
import pytest
from dash import no_update
from PIL import Image

import fusion
import saliency
from dashboard.components import controls, ids, url_state
from dashboard.imaging.colormaps import table
from dashboard.pages.explore import callbacks as explore_callbacks
from dashboard.pages.explore.callbacks import commit, open_view, restore, show_figures, show_guidance
from dashboard.service.pair_catalogue import NIGHTSCENES, PHANTOMS, Catalogue
from dashboard.views.opening import first_view
from saliency.measures.display import scaled, shared_limit
from tests.support.explore_requests import AT, NETWORK, PAIR, PIXEL
from tests.support.figures import patched, pixels

DEFAULT = url_state.State(pair="cases/square", network="Weighted Averaging")
PANEL_IDS = [panel.id for panel in ids.PANELS]
IMAGE_IDS = [panel.id for panel in ids.IMAGE_PANELS]


def finish(service, fused_pair):
    deadline = time.monotonic() + 60
    while not (snapshot := service.guidance(fused_pair)).is_complete:
        assert not snapshot.failure
        assert time.monotonic() < deadline
        service.guidance_queue.wait(fused_pair.key, snapshot.done, 0.5)
    return snapshot.images


# ---- restore


def restored(service, query):
    values = restore(service, DEFAULT, query)
    order = [field.name for field in fields(url_state.State) if field.name not in ("row", "col")]
    return dict(zip([*order, "problem", "at"], values, strict=True))


@pytest.mark.parametrize("query", ["", None, "?"])
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


# ---- open_view


def test_opening_tells_the_browser_what_it_sees(service):
    view, problem, *same = open_view(service, PAIR, NETWORK, None)
    assert same == [no_update, no_update]
    assert problem is None
    assert (view["height"], view["width"], view["pair"], view["network"]) == (48, 72, PAIR, NETWORK)
    assert view["names"] == ["MRI", "PET"]
    assert view["has_color"] is True


@pytest.mark.parametrize("in_color", [False, True])
def test_figures_show_the_pictures_and_empty_the_rest(service, world, in_color):
    asked = {"of": "this", "since": 3.5}
    *graphs, told = show_figures(service, {**asked, "pair": PAIR, "network": NETWORK, "color": in_color})
    assert told == asked
    assert [graph.id for graph in graphs] == PANEL_IDS
    pair, fused = world.pairs[PAIR], fusion.fuse(world.networks[NETWORK], world.pairs[PAIR])
    expected = {
        "first": np.rint(255 * pair.first),
        "second": pair.second_color if in_color else np.rint(255 * pair.second),
        "fused": fusion.recolor(fused, pair.second_color) if in_color else np.rint(255 * np.clip(fused, 0, 1)),
    }
    for graph in graphs:
        image = graph.id.removesuffix("-zoom")
        if image in expected:
            assert np.array_equal(pixels(graph.figure), expected[image]), graph.id
        else:
            assert not graph.figure.data, graph.id


@pytest.mark.parametrize(
    ("pair", "network", "said"),
    [
        ("cases/zz-broken", NETWORK, "zz-broken.png"),
        ("nowhere", NETWORK, "There is no pair called"),
        (PAIR, "MaskNet", "not installed"),
    ],
)
def test_what_cannot_be_opened_is_said_and_nothing_else_changes(service, pair, network, said):
    on_screen = {"pair": "cases/square", "network": "FunFuseAn"}
    view, problem, pair_again, network_again = open_view(service, pair, network, on_screen)
    assert (pair_again, network_again) == ("cases/square", "FunFuseAn"), "a choice contradicts the pictures"
    assert isinstance(problem, dmc.Alert)
    assert said in problem.children
    assert view is no_update


def test_the_view_on_the_screen_is_not_opened_again(service):
    on_screen = {"pair": PAIR, "network": NETWORK}
    assert set(map(id, open_view(service, PAIR, NETWORK, on_screen))) == {id(no_update)}


def test_a_network_that_needs_full_images_says_so(service, monkeypatch):
    reason = "Each fused pixel depends on the whole image."
    monkeypatch.setattr(explore_callbacks, "locality", lambda network: SimpleNamespace(reason=reason))
    assert open_view(service, PAIR, NETWORK, None)[0]["reason"] == reason


def test_equal_pictures_keep_their_own_names(settings, tmp_path):
    rng = np.random.default_rng(0)
    levels = [rng.integers(256, size=(12, 14), dtype=np.uint8) for _ in range(2)]
    for group, second in (("one", "ct"), ("two", "pet")):
        for modality, image in zip(("mri", second), levels, strict=True):
            (tmp_path / group / modality).mkdir(parents=True)
            Image.fromarray(image).save(tmp_path / group / modality / "1.png")
    service = fresh(replace(settings, pairs=(tmp_path / "one", tmp_path / "two")), tmp_path / "cache")
    names = [service.open_pair(f"{group}/1", "Weighted Averaging").pair.names for group in ("one", "two")]
    assert names == [("MRI", "CT"), ("MRI", "PET")]


def test_no_pair_of_a_folder_is_lost_behind_anothers_name(settings, tmp_path):
    rng = np.random.default_rng(0)
    for place in ("a/cases", "b/cases"):
        for modality in ("mri", "pet"):
            (tmp_path / place / modality).mkdir(parents=True)
            for file in ("x.png", "x.bmp", f"{modality}-only.png"):
                picture = rng.integers(256, size=(12, 14), dtype=np.uint8)
                Image.fromarray(picture).save(tmp_path / place / modality / file)
    folders = (tmp_path / "a" / "cases", tmp_path / "b" / "cases")
    catalogue = Catalogue(1, folders)
    own = [entry.id for entry in catalogue.entries if entry.group == "cases"]
    assert own == ["cases/x", "cases/x (2)", "cases/x (3)", "cases/x (4)"]
    assert len({catalogue.pair(each).content_hash for each in own}) == 4
    assert len(catalogue.remarks) == 2
    assert "mri-only.png" in catalogue.remarks[0]


def test_generated_examples_of_both_fields_follow_a_persons_own(settings):
    catalogue = Catalogue(2, settings.pairs, nightscenes=2)
    ids = [entry.id for entry in catalogue.entries]
    assert ids[-4:] == ["phantom-1", "phantom-2", "nightscene-1", "nightscene-2"]
    assert all(entry.group not in (PHANTOMS, NIGHTSCENES) for entry in catalogue.entries[:-4])
    assert catalogue.pair("nightscene-2").names == ("Visible", "Infrared")


def test_the_key_of_a_view_follows_the_pictures_and_the_network(service):
    keys = {
        open_view(service, pair, network, None)[0]["key"]
        for pair in ("cases/wide", "cases/square")
        for network in ("DeepFuse", "FunFuseAn", "Weighted Averaging")
    }
    assert len(keys) == 6


# ---- commit


def committed(service, at):
    *figures, plot, found, said = commit(service, at)
    return dict(zip(IMAGE_IDS, figures, strict=True)), plot, found, said


@pytest.mark.parametrize("display", ["magnitude", "signed", "fusevis"])
def test_a_commit_draws_both_jacobians_on_one_scale(service, world, display):
    figures, _, _, _ = committed(service, {**AT, "display": display})
    J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], PIXEL)
    limit = shared_limit(J.first, J.second, display)
    for number, values in enumerate(J.full(), start=1):
        position = scaled(values, limit, 0.4, display)
        if display == "signed":
            expected = table("RdBu_r")[np.rint((position + 1) * 127.5).astype(int)]
        else:
            expected = table("cividis")[np.rint(position * 255).astype(int)]
        for id_ in (f"jacobian{number}", f"jacobian{number}-zoom"):
            assert np.array_equal(pixels(figures[id_]), expected), id_
    assert not np.array_equal(pixels(figures["jacobian1"]), pixels(figures["jacobian2"]))


def test_a_commit_moves_the_marks_of_every_panel(service):
    figures, _, _, _ = committed(service, AT)
    for id_, figure in figures.items():
        ranges = patched(figure)
        box = ranges["layout.shapes"][-1]
        assert ("data" in ranges) == id_.startswith("jacobian")
        if "data" not in ranges:
            assert ("layout.xaxis.range" in ranges) == id_.endswith("-zoom")
        assert (box["x0"], box["x1"], box["y0"], box["y1"]) == (25.5, 36.5, 14.5, 25.5), id_
        if id_.endswith("-zoom"):
            assert ranges["layout.xaxis.range"] == [25.5, 36.5]


def test_a_commit_tells_the_pixels_figures(service, world):
    finish(service, service.open_pair(PAIR, NETWORK))
    _, plot, found, said = committed(service, AT)
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
    marked = patched(plot)
    assert np.allclose(marked["data.0.x"], G.first[rows, cols].ravel(), atol=1e-6)
    assert np.allclose(marked["data.0.y"], G.second[rows, cols].ravel(), atol=1e-6)
    assert said.startswith("Row 20, column 31: fused ")
    assert f"MRI {found['x1']:.3f}" in said
    assert f"{found['share1']:.0%} from MRI" in said


def test_before_guidance_is_finished_there_is_no_correlation(settings, tmp_path):
    service = fresh(settings, tmp_path)
    _, plot, found, _ = committed(service, AT)
    assert plot is no_update
    assert found["correlation"] is None


def fresh(settings, tmp_path):
    from flask import Flask

    from dashboard.service.saliency_service import SaliencyService

    return SaliencyService(replace(settings, cache=tmp_path), Flask("fresh"))


# ---- guidance


WANTED = {"pair": PAIR, "network": NETWORK, "gamma2": 0.6, "display": "signed", "colormap": "viridis"}
GUIDANCE_IDS = [id_ for id_ in IMAGE_IDS if id_.startswith(("guidance", "rgb"))]


def test_finished_guidance_is_drawn(service, world):
    finish(service, service.open_pair(PAIR, NETWORK))
    *shown, plot, drawn = show_guidance(service, WANTED, AT)
    assert drawn == {"pair": PAIR, "network": NETWORK}
    assert (plot.data[1].x, plot.data[1].y) == tuple(
        (pytest.approx(float(each[PIXEL]), abs=1e-6),)
        for each in service.guidance(service.open_pair(PAIR, NETWORK)).images
    )
    figures = dict(zip(GUIDANCE_IDS, shown, strict=True))
    pair, net = world.pairs[PAIR], world.networks[NETWORK]
    G, fused = saliency.guidance(net, pair), fusion.fuse(net, pair)
    limit = shared_limit(G.first, G.second)
    for number, values in enumerate((G.first, G.second), start=1):
        place = (scaled(values, limit, 0.6) + 1) * 127.5
        found = pixels(figures[f"guidance{number}"])
        # Guidance is exact to rounding only, so a value may fall to the next of the 256 colours.
        near = [table("RdBu_r")[np.clip(np.rint(place + step).astype(int), 0, 255)] for step in (-0.01, 0.01)]
        assert np.logical_or(*[(found == each).all(axis=-1) for each in near]).all()
        assert np.array_equal(found, pixels(figures[f"guidance{number}-zoom"]))
    rgb = np.rint(255 * saliency.guidance_rgb(G.first, G.second, fused))
    assert np.abs(pixels(figures["rgb"]).astype(int) - rgb).max() <= 1
    assert np.allclose(plot.data[0].x, G.first[15:26, 26:37].ravel(), atol=1e-6)


def test_unfinished_guidance_is_not_drawn_as_if_it_were(settings, tmp_path):
    assert show_guidance(fresh(settings, tmp_path), WANTED, AT) == (no_update,) * (len(GUIDANCE_IDS) + 2)


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
    assert open_view(service, PAIR, "FunFuseAn", None)[1] is None


def test_own_pairs_are_listed_before_the_phantoms(app):
    groups = select(app, ids.PAIR).data
    assert [group["group"] for group in groups] == [
        "cases",
        "Phantoms (generated examples)",
        "Night scenes (generated examples)",
    ]
    assert [item["value"] for item in groups[1]["items"]] == ["phantom-1", "phantom-2"]
    assert select(app, ids.PAIR).value == "cases/square"


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


def test_a_second_application_of_one_process_has_all_its_callbacks(settings, tmp_path, app):
    from dashboard.app import create_app

    app.server.test_client().get("/")  # callbacks move to their place with the first request
    second = create_app(replace(settings, cache=tmp_path))
    count = len(app.server.test_client().get("/_dash-dependencies").get_json())
    theirs = second.server.test_client().get("/_dash-dependencies").get_json()
    assert len(theirs) == count >= 8
