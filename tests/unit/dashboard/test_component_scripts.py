"""Which of Dash's scripts a page is sent with, and that what a browser no longer checks of its callbacks holds."""

import re

import pytest

from dashboard.components.component_scripts import TABLES
from dashboard.components.navigation import PATHS

SCRIPT = re.compile(r'<script src="([^"]+)"></script>')


@pytest.mark.parametrize(("title", "path"), PATHS.items())
def test_a_page_fetches_what_draws_tables_where_it_has_one(client, title, path):
    scripts = SCRIPT.findall(client.get(path).get_data(as_text=True))
    assert any("/dash_mantine_components/" in each for each in scripts)
    fetched = {library for library, place in TABLES.items() if any(place in each for each in scripts)}
    assert fetched == ({"dash_ag_grid"} if title == "Regions" else set())


def test_a_page_is_not_sent_what_the_others_hold(client):
    assert "validation_layout" not in client.get("/").get_data(as_text=True)


def test_whatever_a_callback_names_can_stand_on_a_page(app):
    there = {each.id for each in app.validation_layout._traverse_ids()}
    named = {place.rpartition(".")[0] for output in app.callback_map for place in output.strip(".").split("...")}
    for callback in app.callback_map.values():
        named |= {each["id"] for each in (*callback["inputs"], *callback["state"])}
    plain = {each for each in named if each and not each.startswith("{")}  # a pattern names whatever comes
    assert len(plain) > 100
    assert plain <= there
