"""The details of Verdict in a browser: a click chooses a pixel, and its answers come."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.waiting import PATIENCE


@pytest.fixture
def opened(chromium, address):
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    console, asked = [], []
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/verdict?pair=cases/wide&network=DeepFuse&row=7&col=9&details=1&sort=label")
    yield page
    context.close()
    assert console == []
    assert all(url.startswith((address, "data:", "blob:")) for url in asked)


def test_a_click_chooses_a_pixel_and_its_column_appears(opened):
    column = "#ask-body-column .ask-maps img"
    opened.wait_for_function("document.querySelectorAll('#ask-body-column .ask-maps img').length === 2")
    before = opened.locator(column).nth(1).get_attribute("src")
    assert opened.locator("#ask-row").input_value() == "7"

    box = opened.locator(".ask-surface").nth(1).bounding_box()
    opened.mouse.click(box["x"] + box["width"] * 30.5 / 72, box["y"] + box["height"] * 20.5 / 48)
    opened.wait_for_function("document.getElementById('ask-row').value === '20'")
    opened.wait_for_function("document.getElementById('ask-col').value === '30'")
    opened.wait_for_function(
        "(before) => { const all = document.querySelectorAll('#ask-body-column .ask-maps img');"
        " return all.length === 2 && all[1].src !== before; }",
        arg=before,
    )
    opened.keyboard.press("ArrowRight")  # the picture that was clicked has the focus
    opened.wait_for_function("document.getElementById('ask-col').value === '31'")
    opened.wait_for_function("document.querySelectorAll('.ask-check').length === 3")
    opened.wait_for_function("!document.querySelector('.ask-stale, .ask-waiting:not(:empty)')")
    opened.wait_for_function("document.querySelector('#ask-body-nudge .js-plotly-plot')?.data?.length === 4")
    words = dict(parse_qsl(urlsplit(opened.url).query))
    assert (words["row"], words["col"], words["which"], words["sort"]) == ("20", "31", "first", "label")


def test_the_share_map_turns_to_all_pixel_sums_and_the_address_says_so(opened):
    opened.wait_for_function("document.getElementById('ask-body-shares')?.textContent.includes('|G1|')")
    opened.get_by_text("All-pixel sums", exact=True).click()
    opened.wait_for_function("document.getElementById('ask-body-shares').textContent.includes('Σ|J1|')")
    assert dict(parse_qsl(urlsplit(opened.url).query))["shares"] == "sums"
    opened.reload()
    opened.wait_for_function("document.getElementById('ask-body-shares')?.textContent.includes('Σ|J1|')")


def test_a_typed_pixel_outside_is_told_and_shows_nothing(opened):
    opened.wait_for_function("document.querySelectorAll('#ask-body-column .ask-maps img').length === 2")
    opened.locator("#ask-row").fill("400")
    opened.keyboard.press("Enter")
    opened.wait_for_function("document.getElementById('ask-problem').textContent.includes('outside the image')")
    assert opened.locator("#ask-body-column").inner_text() == ""
