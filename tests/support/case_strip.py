"""Explore with the strip of cases beside it, as a test drives both."""

from __future__ import annotations

from tests.support.explore_page import Explore


class Strip(Explore):
    """Explore with the strip beside it."""

    @property
    def where(self) -> str:
        return self.page.locator(".strip-where").inner_text()

    def is_at(self, path: str) -> None:
        """Wait until the page shows a pair, and strip, list and picture agree on which."""
        self.page.wait_for_function(
            """(path) => document.querySelector(".strip-where")?.textContent === path
              && document.getElementById("pair").value === path && FuseVis.explore.state.pixel
              && document.getElementById("pair-note").textContent.startsWith(`${path} · `)
              && document.querySelector("[data-place][aria-current]")?.dataset.path === path""",
            arg=path,
        )

    def press(self, key: str) -> None:
        self.page.evaluate("document.activeElement.blur()")
        self.page.keyboard.press(key)

    def wheel(self, place: str, by: float, *, alt: bool = True) -> None:
        box = self.page.locator(place).first.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        if alt:
            self.page.keyboard.down("Alt")
        self.page.mouse.wheel(0, by)
        if alt:
            self.page.keyboard.up("Alt")

    def search(self, text: str) -> list[str]:
        """Type into the search from wherever one is; what is left of the list."""
        self.page.locator(".strip [type=search]").click()
        self.page.keyboard.type(text)
        self.page.wait_for_function(
            "(text) => document.querySelector('.strip [type=search]').value === text", arg=text
        )
        return self.page.locator(".strip [data-place]:not([hidden])").evaluate_all(
            "(all) => all.map((each) => each.dataset.path)"
        )

    def note(self) -> str:
        return self.page.locator(".strip-note").inner_text()
