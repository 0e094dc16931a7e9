"""Explore in a real browser: its controls, its keyboard and its address."""

import re
from dataclasses import fields

import pytest

from dashboard.components.url_state import State
from tests.support.explore_checks import PICKING, SIZES, until

# ---- choices


def test_folding_the_zooms_leaves_ten_larger_panels(explore):
    side = explore.plot("first").bounding_box()["width"]
    explore.switch("Zooms")
    explore.settle_on("!FuseVis.explore.state.zooms")
    assert explore.page.locator(".panel[data-image]:visible").count() == 9
    assert explore.page.locator(".panel[data-zoom='1']:visible").count() == 0
    assert explore.plot("first").bounding_box()["width"] > side + 20
    for image in PICKING:
        explore.hover(image, (10 + PICKING.index(image), 40))
    assert scrolling(explore) == [0, 0]
    boxes = [each.bounding_box() for each in explore.page.locator(".panel:visible").all()]
    for number, one in enumerate(boxes):
        for two in boxes[number + 1 :]:
            assert not overlap(one, two)
    explore.switch("Zooms")
    explore.settle_on("FuseVis.explore.state.zooms")
    explore.hover("first", (11, 41))
    assert explore.canvas("first", is_zoom=True)[..., 3].any()


def overlap(one, two):
    return (
        min(one["x"] + one["width"], two["x"] + two["width"]) - max(one["x"], two["x"]) > 1
        and min(one["y"] + one["height"], two["y"] + two["height"]) - max(one["y"], two["y"]) > 1
    )


def test_light_and_dark(explore):
    ground = """() => [".explore", ".plot", "input#pair"].map((each) =>
      getComputedStyle(document.querySelector(each)).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number))"""
    ink = "getComputedStyle(document.querySelector('#readout td')).color.match(/\\d+/g).slice(0, 3).map(Number)"
    dark, dark_ink = explore.page.evaluate(ground), explore.page.evaluate(ink)
    assert max(map(max, dark)) < 80 < min(dark_ink)
    explore.switch("Light")
    explore.settle_on("document.documentElement.dataset.mantineColorScheme === 'light'")
    # The page's own class follows by another callback.
    until(explore, lambda: min(map(min, explore.page.evaluate(ground))) > 200)
    until(explore, lambda: max(explore.page.evaluate(ink)) < 100)
    until(explore, lambda: explore.words().get("light") == "1")


def scrolling(page):
    return page.page.evaluate(
        """() => { const { scrollWidth, scrollHeight } = document.documentElement;
          return [Math.max(scrollWidth - innerWidth, 0), Math.max(scrollHeight - innerHeight, 0)]; }"""
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("zooms", [True, False])
def test_nothing_scrolls_on_a_desk_screen(explore, size, zooms):
    explore.page.set_viewport_size({"width": size[0], "height": size[1]})
    if not zooms:
        explore.switch("Zooms")
        explore.settle_on("!FuseVis.explore.state.zooms")
    until(explore, lambda: scrolling(explore) == [0, 0])  # Plotly follows the window a moment later
    visible = explore.page.locator(".panel[data-image]:visible .plot").all()
    boxes = [each.bounding_box() for each in visible]
    assert len({round(box["width"]) for box in boxes}) == 1
    least = {1920: 256, 1440: 190, 1280: 170}[size[0]]
    assert boxes[0]["width"] >= least
    for box in boxes:
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]
    readout = explore.page.evaluate(
        "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.getElementById('readout'))"
    )
    assert readout <= 0, "the read-out is cut off"


def test_the_address_has_every_field_and_a_reload_reopens_it(alone):
    wanted = {
        "pair": "cases/wide",
        "network": "Weighted Averaging",
        "row": "7",
        "col": "61",
        "window": "21",
        "gamma1": "0.75",
        "gamma2": "1.2",
        "display": "signed",
        "colormap": "cividis",
        "manner": "drag",
        "color": "1",
        "zooms": "0",
        "light": "1",
    }
    assert set(wanted) == {field.name for field in fields(State)}
    alone.open(**wanted)
    assert alone.pixel == (7, 61)
    alone.settled()
    until(alone, lambda: alone.words() == wanted)
    alone.page.mouse.move(*alone.point_of("second", (9, 3)))
    alone.page.mouse.down()
    alone.page.mouse.up()
    alone.shows((9, 3))
    alone.settled()
    alone.page.reload()
    alone.page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel")
    assert alone.pixel == (9, 3)
    until(alone, lambda: alone.words() == {**wanted, "row": "9", "col": "3"})
    state = alone.state
    assert (state["display"], state["colormap"], state["manner"]) == ("signed", "cividis", "drag")
    assert (state["color"], state["zooms"], state["light"], state["window"]) == (True, False, True, 21)
    assert alone.page.locator("input#network").input_value() == "Weighted Averaging"
    assert alone.console == []


