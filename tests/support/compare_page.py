"""Compare as a test drives it: columns, where pixels lie in them, and what stands there."""

from __future__ import annotations

import base64
import io
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from support.browser import expose
from tests.support.visitors import Visitors
from tests.support.waiting import PATIENCE

SHOWN = (
    "([row, col]) => { const { pixel } = FuseVis.compare.state;"
    " return pixel && pixel.row === row && pixel.col === col; }"
)


MODULES = {
    "compare": "pages/compare/compare",
    "colormap": "imaging/colormap",
    "pictures": "imaging/pictures",
    "painting": "imaging/painting",
}
"""What tests of Compare look into."""
PAIR, WINDOW = "cases/square", 11
NETWORKS = ["DeepFuse", "FunFuseAn", "Weighted Averaging"]
ROWS = ["fused", "guidance", "rgb", "jacobian", "difference", "guidance-difference", "scatter", "figures", "zooms"]
START = {
    "pair": PAIR,
    "networks": ",".join(NETWORKS),
    "window": WINDOW,
    "row": 30,
    "col": 28,
    "rows": ",".join(ROWS),
    "cells": "whole",
}


class Compare:
    """One open Compare page."""

    def __init__(
        self, browser: Visitors, address: str, size: tuple[int, int] = (1440, 900), ratio: float = 1
    ) -> None:
        self.address = address
        self.context = browser.new_context({"width": size[0], "height": size[1]}, ratio)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        expose(self.page, **MODULES)
        self.console: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, **words: Any) -> Compare:
        """Open a view by its address and wait until every column answers or says why not."""
        self.page.goto(f"{self.address}/compare?{urlencode(words)}")
        self.page.wait_for_function(
            """() => window.FuseVis && FuseVis.compare.state.pixel && FuseVis.compare.state.networks.length
              && [...FuseVis.compare.columns.values()].every(({ answer, problem }) => answer || problem)"""
        )
        return self

    def close(self) -> None:
        self.context.close()

    @property
    def networks(self) -> list[str]:
        """The columns as they stand on the screen."""
        found = self.page.eval_on_selector_all(
            ".column", "(all) => all.map((each) => [each.getBoundingClientRect().left, each.dataset.network])"
        )
        return [name for _, name in sorted(found)]

    def words(self) -> dict[str, str]:
        """Of the address, as the browser wrote it."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def column(self, network: str) -> Locator:
        return self.page.locator(f".column[data-network='{network}']")

    def plot(self, network: str, image: str, is_zoom: bool = False) -> Locator:
        return self.column(network).locator(f".panel[data-image={image}][data-zoom='{int(is_zoom)}'] .plot")

    def sharp(self) -> None:
        """Wait until guidance and figures of all columns are there."""
        self.page.wait_for_function(
            """() => {
              const isWaiting = (what) => Boolean(document.querySelector(what));
              const figures = ".column:not(.failed) .column-figures";
              return isWaiting(".compare-table td") && !isWaiting(".compare-table [title='being measured']")
                && !isWaiting(".column.sharpening") && !isWaiting(`${figures}.stale, ${figures} .stale`);
            }"""
        )

    def hover(self, network: str, image: str, pixel: tuple[int, int]) -> None:
        box = self.plot(network, image).bounding_box()
        height, width, aspect = self.page.evaluate(
            "(({ height, width, aspect }) => [height, width, aspect])(FuseVis.compare.state)"
        )
        scale = min(box["width"] / width, box["height"] / (height * aspect))
        left = box["x"] + (box["width"] - width * scale) / 2
        top = box["y"] + (box["height"] - height * scale * aspect) / 2
        self.page.mouse.move(left + (pixel[1] + 0.5) * scale, top + (pixel[0] + 0.5) * scale * aspect)
        self.shows(pixel)

    def shows(self, pixel: tuple[int, int]) -> None:
        self.page.wait_for_function(SHOWN, arg=list(pixel))

    def picture(self, canvas: str) -> np.ndarray:
        """What a canvas holds after the next frame, uint8 (height, width, 3); ``canvas`` is an expression."""
        source = self.page.evaluate(
            f"""() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
              done({canvas}.toDataURL("image/png")))))"""
        )
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGB"))

    def drawn(self, network: str, image: str) -> np.ndarray:
        """The picture that a column's panels of ``image`` are drawn from, one pixel each."""
        return self.picture(f"FuseVis.compare.columns.get('{network}').pictures.{image}.canvas")

    def settled(self) -> None:
        """Wait until the address has followed the pixel on the screen."""
        self.page.wait_for_function(
            """() => {
              const words = new URLSearchParams(location.search), { pixel } = FuseVis.compare.state;
              const isWritten = ["reference", "network"].every((name) => words.has(name));
              return isWritten && ["row", "col"].every((name) => words.get(name) === String(pixel?.[name]));
            }"""
        )
