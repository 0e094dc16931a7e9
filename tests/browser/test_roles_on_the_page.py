"""What a viewer may not do is switched off, and says which role is needed; an analyst can do all of it."""

import base64
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dashboard.access.roles import Role, refusal
from dashboard.access.session_cookie import COOKIE
from tests.browser.test_file_drop import DROP, PAIR
from tests.support.explore_page import Explore
from tests.support.signed_on import signed_on, users_of
from tests.support.volumes import volume, write_nifti
from tests.support.waiting import until

WHY = refusal(Role.ANALYST)
SLICE, NETWORK = "study/P1 · axial/3", "DeepFuse"


@pytest.fixture(scope="module")
def site(serve, settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("roles")
    write_nifti(volume(1, shape=(5, 11, 10), spacing=(3.0, 1.0, 1.0)), folder / "study" / "mri" / "P1.nii.gz")
    write_nifti(volume(2, "PET", shape=(3, 6, 6), spacing=(3.0, 2.0, 2.0)), folder / "study" / "pet" / "P1.nii.gz")
    chosen = replace(settings, pairs=(*settings.pairs, folder / "study"), same_space=True)
    with signed_on(chosen, folder, uploads=True) as app, serve(app) as address:
        users = users_of(folder)
        client = app.server.test_client()
        client.set_cookie(COOKIE, users.begin_session("anna"))
        until(lambda: client.get("/networks/ready", query_string={"network": NETWORK}).json["ready"])
        yield SimpleNamespace(address=address, users=users)


@pytest.fixture
def visit(chromium, site):
    """Opens the dashboard as somebody."""
    opened = []

    def enter(name):
        found = Explore(chromium, site.address)
        found.page.goto(f"{site.address}/sign-in")
        found.page.get_by_label("Name").fill(name)
        found.page.get_by_label("Password").fill("ten letters and more")
        found.page.get_by_role("button", name="Sign in").click()
        found.page.wait_for_function("window.FuseVis?.explore?.state.pixel")
        opened.append(found)
        return found

    yield enter
    for each in opened:
        each.close()


def drop(page):
    told = [[name, base64.b64encode(content).decode()] for name, content in PAIR.items()]
    page.evaluate(DROP, [told, "#case-strip"])


@pytest.mark.parametrize(("name", "is_off"), [("vera", True), ("anna", False)])
def test_pictures_are_brought_by_an_analyst(visit, name, is_off):
    found = visit(name)
    page = found.page
    for button in ("Open files…", "Open folder…"):
        place = page.locator(".strip").get_by_role("button", name=button, include_hidden=True)
        assert (place.is_disabled(), place.get_attribute("title") or "") == (is_off, WHY if is_off else "")
    said = page.locator(".drop-told").text_content()
    assert (said == WHY) == is_off
    if is_off:
        drop(page)
        assert page.evaluate("window.wasOver")
        assert page.locator(".drop-overlay").text_content() == WHY
        page.wait_for_function("(why) => document.querySelector('.drop-status p').textContent === why", arg=WHY)
        assert [each for each in found.requests if "/drops" in each] == []


@pytest.mark.parametrize(("name", "is_off"), [("vera", True), ("anna", False)])
def test_a_series_is_started_by_an_analyst(visit, site, name, is_off):
    found = visit(name)
    page = found.page
    page.goto(f"{site.address}/?pair={SLICE}&network={NETWORK}")
    page.locator("#series-button").click()
    tools = page.locator("#series-tools")
    tools.get_by_role("button", name="Compute").wait_for()
    assert tools.get_by_role("button", name="Compute").is_disabled() == is_off
    assert (WHY in tools.text_content()) == is_off


@pytest.mark.parametrize(("name", "is_off"), [("vera", True), ("anna", False)])
def test_a_mask_file_is_brought_by_an_analyst(visit, site, name, is_off):
    found = visit(name)
    page = found.page
    page.goto(f"{site.address}/regions?pair=cases/wide&networks={NETWORK}")
    place = page.locator("#regions-upload")
    place.wait_for()
    assert place.is_disabled() == is_off
    page.locator(".control", has=place).hover()
    page.get_by_role("tooltip").get_by_text(WHY if is_off else "what is not black is the region").wait_for()


@pytest.mark.parametrize(("name", "is_off"), [("vera", True), ("anna", False)])
def test_guidance_is_held_by_an_analyst(visit, name, is_off):
    found = visit(name)
    buttons = found.page.locator(".job-controls button")
    until(lambda: buttons.count() >= 2, pause=lambda: found.page.wait_for_timeout(20))
    assert {each.is_disabled() for each in buttons.all()} == {is_off}
