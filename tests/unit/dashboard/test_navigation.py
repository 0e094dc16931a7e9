"""Pages by their addresses: a page that has moved is still found."""

import pytest

from dashboard.components.navigation import MOVED, PATHS


@pytest.mark.parametrize("query", ["", "?pair=cases/wide&row=7&region=disk:1,2,3"])
def test_an_address_from_before_a_move_leads_to_the_page_with_its_words(client, query):
    answer = client.get(f"/questions{query}")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"verdict{query}")
    assert client.get(f"/questions{query}", follow_redirects=True).status_code == 200
    assert set(MOVED.values()) <= set(PATHS.values())
    assert not set(MOVED) & set(PATHS.values())


def test_no_callback_takes_the_place_of_another(app):
    """Dash names one without output by its inputs, and keeps the last of those that are named alike."""
    app.server.test_client().get("/_dash-dependencies")  # what was registered is taken over with the first request
    named = [each["output"] for each in app._callback_list]
    assert len(named) > 50
    assert len(set(named)) == len(named) == len(app.callback_map)
