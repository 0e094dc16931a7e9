"""Explore as a test drives it: where pixels lie on the screen, what stands there, what was asked of whom."""

from __future__ import annotations

import base64
import io
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Page, Request

from support.browser import expose
from tests.support.options import option
from tests.support.visitors import Visitors
from tests.support.waiting import PATIENCE, until

MODULES = {
    "explore": "pages/explore/explore",
    "commits": "pages/explore/commits",
    "enlarged": "pages/explore/enlarged",
    "pace": "pages/explore/pace",
    "readout": "pages/explore/readout",
    "scatterFigure": "pages/explore/scatter_figure",
    "channel": "data/channel",
    "jacobians": "data/jacobians",
    "waitingNote": "viewer/waiting_note",
    "wire": "data/wire",
    "colormap": "imaging/colormap",
    "panelImages": "imaging/panel_images",
    "scatterplot": "viewer/scatterplot",
    "viewer": "viewer/viewer",
}
"""What tests of Explore look into."""

SHOWN = (
    "([row, col]) => { const { pixel } = FuseVis.explore.state;"
    " return pixel && pixel.row === row && pixel.col === col; }"
)


class Explore:
    """One open page of the dashboard."""

    def __init__(
        self,
        browser: Visitors,
        address: str,
        size: tuple[int, int] = (1440, 900),
        trusts: bool = False,
        password: dict[str, str] | None = None,
    ) -> None:
        self.address = address
        window = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=window, ignore_https_errors=trusts, http_credentials=password)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        expose(self.page, **MODULES)
        self.console: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.over = 0
        for event in ("requestfinished", "requestfailed"):
            self.page.on(event, self._count)

    def open(self, **words: Any) -> Explore:
        """Open a view by its address and wait until its first pixel is answered."""
        self.page.goto(f"{self.address}/?{urlencode(words)}" if words else self.address)
        self.page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel")
        return self

    def close(self) -> None:
        self.context.close()

    # ---- what is meant

    @property
    def state(self) -> dict[str, Any]:
        return self.page.evaluate("(({ last, ...rest }) => rest)(FuseVis.explore.state)")

    @property
    def pixel(self) -> tuple[int, int] | None:
        found = self.state["pixel"]
        return found and (found["row"], found["col"])

    def words(self) -> dict[str, str]:
        """Of the address, as the browser wrote it."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def shows(self, pixel: tuple[int, int]) -> None:
        """Wait until the picture on the screen is that of ``pixel``."""
        self.page.wait_for_function(SHOWN, arg=list(pixel))

    def settled(self) -> None:
        """Wait until read-out and address have followed the pixel on the screen; a new view has none at first."""
        self.page.wait_for_function(
            """() => {
              const words = new URLSearchParams(location.search), { pixel } = FuseVis.explore.state;
              return pixel && words.get("row") === String(pixel.row) && words.get("col") === String(pixel.col)
                && !document.querySelector("#readout-correlation.stale");
            }"""
        )

    def sharp(self) -> None:
        """Wait until guidance is finished and the scatterplot's figure stands, marked at the pixel."""
        self.page.wait_for_function(
            """() => !document.querySelector(".explore.sharpening")
              && document.getElementById("status").textContent === ""
              && document.querySelector("#scatter .main-svg") && document.getElementById("scatter-live").hidden"""
        )

    def answered(self) -> None:
        """Wait until every question for a Jacobian is answered, those ahead of the pointer among them."""
        until(lambda: self.over >= len(self.asked("jacobian")), pause=lambda: self.page.wait_for_timeout(20))

    def _count(self, request: Request) -> None:
        self.over += "/explore/jacobian?" in request.url

    # ---- an enlarged panel

    def enlarge(self, image: str, is_zoom: bool = False) -> None:
        """By a double click; returns when its figure is drawn."""
        self.plot(image, is_zoom).dblclick()
        self.enlarged()

    def enlarged(self) -> None:
        """Wait until the figure shows the picture that it was asked for last."""
        self.page.wait_for_function(
            """() => {
              const found = document.querySelector("#enlarged-figure .js-plotly-plot");
              return found && found._fullLayout && found.querySelector(".main-svg") && FuseVis.enlarged.isHere();
            }"""
        )

    def over_figure(self, pixel: tuple[int, int]) -> tuple[float, float]:
        """Screen position of a pixel's centre in the enlarged figure."""
        place = self.page.evaluate(
            """([row, col]) => {
              const found = document.querySelector("#enlarged-figure .js-plotly-plot");
              const { xaxis, yaxis } = found._fullLayout;
              const frame = found.getBoundingClientRect();
              return [frame.left + xaxis._offset + xaxis.d2p(col), frame.top + yaxis._offset + yaxis.d2p(row)];
            }""",
            list(pixel),
        )
        return place[0], place[1]

    # ---- where things are

    def plot(self, image: str, is_zoom: bool = False):
        return self.page.locator(f".panel[data-image={image}][data-zoom='{int(is_zoom)}'] .plot")

    def point_of(self, image: str, pixel: tuple[float, float]) -> tuple[float, float]:
        """Screen position of the centre of a pixel in a whole panel: the image fills it, centred, undistorted."""
        box, state = self.plot(image).bounding_box(), self.state
        height, width, aspect = state["height"], state["width"], state["aspect"]
        scale = min(box["width"] / width, box["height"] / (height * aspect))
        left = box["x"] + (box["width"] - width * scale) / 2
        top = box["y"] + (box["height"] - height * scale * aspect) / 2
        return left + (pixel[1] + 0.5) * scale, top + (pixel[0] + 0.5) * scale * aspect

    def seen_at(self, image: str, x: float, y: float) -> tuple[float, float]:
        """Place in the image (row, col), in pixel edges, under a point of the screen, by the state's view."""
        box, state = self.plot(image).bounding_box(), self.state
        fitted = min(box["width"] / state["width"], box["height"] / (state["height"] * state["aspect"]))
        centre = state["centre"] or {"row": state["height"] / 2, "col": state["width"] / 2}
        down, right = y - box["y"] - box["height"] / 2, x - box["x"] - box["width"] / 2
        scale = fitted * state["magnification"]
        return centre["row"] + down / (scale * state["aspect"]), centre["col"] + right / scale

    def move(self, image: str, pixel: tuple[int, int], steps: int = 1) -> None:
        self.page.mouse.move(*self.point_of(image, pixel), steps=steps)

    def hover(self, image: str, pixel: tuple[int, int]) -> None:
        self.move(image, pixel)
        self.shows(pixel)

    def click(self, image: str, pixel: tuple[int, int]) -> None:
        self.page.mouse.click(*self.point_of(image, pixel))
        self.shows(pixel)

    # ---- what stands there

    def read(self, id_: str) -> str:
        """A figure of the read-out, once it stands there as text: while the pointer moves it is drawn."""
        self.page.wait_for_function("!document.querySelector('#readout.moving')")
        return self.page.locator(f"#readout-{id_}").inner_text()

    def number(self, id_: str) -> float:
        return float(self.read(id_).replace("−", "-").replace("%", "").replace("px", "").strip())

    def canvas(self, image: str, is_zoom: bool = False) -> np.ndarray:
        """What the live canvas shows, uint8 (height, width, 4), after the next frame is drawn."""
        return self._pixels(
            f"document.querySelector(\".panel[data-image={image}][data-zoom='{int(is_zoom)}'] canvas.live\")"
        )

    def _pixels(self, element: str) -> np.ndarray:
        source = self.page.evaluate(
            f"""() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
              done({element}.toDataURL("image/png")))))"""
        )
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))

    def at_pixels(self, image: str, pixels: list[tuple[int, int]], is_zoom: bool = False) -> np.ndarray:
        """RGB of the live canvas at the centres of image pixels, uint8 (n, 3)."""
        drawn, state = self.canvas(image, is_zoom), self.state
        half = state["window"] / 2
        seen = (state["height"], state["width"]) if not is_zoom else (state["window"],) * 2
        origin = (0, 0) if not is_zoom else tuple(state["pixel"][name] + 0.5 - half for name in ("row", "col"))
        scale = min(drawn.shape[0] / (seen[0] * state["aspect"]), drawn.shape[1] / seen[1])
        scales = scale * state["aspect"], scale
        found = []
        for pixel in pixels:
            place = [
                (drawn.shape[axis] - seen[axis] * scales[axis]) / 2
                + (pixel[axis] + 0.5 - origin[axis]) * scales[axis]
                for axis in (0, 1)
            ]
            found.append(drawn[int(place[0]), int(place[1]), :3])
        return np.array(found)

    def figure(self, id_: str) -> np.ndarray:
        """The picture in a Plotly figure, decoded."""
        source = self.page.evaluate(f"document.querySelector('#{id_} .js-plotly-plot').data[0].source")
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))

    # ---- choices

    def choose(self, id_: str, label: str) -> None:
        """Take an entry of a select."""
        self.page.locator(f"input#{id_}").click()
        option(self.page, label).click()

    def segment(self, id_: str, label: str) -> None:
        self.page.locator(f"#{id_}").get_by_text(label, exact=True).click()

    def switch(self, label: str) -> None:
        self.page.get_by_role("switch", name=label).locator("xpath=..").click()

    def settle_on(self, what: str, arg: Any = None) -> None:
        self.page.wait_for_function(what, arg=arg)

    def asked(self, what: str) -> list[dict[str, str]]:
        """The words of every request to one of the fast path's addresses."""
        return [dict(parse_qsl(urlsplit(url).query)) for url in self.requests if f"/explore/{what}?" in url]
