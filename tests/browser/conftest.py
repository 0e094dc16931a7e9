"""Pages that several files of browser tests share."""

import pytest

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
