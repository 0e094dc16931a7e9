"""The Networks page in a browser: cards, curves, and the inside of a network with random weights."""

import json
from threading import Event
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pytest
import torch

import fusion
from dashboard.cache.receptive_fields import ReceptiveFieldCache
from dashboard.server.messages import packed
from dashboard.service import examination_service
from dashboard.settings import Settings
from fusion.method import checkpoints
from fusion.method.inner_views import views
from fusion.shipped import SHIPPED
from fusion.training.curves import save_curves
from saliency import Locality
from saliency.examination.finding import Examination, Finding, Outcome
from support.browser import expose
from tests.support.waiting import PATIENCE, until

SHOWING = "CAMF"
"""A registered network that offers many inner views …"""
PAIR = "cases/square"
"""… of a small pair: those of a phantom take seconds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Random weights of a network that shows its inside, with curves; a trained card; nothing else."""
    folder = tmp_path_factory.mktemp("networks")
    method = fusion.find(SHOWING)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = method.build()
    checkpoints.save(network, method, {"date": "2020-01-01", "unseen": {"accuracy": 0.75}}, folder)
    save_curves(
        [{"step": step, "loss": 2.0 / (step + 1)} for step in range(30)], folder / method.slug, method.name
    )
    for file in SHIPPED.glob("masknet.*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture(scope="module")
def address(serve, folder, pair_folder, tmp_path_factory):
    """A dashboard over these; what measuring would take a minute for is put into its cache."""
    from dashboard.app import JOBS, create_app

    cache = tmp_path_factory.mktemp("cache")
    settings = Settings(pairs=(pair_folder,), checkpoints=folder, cache=cache, phantoms=2, nightscenes=0)
    app = create_app(settings)
    _, weights = fusion.method.checkpoints.load_with_hash(SHOWING, folder)
    ReceptiveFieldCache(app.server, settings.cache).put(SHOWING, weights, Locality(34, stride=4, any_size=False))
    with serve(app) as address:
        yield address
    app.server.extensions[JOBS].close()


@pytest.fixture
def page(chromium, address):
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    console, asked = [], []
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert console == []
    assert all(url.startswith((address, "data:", "blob:")) for url in asked)


def opened(page, address, **words):
    page.goto(f"{address}/networks?{urlencode(words)}")
    page.wait_for_selector("#net-card h2")
    return page


def words(page):
    return dict(parse_qsl(urlsplit(page.url).query))


def items(page):
    return [
        int(each)
        for each in page.eval_on_selector_all("#net-sheet button", "all => all.map((one) => one.dataset.item)")
    ]


def test_the_card_says_what_its_file_says_and_curves_are_drawn(page, address):
    opened(page, address, network="MaskNet")
    content = json.loads((SHIPPED / "masknet.json").read_text("utf-8"))
    card = page.locator("#net-card").inner_text()
    for value in (
        content["sha256"],
        content["summary"],
        content["reference"],
        f"{content['parameters']:,}",
        str(content["recipe"]["steps"]),
        content["date"],
    ):
        assert value in card
    page.wait_for_function("document.querySelector('#net-curves .js-plotly-plot')?.data?.length >= 4")
    assert page.locator("#net-curves-frame").get_attribute("aria-label").startswith("Training curves of MaskNet: ")
    page.wait_for_function(
        "document.getElementById('net-field-text').textContent.includes('17 × 17 input pixels')"
    )
    page.wait_for_function(
        "document.getElementById('net-inside-note').textContent.startsWith('This network offers')"
    )


def test_maps_are_sorted_picked_and_read(page, address, folder, world):
    opened(page, address, network=SHOWING, pair=PAIR, row=4)
    page.wait_for_function("document.getElementById('net-sheet').dataset.drawn")
    shown = views(fusion.load(SHOWING, folder), world.pairs[PAIR])[0]
    assert items(page) == list(range(128))
    page.locator("#net-sort").get_by_text("Strength", exact=True).click()
    page.wait_for_function("document.querySelector('#net-sheet button').dataset.item !== '0'")
    strengths = np.abs(shown.images.astype(np.float64)).mean(axis=(1, 2))
    assert np.all(np.diff(strengths[items(page)]) <= 1e-12)

    chosen = items(page)[3]
    page.locator(f"#net-sheet button[data-item='{chosen}']").click()
    page.wait_for_function(
        "(label) => document.querySelector('#net-large h3')?.textContent === label", arg=shown.labels[chosen]
    )
    page.keyboard.press("ArrowRight")
    following = items(page)[4]
    page.wait_for_function(
        "(label) => document.querySelector('#net-large h3')?.textContent === label", arg=shown.labels[following]
    )
    page.locator("#net-large canvas").first.focus()
    page.keyboard.press("ArrowDown")
    value = page.locator("#net-large output").inner_text()
    row, col = shown.images.shape[1] // 2 + 1, shown.images.shape[2] // 2
    assert value.startswith(f"row {row}, column {col}: ")
    assert float(value.rpartition(": ")[2].replace("−", "-")) == pytest.approx(
        shown.images[following, row, col], rel=6e-3
    )
    assert {**words(page), "light": "0"} == {
        "network": SHOWING,
        "pair": PAIR,
        "row": "4",
        "view": "0",
        "item": str(following),
        "sort": "strength",
        "scale": "view",
        "colormap": "viridis",
        "light": "0",
    }


LAYER = "(box) => box.firstChild.getBoundingClientRect().width / box.getBoundingClientRect().width"


def test_both_large_pictures_follow_one_view_and_are_read_where_they_lie(page, address):
    opened(page, address, pair=PAIR, network=SHOWING)
    boxes = page.locator(".net-picture")
    boxes.nth(1).wait_for()
    assert [each.evaluate(LAYER) for each in boxes.all()] == pytest.approx([1, 1], abs=0.02)
    boxes.first.scroll_into_view_if_needed()
    box = boxes.first.bounding_box()
    x, y = round(box["x"] + 0.3 * box["width"]), round(box["y"] + 0.6 * box["height"])
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    until(lambda: boxes.first.evaluate(LAYER) > 1.5, pause=lambda: page.wait_for_timeout(20))
    assert [each.evaluate(LAYER) for each in boxes.all()] == pytest.approx([1.25**3] * 2, rel=0.03)
    page.mouse.move(x + 12, y)
    left, top, width, height, cols, rows = page.locator(".net-picture canvas").first.evaluate(
        """(it) => {
          const { left, top, width, height } = it.getBoundingClientRect();
          return [left, top, width, height, it.width, it.height];
        }"""
    )
    row, col = int((y - top) / height * rows), int((x + 12 - left) / width * cols)
    said = page.locator("#net-large output")
    until(
        lambda: said.inner_text().startswith(f"row {row}, column {col}:"), pause=lambda: page.wait_for_timeout(20)
    )
    page.keyboard.press("0")
    assert [each.evaluate(LAYER) for each in boxes.all()] == pytest.approx([1, 1], abs=0.02)


def test_an_examination_is_begun_by_its_button_and_grows(page, address, monkeypatch):
    go_on, found = Event(), Finding("sizes", Outcome.LIMITED, "It takes 64 × 64, but not 97 × 90.")

    def examine(examined):
        assert examined.method == "MaskNet"
        yield Examination((found,), "cost")
        assert go_on.wait(PATIENCE)
        yield Examination((found,))

    monkeypatch.setattr(examination_service, "examine", examine)
    opened(page, address, network="MaskNet")
    page.get_by_role("button", name="Examine").click()
    page.get_by_text("Being examined, in a process of its own: cost").wait_for()
    assert page.locator(".net-findings tr").inner_text().split("\t") == ["! limited", "sizes", found.sentence]
    assert page.locator("#net-examine").is_hidden()
    go_on.set()
    page.get_by_text("0 right, 1 limited, 0 failed").wait_for()


def test_a_link_reopens_the_view_and_tabs_change_it(page, address):
    opened(page, address, network=SHOWING, view=2, item=3, scale="own", light=1)
    page.wait_for_function("document.querySelector('#net-large h3')?.textContent === 'maximum'")
    assert page.locator("#net-sheet button").count() == 5
    page.get_by_role("tab").nth(1).click()
    page.wait_for_function("document.querySelectorAll('#net-sheet button').length === 128")
    assert (words(page)["view"], words(page)["item"]) == ("1", "0")
    assert page.locator(".networks.light").count() == 1


def test_what_is_not_installed_says_why(page, address):
    opened(page, address, network="DeepFuse")
    page.wait_for_function("document.getElementById('net-inside-note').textContent.includes('not installed')")
    assert "train it with" in page.locator("#net-card").inner_text()


def test_explore_says_that_it_measures_and_then_opens(page, address):
    expose(page, explore="pages/explore/explore")
    page.add_init_script(
        """(() => {
          const fetched = window.fetch;
          window.fetch = (...words) => (String(words[0]).includes("networks/ready") && !window.released
            ? Promise.resolve(new Response(JSON.stringify({ ready: false, sentence: "Measuring." })))
            : fetched(...words));
        })()"""
    )
    page.goto(f"{address}/?network=MaskNet&pair=phantom-1")
    page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel")
    measuring = packed({"view": {"pair": "phantom-2", "network": "MaskNet", "measuring": True}}, {})
    page.route("**/explore/view*", lambda route: route.fulfill(body=measuring))
    page.keyboard.press("PageDown")
    page.wait_for_function("document.getElementById('status').textContent.startsWith('Measuring. ')")
    assert page.evaluate("FuseVis.explore.state.pixel") is None
    page.unroute("**/explore/view*")
    page.evaluate("window.released = true")
    page.wait_for_function("FuseVis.explore.state.pixel")
