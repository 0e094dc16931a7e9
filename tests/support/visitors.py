"""Visitors of the dashboard, one after the other: each finds a browser in which nobody left anything.

Chromium keeps what it compiled of a page's scripts only in a profile on the disk, and in a page that goes on to
the next address; compiling them is half of opening a page. So visitors come on profiles and pages that are used
again, swept out when one leaves; whoever comes while another is there gets one of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, BrowserType, CDPSession, Frame, Page

from support.browser import ARGUMENTS, KNOWN, waits_as_its_policy_allows
from tests.support.held_requests import holds_at_once

SIZE = {"width": 1440, "height": 900}
STORED = "cookies,local_storage,indexeddb,file_systems,service_workers,cache_storage,storage_buckets"
"""What a page can leave in a profile; answers and compiled scripts stay, which a page cannot read."""
PATIENCE_OF_A_NEW_PAGE = 30_000
"""Milliseconds for which a page waits that was told nothing, as Playwright has it."""
OUTSIDE = -10, -10
"""Where the pointer of a page is that has not seen one."""
HELD = "Alt", "Control", "Meta", "Shift", "Space", "x"
BUTTONS = "left", "middle", "right"


class Visitors:
    """Makes contexts as a browser of Playwright does."""

    def __init__(self, browsers: BrowserType, program: str, folder: Path) -> None:
        self._browsers, self._program, self._folder = browsers, program, folder
        self._free: list[Profile] = []
        self._started: list[Profile] = []

    def new_context(
        self,
        viewport: dict[str, int] = SIZE,
        device_scale_factor: float = 1,
        ignore_https_errors: bool = False,
        http_credentials: dict[str, str] | None = None,
        offline: bool = False,
    ) -> Visit | BrowserContext:
        """A visit in a window of this size; with a finer screen, trust, a password or no network on no profile."""
        if not self._free:
            self._free.append(self._start())
        if device_scale_factor != 1 or ignore_https_errors or http_credentials or offline:
            other = {
                "device_scale_factor": device_scale_factor,
                "ignore_https_errors": ignore_https_errors,
                "http_credentials": http_credentials,
                "offline": offline,
            }
            return self._free[-1].apart(viewport, other)
        profile = self._free.pop()
        return Visit(profile, viewport, lambda: self._free.append(profile))

    def close(self) -> None:
        """End every browser."""
        for profile in self._started:
            profile.context.close()

    def _start(self) -> Profile:
        context = self._browsers.launch_persistent_context(
            self._folder / str(len(self._started)),
            executable_path=self._program,
            args=ARGUMENTS,
            viewport=SIZE,
            service_workers="block",
        )
        context.add_init_script(f"({KNOWN})();")
        context.on("page", waits_as_its_policy_allows)
        context.on("page", holds_at_once)
        self._started.append(Profile(context))
        return self._started[-1]


class Profile:
    """A browser with what it keeps on the disk, and at most one page that waits for the next visitor."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self._first = context.pages[0]
        self._waiting: list[Tab] = []

    def tab(self) -> Tab:
        """The page that waits, or a new one."""
        return self._waiting.pop() if self._waiting else Tab(self.context)

    def apart(self, viewport: dict[str, int], other: dict[str, Any]) -> BrowserContext:
        """A context of nobody, with what a profile has for good, such as a screen of finer pixels."""
        browser = self.context.browser
        assert browser
        context = browser.new_context(viewport=viewport, service_workers="block", **other)
        context.add_init_script(f"({KNOWN})();")
        context.on("page", waits_as_its_policy_allows)
        context.on("page", holds_at_once)
        return context

    def sweep(self, tabs: list[Tab]) -> None:
        """Close all pages but one that can be used again, and take away what they stored."""
        kept = next((tab for tab in tabs if tab.sweep()), None)
        for page in self.context.pages:
            if page not in (self._first, kept and kept.page):
                page.close()
        session = self.context.new_cdp_session(self._first)
        for origin in {origin for tab in tabs for origin in tab.origins}:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": STORED})
        session.detach()
        self.context.clear_permissions()
        if kept:
            kept.origins.clear()
            self._waiting.append(kept)


class Tab:
    """A page that takes note of what it is told, so that it can be made to forget it."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.origins: set[str] = set()
        self._listens, self._scripts = [], []
        self._on, self._add = self.page.on, self.page.add_init_script
        self.page.on = self._heard  # type: ignore[method-assign]
        self.page.add_init_script = self._added  # type: ignore[method-assign]
        self._on("framenavigated", self._note)

    def sweep(self) -> bool:
        """Whether the page can be used again: it is as a new one then."""
        if self.page.is_closed() or len(self.origins) > 1:  # what is kept for a page lies with each address
            return False
        for event, listener in self._listens:
            self.page.remove_listener(event, listener)
        for script in self._scripts:
            script.__exit__(None, None, None)
        self._listens, self._scripts = [], []
        self.page.unroute_all(behavior="ignoreErrors")
        if self.origins:
            self.page.evaluate("() => { sessionStorage.clear(); window.name = ''; }")
        self.page.goto("about:blank")
        for key in HELD:
            self.page.keyboard.up(key)
        for button in BUTTONS:
            self.page.mouse.up(button=button)
        self.page.mouse.move(*OUTSIDE)
        self.page.set_default_timeout(PATIENCE_OF_A_NEW_PAGE)
        return True

    def _heard(self, event: str, listener: Callable[..., Any]) -> None:
        self._listens.append((event, listener))
        self._on(event, listener)

    def _added(self, script: str) -> None:
        self._scripts.append(self._add(script))

    def _note(self, frame: Frame) -> None:
        found = urlsplit(frame.url)
        if found.scheme.startswith("http"):
            self.origins.add(f"{found.scheme}://{found.netloc}")


class Visit:
    """What a test uses of Playwright's context; its scripts and pages go with it."""

    def __init__(self, profile: Profile, viewport: dict[str, int], leave: Callable[[], object]) -> None:
        self._profile, self._viewport, self._leave = profile, viewport, leave
        self._scripts: list[str] = []
        self._tabs: list[Tab] = []

    def add_init_script(self, script: str) -> None:
        """Run it before the scripts of everything that this visit opens from now on."""
        self._scripts.append(script)
        for tab in self._tabs:
            tab.page.add_init_script(script)

    def new_page(self) -> Page:
        """A page in a window of the visit's size."""
        tab = self._profile.tab()
        self._tabs.append(tab)
        tab.page.set_viewport_size(self._viewport)  # type: ignore[arg-type]
        for script in self._scripts:
            tab.page.add_init_script(script)
        return tab.page

    def new_cdp_session(self, page: Page) -> CDPSession:
        """Chromium's own protocol."""
        return self._profile.context.new_cdp_session(page)

    def close(self) -> None:
        """Leave nothing."""
        self._profile.sweep(self._tabs)
        self._leave()
