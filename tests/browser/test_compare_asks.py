"""Networks that take long, on Compare: asked for with the time that they take, begun by their reader alone."""

from urllib.parse import urlencode, urlsplit

from dashboard.pages.compare import expected_times
from tests.support.compare_page import START, Compare


def test_a_slow_network_waits_for_its_reader(chromium, empty_address, monkeypatch):
    monkeypatch.setattr(expected_times, "LONG", {"fused": 0.0, "jacobian": 0.0, "guidance": 0.0})
    page = Compare(chromium, empty_address)
    words = {**START, "networks": "DeepFuse,FunFuseAn", "rows": "fused,guidance,jacobian"}
    try:
        page.page.goto(f"{empty_address}/compare?{urlencode(words)}")
        page.page.wait_for_function("document.querySelectorAll('.ask[data-ask=fused]').length >= 10")
        sentence = page.column("DeepFuse").locator(".ask:visible p").first.inner_text()
        assert sentence.startswith("The fused image of DeepFuse takes about ")
        assert hatched(page, "DeepFuse", "fused")
        page.page.get_by_role("button", name="Fuse: DeepFuse").first.click()
        page.page.wait_for_function("FuseVis.compare.columns.get('DeepFuse').view")
        waiting = page.column("DeepFuse").locator(".ask:visible")
        assert set(waiting.evaluate_all("(all) => all.map((each) => each.dataset.ask)")) == {
            "guidance",
            "jacobian",
        }
        assert not derivatives_asked(page)
        page.page.get_by_role("button", name="Compute Jacobians: DeepFuse").first.click()
        page.page.wait_for_function("FuseVis.compare.columns.get('DeepFuse').answer")
        page.page.get_by_role("button", name="Compute guidance: DeepFuse").first.click()
        page.page.wait_for_function("FuseVis.compare.columns.get('DeepFuse').guidance?.isComplete")
        assert not waiting.count()
        assert page.column("FunFuseAn").locator(".ask:visible").count() == 5
        asked = derivatives_asked(page)
        assert asked
        assert not any("FunFuseAn" in url for url in asked)
        assert page.console == []
    finally:
        page.close()


def derivatives_asked(page):
    """What has been asked of the server that computes derivatives."""
    return [url for url in page.requests if urlsplit(url).path in ("/explore/guidance", "/compare/jacobian")]


def hatched(page, network, row):
    style = (
        page.column(network)
        .locator(f".row[data-row={row}] .ask")
        .evaluate("(each) => getComputedStyle(each).backgroundImage")
    )
    return style.startswith("repeating-linear-gradient")
