"""What a browser works for a page, as Chromium itself counts it."""

from __future__ import annotations

from playwright.sync_api import Page

MAIN_THREAD = {"script_ms": "ScriptDuration", "style_ms": "RecalcStyleDuration", "layout_ms": "LayoutDuration"}
PROCESSES = {"page_cpu_ms": "renderer", "compositor_cpu_ms": "GPU"}


class BrowserWork:
    """Counts from the moment it is made: scripts, style and layout of a page, processor time of its processes."""

    def __init__(self, page: Page) -> None:
        browser = page.context.browser
        if browser is None:
            raise RuntimeError("The page belongs to no browser of its own.")
        self._page, self._browser = page.context.new_cdp_session(page), browser.new_browser_cdp_session()
        self._page.send("Performance.enable")
        self._start = self._counted()

    def each(self, updates: int) -> dict[str, float]:
        """How many milliseconds of each kind of work has an update taken until now?"""
        now = self._counted()
        return {name: (now[name] - self._start[name]) / max(updates, 1) for name in now}

    def _counted(self) -> dict[str, float]:
        metrics = {each["name"]: each["value"] for each in self._page.send("Performance.getMetrics")["metrics"]}
        processes = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        counted = {name: 1000 * metrics[metric] for name, metric in MAIN_THREAD.items()}
        for name, kind in PROCESSES.items():
            counted[name] = 1000 * sum(each["cpuTime"] for each in processes if each["type"] == kind)
        return counted
