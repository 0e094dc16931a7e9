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


@pytest.fixture(scope="module", params=["vera", "anna"])
def visit(request, chromium, site):
    """Somebody who has signed in."""
    found = Explore(chromium, site.address)
    found.name = request.param
    found.page.goto(f"{site.address}/sign-in")
    found.page.get_by_label("Name").fill(request.param)
    found.page.get_by_label("Password").fill("ten letters and more")
    found.page.get_by_role("button", name="Sign in").click()
    found.page.wait_for_function("window.FuseVis?.explore?.state.pixel")
    yield found
    found.close()


@pytest.fixture
def is_off(visit):
    """Whether that is somebody who may only look."""
    visit.requests.clear()
    return visit.name == "vera"


def drop(page):
    told = [[name, base64.b64encode(content).decode()] for name, content in PAIR.items()]
    page.evaluate(DROP, [told, "#case-strip"])


def test_pictures_are_brought_by_an_analyst(visit, is_off):
    page = visit.page
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
        assert [each for each in visit.requests if "/drops" in each] == []


def test_a_series_is_started_by_an_analyst(visit, site, is_off):
    page = visit.page
    page.goto(f"{site.address}/?pair={SLICE}&network={NETWORK}")
    page.locator("#series-button").click()
    tools = page.locator("#series-tools")
    tools.get_by_role("button", name="Compute").wait_for()
    assert tools.get_by_role("button", name="Compute").is_disabled() == is_off
    assert (WHY in tools.text_content()) == is_off


def test_a_mask_file_is_brought_by_an_analyst(visit, site, is_off):
    page = visit.page
    page.goto(f"{site.address}/regions?pair=cases/wide&networks={NETWORK}")
    place = page.locator("#regions-upload")
    place.wait_for()
    assert place.is_disabled() == is_off
    page.locator(".control", has=place).hover()
    page.get_by_role("tooltip").get_by_text(WHY if is_off else "what is not black is the region").wait_for()


def test_guidance_is_held_by_an_analyst(visit, site, is_off):
    visit.page.goto(site.address)
    buttons = visit.page.locator(".job-controls button")
    until(lambda: buttons.count() >= 2, pause=lambda: visit.page.wait_for_timeout(20))
    assert {each.is_disabled() for each in buttons.all()} == {is_off}
