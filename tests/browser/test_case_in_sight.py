"""The case that is shown stays in sight in the strip when what stands below the list becomes longer."""

import pytest

from tests.support.explore_page import Explore

LOW = 1680, 560
IN_SIGHT = """() => {
  const list = document.querySelector(".strip-list"), now = list.querySelector("[aria-current]");
  return now.getBoundingClientRect().bottom - list.getBoundingClientRect().top <= list.clientHeight;
}"""


@pytest.fixture
def low(chromium, address):
    page = Explore(chromium, address, LOW).open(pair="phantom-2")
    yield page
    assert page.console == []
    page.close()


def test_longer_words_on_networks_do_not_hide_the_case(low):
    low.settle_on("document.querySelector('.strip-list [aria-current]') && document.querySelector('.standing')")
    hidden = low.page.evaluate(
        """() => {
          const list = document.querySelector(".strip-list"), now = list.querySelector("[aria-current]");
          const standing = document.querySelector(".strip-standing"), before = list.clientHeight;
          const below = now.getBoundingClientRect().bottom - list.getBoundingClientRect().top;
          const padding = standing.clientHeight + before - below + 20;
          Object.assign(standing.style, { maxHeight: "none", boxSizing: "border-box", height: `${padding}px` });
          return below > list.clientHeight && below <= before;
        }"""
    )
    assert hidden
    low.page.wait_for_function(IN_SIGHT)
