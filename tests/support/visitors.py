"""Visitors of the dashboard, one after the other: each finds a browser in which nobody left anything.

Chromium keeps what it compiled of a page's scripts only in a profile on the disk, and compiling them is a third of
opening a page. So visitors come on profiles that are used again, swept out when one leaves; whoever comes while
another is there gets one of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, BrowserType, CDPSession, Frame, Page

from support.browser import ARGUMENTS, KNOWN

SIZE = {"width": 1440, "height": 900}
STORED = "cookies,local_storage,indexeddb,file_systems,service_workers,cache_storage,storage_buckets"
"""What a page can leave in a profile; answers and compiled scripts stay, which a page cannot read."""


class Visitors:
    """Makes contexts as a browser of Playwright does."""

    def __init__(self, browsers: BrowserType, program: str, folder: Path) -> None:
        self._browsers, self._program, self._folder = browsers, program, folder
        self._free: list[BrowserContext] = []
        self._started: list[BrowserContext] = []

    def new_context(
        self, viewport: dict[str, int] = SIZE, device_scale_factor: float = 1
    ) -> Visit | BrowserContext:
        """A visit in a window of this size; a screen of finer pixels is a context on no profile."""
        if not self._free:
            self._free.append(self._start())
        if device_scale_factor != 1:
            return self._on_fine_screen(viewport, device_scale_factor)
        profile = self._free.pop()
        return Visit(profile, viewport, lambda: self._free.append(profile))

    def _start(self) -> BrowserContext:
        profile = self._browsers.launch_persistent_context(
            self._folder / str(len(self._started)),
            executable_path=self._program,
            args=ARGUMENTS,
            viewport=SIZE,
            service_workers="block",
        )
        profile.add_init_script(f"({KNOWN})();")
        self._started.append(profile)
        return profile

    def _on_fine_screen(self, viewport: dict[str, int], ratio: float) -> BrowserContext:
        browser = self._free[-1].browser
        assert browser
        context = browser.new_context(viewport=viewport, device_scale_factor=ratio, service_workers="block")
        context.add_init_script(f"({KNOWN})();")
        return context

    def close(self) -> None:
        """End every browser."""
        for profile in self._started:
            profile.close()


class Visit:
    """What a test uses of Playwright's context; its scripts and pages go with it."""

    def __init__(self, profile: BrowserContext, viewport: dict[str, int], leave: Callable[[], object]) -> None:
        self._profile, self._viewport, self._leave = profile, viewport, leave
        self._scripts: list[str] = []
        self._pages: list[Page] = []
        self._origins: set[str] = set()

    def add_init_script(self, script: str) -> None:
        """Run it before the scripts of everything that this visit opens from now on."""
        self._scripts.append(script)
        for page in self._pages:
            page.add_init_script(script)

    def new_page(self) -> Page:
        """A page in a window of the visit's size."""
        page = self._profile.new_page()
        page.set_viewport_size(self._viewport)  # type: ignore[arg-type]
        page.on("framenavigated", self._note)
        for script in self._scripts:
            page.add_init_script(script)
        self._pages.append(page)
        return page

    def new_cdp_session(self, page: Page) -> CDPSession:
        """Chromium's own protocol."""
        return self._profile.new_cdp_session(page)

    def close(self) -> None:
        """Close the pages, and those that they opened, and take away what they stored."""
        first, *pages = self._profile.pages
        for page in pages:
            page.close()
        session = self._profile.new_cdp_session(first)
        for origin in self._origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": STORED})
        session.detach()
        self._profile.clear_permissions()
        self._leave()

    def _note(self, frame: Frame) -> None:
        found = urlsplit(frame.url)
        if found.scheme.startswith("http"):
            self._origins.add(f"{found.scheme}://{found.netloc}")
