"""Links between pages take the present view along."""

from urllib.parse import parse_qs, urlsplit

from tests.support.explore_checks import START


def test_a_link_that_is_followed_before_any_module_is_here_takes_the_view_along(chromium, address):
    visit = chromium.new_context()
    page = visit.new_page()
    held = []
    page.route("**/assets/js/**", lambda route: held.append(route))  # never answered
    page.goto(address + "/?" + "&".join(f"{name}={value}" for name, value in START.items()))
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Networks", exact=True)
    link.click(no_wait_after=True)
    page.wait_for_url("**/networks**")
    assert held
    assert parse_qs(urlsplit(page.url).query)["pair"] == [START["pair"]]
    page.unroute_all()
    visit.close()