@pytest.mark.parametrize("words", [{"row": 5}, {"row": 5000, "col": 1}, {"gamma1": 9, "network": "DeepFuze"}])
def test_an_address_that_asks_too_much_opens_all_the_same(alone, words):
    alone.open(**{"pair": "cases/wide", **words})
    assert alone.pixel == (24, 36)
    if "gamma1" in words:
        told = alone.page.get_by_role("alert").all_inner_texts()
        assert "gamma1=9" in " ".join(told)
        assert "DeepFuze" in " ".join(told)
        until(alone, lambda: scrolling(alone) == [0, 0])  # the panels make room for the sentence
    assert alone.console == []


# ---- keyboard and names


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(explore):
    wanted = {
        "pair",
        "network",
        "display",
        "colormap",
        "window",
        "manner",
        "row",
        "col",
        "color",
        "zooms",
        "theme",
        "gamma1",
        "gamma2",
        *(f"{image}-live" for image in PICKING),
    }
    where = """() => {
      const active = document.activeElement, plot = active.matches(".plot") && active.querySelector("canvas");
      return plot ? plot.id : active.id && document.getElementById(active.id) ? active.closest("[id]").id
        : (active.closest("[id]") || {}).id;
    }"""
    owner = """(id) => { const active = document.activeElement;
      return active.closest("#" + id) !== null || active.name === id || false; }"""
    reached, unseen = set(), []
    explore.page.evaluate(
        "document.querySelector('h1').setAttribute('tabindex', '-1'); document.querySelector('h1').focus()"
    )
    for _ in range(80):
        explore.page.keyboard.press("Tab")
        id_ = explore.page.evaluate(where) or ""
        for name in wanted:
            if id_ == name or explore.page.evaluate(owner, name):
                id_ = name
        if id_ in wanted and id_ not in reached:
            reached.add(id_)
            if not focus_is_visible(explore):
                unseen.append(id_)
        if reached == wanted:
            break
    assert wanted - reached == set()
    assert unseen == []


def focus_is_visible(explore):
    """Whether the picture of the focused control changes when it loses the focus."""
    box = explore.page.evaluate(
        """() => {
          const active = document.activeElement, shown = active.closest(".control, .plot, .panel") || active;
          const { left, top, width, height } = shown.getBoundingClientRect();
          window.focused = active;
          return { x: Math.max(left - 4, 0), y: Math.max(top - 4, 0), width: width + 8, height: height + 8 };
        }"""
    )
    with_focus = explore.page.screenshot(clip=box)
    explore.page.evaluate("window.focused.blur()")
    without = explore.page.screenshot(clip=box)
    explore.page.evaluate("window.focused.focus()")
    return with_focus != without


def test_everything_that_takes_the_focus_has_a_name(explore):
    session = explore.context.new_cdp_session(explore.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    named, nameless = 0, []
    for node in nodes:
        traits = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
        role = node.get("role", {}).get("value")
        # What is generic takes the focus from scripts alone; the panels' role is held by the test below.
        if node.get("ignored") or not traits.get("focusable") or role in ("RootWebArea", "generic", "none"):
            continue
        if node.get("name", {}).get("value", "").strip():
            named += 1
        else:
            nameless.append(role)
    assert nameless == []
    assert named >= 20


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("textbox", "Pair"),
        ("textbox", "Network"),
        ("textbox", "Colours"),
        ("textbox", "Zoom size"),
        ("textbox", "Row"),
        ("textbox", "Column"),
        ("radiogroup", "Derivative"),
        ("radiogroup", "Pointer"),
        ("switch", "Colour"),
        ("switch", "Zooms"),
        ("switch", "Light"),
        ("slider", "γ1, Jacobian images"),
        ("slider", "γ2, guidance images"),
        ("group", "MRI"),
        ("group", "Guidance PET"),
        ("img", re.compile("^Colour scale from 0 to ")),
    ],
)
def test_a_control_is_found_by_its_name(explore, role, name):
    found = explore.page.get_by_role(role, name=name, exact=isinstance(name, str))
    assert found.count() == (2 if role == "img" else 1)
