"""Which Chromium is driven by tests and benchmarks? Run as a module: prints it, or fails where there is none.

Best the one that is only a page, as Playwright itself ships: the whole browser draws its own window beside each
page, which takes as long as the page.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    """Path of an installed Chromium, the system's and the leanest first; None where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


KNOWN = """() => {
  if (location.protocol.startsWith("http")) localStorage.setItem("fusevis-hint-closed", "1");
}"""
EXPOSE = """(modules) => {
  if (!location.protocol.startsWith("http")) return;
  const parsed = new Promise((resolve) => { addEventListener("DOMContentLoaded", resolve); });
  window.exposed = parsed.then(async () => {
    const paths = Object.entries(modules);
    const { src } = document.querySelector('script[src*="assets/clientside.js"]');
    const loaded = await Promise.all(paths.map(([, path]) => import(new URL(`js/${path}.js`, src))));
    window.FuseVis = Object.fromEntries(paths.map(([name], place) => [name, loaded[place]]));
  });
}"""


def expose(page: Page, **modules: str) -> None:
    """Let scripts of a test see modules of the page: ``FuseVis.wire`` for ``wire="data/wire"``.

    ``FuseVis`` is there once they are loaded, of every address that the page opens from now on; ``exposed`` is a
    promise of that moment.
    """
    page.add_init_script(f"({EXPOSE})({json.dumps(modules)});")


WAIT = """([longest, given]) => new Promise((resolve, reject) => {
  const start = performance.now();
  const look = () => {
    try {
      let found = (%s);
      if (typeof found === "function") found = found(given);
      if (found) return resolve();
    } catch (error) { return reject(error); }
    if (performance.now() - start > longest) return reject(new Error("it never came about"));
    setTimeout(look, 20);
  };
  look();
})"""
LONGEST = 300_000.0
"""Milliseconds after which something that is waited for is taken not to come."""
GONE = "Execution context was destroyed"
"""What is said of a question to a page that has gone on to another address."""


def waits_as_its_policy_allows(page: Page) -> None:
    """Let ``page.wait_for_function`` evaluate nothing inside the page: Playwright's own does, and is refused."""

    def wait_for_function(expression: str, *, arg: object = None, timeout: float | None = None) -> None:
        while True:
            try:
                page.evaluate(WAIT % expression, [timeout or LONGEST, arg])
                return
            except Error as error:
                if GONE not in error.message:
                    raise

    page.wait_for_function = wait_for_function  # type: ignore[assignment,method-assign]


def as_known_visitor(browser: Browser) -> Browser:
    """Let every context of ``browser`` be that of somebody who has closed the hint of the first visit."""
    make = browser.new_context

    def new_context(**words: object) -> BrowserContext:
        context = make(**words)  # type: ignore[arg-type]
        context.add_init_script(f"({KNOWN})();")
        context.on("page", waits_as_its_policy_allows)
        return context

    browser.new_context = new_context  # type: ignore[method-assign]
    return browser


if __name__ == "__main__":
    path = executable()
    print(path or "No Chromium is installed.")
    sys.exit(0 if path else 1)
