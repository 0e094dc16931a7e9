"""Pages that several files of browser tests share."""

import pytest

from tests.support import explore_checks
from tests.support.compare_page import NETWORKS, ROWS, START, Compare


@pytest.fixture(scope="module")
def opened_compare(chromium, address):
    page = Compare(chromium, address).open(**START)
    page.sharp()
    yield page
    page.close()


@pytest.fixture
def compare(opened_compare):
    """The shared page as it was opened, the pixel released."""
    opened_compare.page.mouse.move(2, 2)
    opened_compare.page.evaluate(
        """([networks, rows]) => {
          document.activeElement.blur();
          FuseVis.compare.pin(false);
          const start = { "compare-networks": { value: networks }, "compare-scales": { checked: true },
            "compare-rows": { value: rows }, "compare-cells": { value: "whole" },
            "compare-reference": { value: networks[0] }, "compare-display": { value: "magnitude" } };
          for (const [id, props] of Object.entries(start)) dash_clientside.set_props(id, props);
        }""",
        [NETWORKS, ROWS],
    )
    opened_compare.page.wait_for_function(
        """(networks) => { const { state } = FuseVis.compare;
          return String(state.networks) === String(networks) && state.isShared && state.zooms
            && state.display === "magnitude"; }""",
        arg=NETWORKS,
    )
    opened_compare.sharp()
    yield opened_compare
    assert opened_compare.console == []


@pytest.fixture
def at_start(explore):
    """The shared page of Explore as if it had just been opened at `explore_checks.START`; it goes back there."""
    _go_to_start(explore)
    yield explore
    explore.page.unroute_all()
    _go_to_start(explore)


def _go_to_start(explore):
    network = explore_checks.NETWORK
    if explore.page.locator("input#network").input_value() != network:
        explore.choose("network", network)
    explore.settle_on("(network) => FuseVis.explore.shown()?.view.network === network", network)
    place = {name: explore_checks.START[name] for name in ("row", "col")}
    explore.page.evaluate("(place) => { FuseVis.explore.pin(false); FuseVis.explore.point(place); }", place)
    explore.shows(tuple(place.values()))
    explore.sharp()
    explore.settled()
