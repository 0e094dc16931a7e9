"""Compare's table of metrics in a real browser: rules, order, leaders, and what is saved."""

import re

import pytest

from fusion.metrics import METRICS
from tests.support.compare_page import NETWORKS


@pytest.fixture(autouse=True)
def drawer(compare):
    """The drawer of metrics, open."""
    place = compare.page.locator("#compare-drawer")
    if not place.is_visible():
        compare.page.get_by_role("button", name="Metrics").click()
    return place


def test_the_drawer_opens_at_once_and_escape_closes_it_alone(compare, drawer):
    button = compare.page.get_by_role("button", name="Metrics")
    compare.hover("DeepFuse", "fused", (30, 30))
    compare.page.evaluate("FuseVis.compare.pin(true)")
    assert (drawer.is_visible(), button.get_attribute("aria-expanded")) == (True, "true")
    compare.page.keyboard.press("Escape")
    assert (drawer.is_visible(), button.get_attribute("aria-expanded")) == (False, "false")
    assert compare.page.evaluate("FuseVis.compare.state.isPinned")
    button.click()
    assert drawer.locator("td").first.is_visible()  # the table is there before the drawer is opened
    drawer.get_by_role("button", name="Close").click()
    assert not drawer.is_visible()


def test_the_trivial_rules_stand_in_the_table(compare):
    rows = compare.page.locator(".compare-table tbody th").all_inner_texts()
    assert rows[: len(NETWORKS)] == NETWORKS
    assert rows[len(NETWORKS) :] == ["copy of MRI", "copy of PET", "mean", "maximum"]
    undefined = compare.page.locator(".compare-table tr", has_text="copy of MRI").locator("td.undefined")
    assert undefined.first.inner_text() == "–"
    assert "copy" in undefined.first.get_attribute("title")


def sorted_by(compare, head):
    return compare.page.locator(".compare-table thead th").nth(head).get_attribute("aria-sort")


def numbers(compare, head):
    rows = compare.page.locator(f".compare-table tbody tr > :nth-child({head + 1})").all_inner_texts()
    return [float(each.replace("−", "-")) if each != "–" else None for each in rows]


def focused_head(compare):
    """Found and compared at one moment: the table may be made anew between two."""
    return compare.page.evaluate(
        "[...document.querySelectorAll('.compare-table thead button')].indexOf(document.activeElement)"
    )


def test_the_table_is_sorted_by_click_and_by_key(compare):
    heads = compare.page.locator(".compare-table thead button")
    place = heads.all_inner_texts().index("SCD ↑")
    before = numbers(compare, place)
    defined = sorted((each for each in before if each is not None), reverse=True)
    undefined = [None] * (len(before) - len(defined))
    assert undefined  # else nothing shows where they stand
    heads.nth(place).click()
    assert (numbers(compare, place), sorted_by(compare, place)) == ([*defined, *undefined], "descending")
    # The table is made anew for another pixel and keeps its order and the focus.
    compare.page.evaluate("FuseVis.compare.point({ row: 14, col: 17 })")
    compare.shows((14, 17))
    compare.settled()
    compare.sharp()
    assert sorted_by(compare, place) == "descending"
    assert focused_head(compare) == place
    compare.page.keyboard.press("Enter")
    assert (numbers(compare, place), sorted_by(compare, place)) == ([*defined[::-1], *undefined], "ascending")
    compare.page.keyboard.press("Space")
    assert (numbers(compare, place), sorted_by(compare, place)) == (before, "none")
    heads.first.click()
    names = compare.page.locator(".compare-table tbody th").all_inner_texts()
    assert names == sorted(names, key=str.lower)
    heads.first.click()
    heads.first.click()


def test_every_columns_leader_is_marked_and_named(compare):
    heads = compare.page.locator(".compare-table thead button").all_inner_texts()
    assert [head.removesuffix(" ↑") for head in heads[1:]] == list(METRICS)
    told = compare.page.locator(".compare-table .leading").inner_text()
    for place, head in enumerate(heads[1:], 1):
        known = [each for each in numbers(compare, place) if each is not None]
        best = {max(known)} if known else set()
        led = compare.page.locator(f".compare-table tbody tr > :nth-child({place + 1}).leads")
        assert head.endswith("↑")
        assert {float(each.replace("−", "-")) for each in led.all_inner_texts()} == best
        assert bool(re.search(rf"[( ]{head.removesuffix(' ↑')}[,)]", told)) == bool(known)


def test_the_metrics_are_saved_from_the_page(compare):
    with compare.page.expect_download() as waiting:
        compare.page.get_by_role("button", name="Save as CSV").click()
    assert waiting.value.suggested_filename == "fusevis-cases-square-metrics.csv"
    lines = waiting.value.path().read_text().splitlines()
    assert [line.partition(",")[0] for line in lines[2:6]] == ["method", *NETWORKS]
    assert "undefined: " in "".join(lines)
