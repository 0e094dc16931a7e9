"""Explore on a small screen: no figure, name or note of a panel is cut or hidden by what stands beside it."""

import pytest

from tests.support.explore_checks import START
from tests.support.explore_page import Explore

NAMES = """() => [...document.querySelectorAll(".panel.whole .caption")].map((caption) => {
  const text = document.createRange(), tools = caption.parentElement.querySelector(".caption-tools");
  text.selectNodeContents(caption.querySelector("span"));
  const name = text.getBoundingClientRect();
  const end = tools ? tools.getBoundingClientRect().left : caption.getBoundingClientRect().right;
  return [caption.textContent, name.width, name.right <= end + 1];
})"""
BOXES = """(all) => all.map((note) => {
  const box = note.getBoundingClientRect(), frame = note.closest(".plot").getBoundingClientRect();
  return box.width > 20 && box.left >= frame.left && box.right <= frame.right && box.bottom <= frame.bottom;
})"""
LONGEST = """() => {
  for (const id of ["d1", "d2"]) document.getElementById(`readout-${id}`).textContent = "−0.0000";
  document.getElementById("readout-raw1").textContent = "110.739";
  document.getElementById("readout-raw2").textContent = "−1023.5";
  const { scrollWidth, clientWidth } = document.getElementById("readout");
  return [scrollWidth, clientWidth];
}"""


@pytest.fixture(scope="module")
def small(chromium, address):
    page = Explore(chromium, address, (1280, 800)).open(**START, levels="second:0.3:0.6:inverse")
    page.sharp()
    yield page
    assert page.console == []
    page.close()


def test_every_panel_has_its_name_beside_its_tools(small):
    found = small.page.evaluate(NAMES)
    assert len(found) == 9
    assert [each for each in found if each[1] < 20 or (not each[2] and "RGB" not in each[0])] == []


def test_the_read_out_has_room_for_its_longest_figures(small):
    needed, there = small.page.evaluate(LONGEST)
    assert needed <= there


def test_a_window_is_told_inside_its_picture(small):
    notes = small.page.locator(".panel-notes .levels:not([hidden])")
    assert notes.count() == 2
    assert "display only" in notes.first.inner_text()
    assert notes.evaluate_all(BOXES) == [True, True]
