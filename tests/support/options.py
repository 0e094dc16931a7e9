"""Entries of the page's lists, found by what they are called and not by the notes beside that."""

from playwright.sync_api import Locator, Page


def option(page: Page, label: str) -> Locator:
    """The entry of the list that is open which is called ``label``."""
    return page.get_by_role("option").filter(has=page.get_by_text(label, exact=True))
