"""A case file, opened from a disk without a network: what is hovered is what the engine computed."""

from pathlib import Path

import numpy as np
import pytest

import saliency
from dashboard.__main__ import main

NETWORKS = ("FunFuseAn", "DeepFuse")
AREA = (20, 20, 45, 51)
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
"""Which of axe-core's rules."""


@pytest.fixture(scope="module")
def file(tmp_path_factory, pair_folder, random_checkpoints):
    """A file of two networks, written by the command."""
    folder = tmp_path_factory.mktemp("case-file")
    out = folder / "case.html"
    words = ["--pairs", pair_folder, "--pair", "wide", "--checkpoints", random_checkpoints, "--cache", folder]
    words += ["--networks", ",".join(NETWORKS), "--rectangle", ",".join(map(str, AREA)), "--out", out]
    assert main(["casefile", *map(str, words)]) == 0
    return out


@pytest.fixture
def opened(chromium, file):
    """The file's page, with what it asked for and what it said."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page = context.new_page()
    page.asked, page.said = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_function('document.body.dataset.ready && document.querySelector(".where")')
    yield page
    assert page.said == []
    assert [url for url in page.asked if url.split(":")[0] not in ("file", "data", "blob")] == []
    assert [url for url in page.asked if url.startswith("file:")] == [file.as_uri()]
    context.close()


def place_of(page, row, col, shape):
    """Where a pixel lies on the screen, in the first network's fused image."""
    box = page.locator('.network .panel[data-image="fused"] .plot').first.bounding_box()
    scale = min(box["width"] / shape[1], box["height"] / shape[0])
    left = box["x"] + (box["width"] - scale * shape[1]) / 2
    top = box["y"] + (box["height"] - scale * shape[0]) / 2
    return left + (col + 0.5) * scale, top + (row + 0.5) * scale


def hovered(page, row, col, shape):
    page.mouse.move(*place_of(page, row, col, shape))
    page.wait_for_function(
        '(text) => document.querySelector(".where").textContent.startsWith(text)', arg=f"row {row}, column {col}"
    )


def figures(page, number):
    """What stands in the read-out of a network."""
    cells = page.locator(".network").nth(number).locator("[data-figure]")
    return {each.get_attribute("data-figure"): each.inner_text().replace("−", "-") for each in cells.all()}


def test_what_is_hovered_is_what_the_engine_computed(opened, world):
    pair = world.pairs["cases/wide"]
    for row, col in [(30, 40), (20, 20), (45, 51), (33, 27)]:
        hovered(opened, row, col, pair.shape)
        for number, name in enumerate(NETWORKS):
            J = saliency.jacobian(world.networks[name], pair, (row, col))
            found, shown = saliency.influence(J), figures(opened, number)
            at = row - J.area.top, col - J.area.left
            assert shown["share1"] == f"{100 * found.share_first:.1f} %"
            assert shown["share2"] == f"{100 * found.share_second:.1f} %"
            assert float(shown["d1"]) == pytest.approx(J.first[at], abs=6e-5)
            assert float(shown["total2"]) == pytest.approx(found.total_second, abs=6e-4)
            assert shown["radius1"] == f"{found.radius_first:.1f} px"
            assert float(shown["y"]) == pytest.approx(J.fused, abs=6e-5)


def test_the_picture_shows_the_jacobian(opened, world):
    """The panel's own colours, read back from its canvas, follow the strength of the derivative."""
    pair = world.pairs["cases/wide"]
    opened.select_option("#colormap", "gray")
    opened.select_option("#window", "11")
    hovered(opened, 30, 40, pair.shape)
    J = saliency.jacobian(world.networks["FunFuseAn"], pair, (30, 40))
    sizes = np.abs(np.stack(J.full()))[:, 25:36, 35:46]
    everywhere = [
        np.abs(np.stack(saliency.jacobian(world.networks[n], pair, (30, 40)).full())).max() for n in NETWORKS
    ]
    greys = 255 * (sizes / max(everywhere)) ** 0.3
    for number in range(2):
        shown = opened.evaluate(
            """(image) => {
              const canvas = document.querySelector(`.network .panel[data-image="${image}"] canvas.live`);
              const { width, height } = canvas;
              const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
              const at = (part, length) => Math.floor(((part + 0.3) * length) / 11), all = [...Array(11).keys()];
              return all.flatMap((row) => all.map((col) => data[4 * (at(row, height) * width + at(col, width))]));
            }""",
            f"jacobian{number + 1}",
        )
        inner = np.ones((11, 11), dtype=bool)
        inner[[0, -1, 5], :] = inner[:, [0, -1, 5]] = False  # marks lie there
        off = np.abs(np.array(shown).reshape(11, 11) - greys[number])[inner]
        assert off.max() < 4


def test_keys_move_the_pixel_and_a_click_pins_it(opened, world):
    shape = world.pairs["cases/wide"].shape
    hovered(opened, 30, 40, shape)
    opened.mouse.click(*place_of(opened, 30, 40, shape))
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Shift+ArrowLeft")
    opened.wait_for_function('document.querySelector(".where").textContent === "row 31, column 30 · pinned"')
    opened.keyboard.press("Escape")
    opened.wait_for_function('document.querySelector(".where").textContent === "row 31, column 30"')


def test_a_network_can_be_put_away_and_beside_the_area_the_nearest_pixel_answers(opened, world):
    shape = world.pairs["cases/wide"].shape
    opened.uncheck("#chosen-networks label:nth-child(1) input")
    opened.wait_for_function('document.querySelector(".network").hidden')
    opened.check("#chosen-networks label:nth-child(1) input")
    opened.mouse.move(*place_of(opened, 2, 60, shape))
    opened.wait_for_function('document.querySelector(".where").textContent.startsWith("row 20, column 51")')


def test_it_says_where_it_comes_from_and_how_exact_it_is(opened):
    text = opened.inner_text("body")
    assert "differs from the computed one by at most" in text
    assert "Research use only, not for diagnosis" in text
    assert opened.locator("#origin .line").inner_text().startswith("Pair ")
    opened.locator("summary", has_text="Where it comes from").click()
    assert "weights_sha256" in opened.inner_text("#origin")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_it_and_it_fits(opened, theme):
    opened.get_by_label("Theme").select_option(theme)
    for each in opened.locator("summary").all():
        each.click()
    opened.evaluate(AXE.read_text("utf-8"))
    found = opened.evaluate("(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    for width in (1440, 390):
        opened.set_viewport_size({"width": width, "height": 800})
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
