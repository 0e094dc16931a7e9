"""A visit where people sign in: the page in both themes, the pointer, and signing out."""

import pytest

from dashboard.settings import Settings
from tests.browser.test_accessibility import AXE, RULES
from tests.support.explore_page import Explore
from tests.support.serving import served_on_one_port
from tests.support.signed_on import PASSWORD, signed_on
from tests.support.waiting import until

VIEW = {"pair": "cases/wide", "network": "DeepFuse", "row": 5, "col": 6}


@pytest.fixture(scope="module")
def site(settings, tmp_path_factory):
    with (
        signed_on(settings, tmp_path_factory.mktemp("sign-on"), is_intranet=True, prefix="/fusevis") as app,
        served_on_one_port(app.server, Settings(is_intranet=True, prefix="/fusevis")) as address,
    ):
        yield f"{address}/fusevis"


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 360])
def test_the_sign_in_page_is_for_everybody(chromium, site, scheme, width):
    visit = chromium.new_context({"width": width, "height": 700})
    page = visit.new_page()
    page.emulate_media(color_scheme=scheme)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/compare?pair=cases/wide")
    page.evaluate(AXE.read_text())  # not by a tag, which the page's policy refuses
    found = page.evaluate("(tags) => axe.run({ runOnly: tags })", RULES)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert {each for each in asked if not each.startswith(("data:", f"{site}/"))} == set()
    page.emulate_media(color_scheme="null")
    visit.close()


def test_somebody_signs_in_hovers_and_signs_out(chromium, site):
    visit = Explore(chromium, site)
    page = visit.page
    words = "&".join(f"{name}={value}" for name, value in VIEW.items())
    page.goto(f"{site}/?{words}")
    page.get_by_label("Name").fill("vera")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").text_content() == "Name or password is wrong."
    page.get_by_label("Name").fill("vera")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_function("window.FuseVis?.explore?.state.pixel")
    visit.sharp()
    assert visit.words()["pair"] == VIEW["pair"]
    visit.settle_on("FuseVis.channel.isOpen()")
    visit.hover("first", (10, 20))
    assert page.locator(".navigation .account").text_content() == "vera"
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Password").wait_for()
    until(lambda: page.evaluate("() => fetch('cases').then(({ status }) => status)") == 401)
    visit.close()
