"""Pages of a report: nothing is lost or torn, and the last one is not left half empty."""

import pytest

from dashboard.report.number_table import NumberTable
from dashboard.report.page_canvas import house_style
from dashboard.report.page_flow import HEIGHT, LEAST_FILLED, PageFlow, flowing

WORDS = (
    "an entry whose words go on for some time, so that they fill more than one line of the page they stand on " * 2
)


def texts(pages):
    return [text.get_text() for _, canvas in pages for text in canvas.figure.texts]


@pytest.mark.parametrize("count", [3, 12, 30, 31, 33, 36, 45])
def test_the_last_page_is_filled_and_every_entry_is_there(count):
    with house_style():
        pages = flowing("Figures", [lambda flow: flow.entries([(f"name {n}", WORDS) for n in range(count)])])
    shown = texts(pages)
    assert [f"name {n}" for n in range(count)] == [text for text in shown if text.startswith("name ")]
    assert len(pages) == 1 or lowest(pages[-1][1]) >= LEAST_FILLED * HEIGHT - 12


def lowest(canvas):
    """Millimetres from the top of the page to the last line of text."""
    return max((1 - text.get_position()[1]) * canvas.height - 15 for text in canvas.figure.texts)


def test_a_table_that_does_not_fit_begins_a_page_of_its_own():
    table = NumberTable("Shares", ("network", "share"), (("A", 0.5), ("B", None)))
    with house_style():
        flow = PageFlow("Figures")
        flow.top = HEIGHT - 10
        flow.table(table)
    assert [title for title, _ in flow.pages] == ["Figures", "Figures, continued"]
    assert flow.top < HEIGHT / 2
