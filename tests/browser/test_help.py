"""Help: the keys and the glossary behind "?", words that lead there, and the hint of the first visit."""

import pytest

from dashboard.components.definitions import DEFINITIONS, FILE_DEFINITIONS, MORE_DEFINITIONS
from dashboard.components.help_dialog import STEPS
from tests.browser.test_accessibility import broken_rules, checked, misplaced

OPEN = "document.getElementById('help').open"
FIRST_VISIT = "localStorage.removeItem('fusevis-hint-closed')"


@pytest.fixture
def explore(open_explore):
    open_explore.page.keyboard.press("Escape")
    open_explore.page.evaluate("document.activeElement.blur()")
    yield open_explore
    if open_explore.page.evaluate(OPEN):
        open_explore.page.keyboard.press("Escape")
    assert open_explore.console == []


def test_the_key_opens_keys_and_glossary_and_escape_leaves_the_page_as_it_was(explore):
    page = explore.page
    page.evaluate("FuseVis.explore.pin(true)")
    before = explore.pixel
    page.keyboard.press("?")
    assert page.evaluate(OPEN)
    keys = page.locator("#help-keys tr").all_inner_texts()
    assert len(keys) > 4
    assert keys[-1].startswith("?")
    told = (*DEFINITIONS, *MORE_DEFINITIONS, *FILE_DEFINITIONS)
    assert page.locator("#help dt").all_inner_texts() == [name for name, _ in told]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert not page.evaluate(OPEN)
    assert explore.pixel == before
    assert explore.state["isPinned"]
    explore.page.evaluate("FuseVis.explore.pin(false)")


def test_the_button_opens_it_and_the_focus_stays_in_it_and_comes_back(explore):
    page = explore.page
    page.locator("#help-open").click()
    assert page.evaluate(OPEN)
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || help.contains(document.activeElement)")
    page.get_by_role("button", name="Close", exact=True).click()
    assert page.evaluate("document.activeElement.id") == "help-open"


def test_a_question_mark_that_is_typed_is_a_question_mark(explore):
    explore.page.locator("#pair").click()
    explore.page.keyboard.press("?")
    assert not explore.page.evaluate(OPEN)


@pytest.mark.parametrize(
    ("words", "term"),
    [
        (".readout .term >> text=share", "Σ |∂y/∂x| and share"),
        ("#guidance1-name", "Guidance images"),
        (".head .term >> text=Jacobian", "Jacobian images"),
        (".gamma-name .term >> nth=0", "γ1, γ2"),
    ],
)
@pytest.mark.parametrize("by_key", [False, True], ids=["click", "key"])
def test_a_word_opens_the_glossary_at_its_term(explore, words, term, by_key):
    place = explore.page.locator(words)
    if by_key:
        place.focus()
        explore.page.keyboard.press("Enter")
    else:
        place.click()
    assert explore.page.locator("#help dt.here").inner_text() == term
    assert explore.page.evaluate("document.activeElement.textContent") == term
    assert explore.page.locator("#help dt.here").evaluate(
        """(entry) => {
          const box = entry.getBoundingClientRect(), frame = entry.closest(".help-parts").getBoundingClientRect();
          return box.top >= frame.top && box.bottom <= frame.bottom;
        }"""
    )


def test_the_open_dialog_is_whole(explore):
    explore.page.keyboard.press("?")
    checked(explore.page)
    assert broken_rules(explore.page) == []
    assert misplaced(explore.page) == []


def test_a_first_visitor_is_told_three_steps_until_they_are_closed(chromium, address):
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.goto(f"{address}/networks")
        assert page.locator("#help-hint").is_hidden()
        context.add_init_script(f"if (!sessionStorage.visited) {{ {FIRST_VISIT}; sessionStorage.visited = 1; }}")
        page.reload()
        page.locator("#help-hint").wait_for()
        assert page.locator("#help-hint li").all_inner_texts() == list(STEPS)
        page.get_by_role("button", name="Got it").click()
        assert page.locator("#help-hint").is_hidden()
        assert page.evaluate("localStorage.getItem('fusevis-hint-closed')") == "1"
    finally:
        context.close()


def test_every_linked_word_of_every_page_is_in_the_glossary(chromium, address):
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    linked = {}
    for path, there in {
        "/": ".readout .term",
        "/compare": ".row-name .term",
        "/verdict": ".verdict-table .term",
        "/networks": "#net-card h2",
    }.items():
        page.goto(f"{address}{path}?pair=cases/square&network=DeepFuse")
        page.wait_for_selector(there, state="attached")
        linked[path] = set(page.locator("[data-term]").evaluate_all("(all) => all.map((it) => it.dataset.term)"))
        known = set(page.locator("#help dt").all_text_contents())
        assert linked[path] <= known
    assert {"Leakage", "Contrast kept", "Trust card", "Range of the derivative"} <= linked["/verdict"]
    assert "Receptive field" in linked["/networks"]
    context.close()
