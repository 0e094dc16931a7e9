"""A page that opens while the server is gone says so, and opens once it is back."""

from tests.support.explore_checks import START


def test_a_page_that_opens_while_the_server_ends_says_so_and_recovers(chromium, address):
    visit = chromium.new_context()
    page = visit.new_page()
    lost = []

    def lose(route):
        lost.append(route)
        route.abort()

    page.route("**/_dash-update-component*", lose)
    page.goto(address + "/?" + "&".join(f"{name}={value}" for name, value in START.items()))
    note = page.locator(".lost-server")
    note.wait_for()
    assert "The server does not answer" in note.inner_text()
    assert lost
    page.unroute_all()  # it is back
    page.wait_for_url("**manner=follow**")  # a pixel of the view stands in the address
    assert note.count() == 0
    visit.close()
