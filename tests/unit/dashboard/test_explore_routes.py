"""The fast path over HTTP, and who may ask it."""

import re

import numpy as np
import pytest

import fusion
import saliency
from dashboard.imaging.encoding import to_bytes
from dashboard.server.messages import unpacked
from tests.support.explore_requests import asked, finished, refused

PAIR, NETWORK = "cases/wide", "DeepFuse"
WORDS = {"pair": PAIR, "network": NETWORK}
SVG = "http://www.w3.org/2000/svg"


def test_images_are_the_pairs_and_the_fused_one(client, world):
    about, arrays = asked(client, "images", **WORDS)
    pair, fused = world.pairs[PAIR], fusion.fuse(world.networks[NETWORK], world.pairs[PAIR])
    assert (about["height"], about["width"]) == pair.shape == (48, 72)
    for name, levels in (("first", pair.first), ("second", pair.second), ("fused", fused)):
        assert np.array_equal(arrays[name], np.rint(255 * np.clip(levels, 0, 1)).astype(np.uint8)), name
    blue = saliency.guidance_rgb(fused, fused, fused)[..., 2]
    assert fused.min() < 0  # what the grey levels cannot show
    assert np.array_equal(arrays["blue"], np.rint(255 * blue).astype(np.uint8))
    assert np.array_equal(arrays["second_color"], pair.second_color)
    assert np.array_equal(arrays["fused_color"], fusion.recolor(fused, pair.second_color))
    assert "first_color" not in arrays


@pytest.mark.parametrize("network", ["Weighted Averaging", "DeepFuse"])
@pytest.mark.parametrize("pixel", [(20, 31), (0, 0), (47, 71), (0, 50)])
def test_a_jacobian_is_the_one_of_the_interface(client, world, network, pixel):
    pair, net = world.pairs[PAIR], world.networks[network]
    about, arrays = asked(client, "jacobian", pair=PAIR, network=network, row=pixel[0], col=pixel[1])
    J = saliency.jacobian(net, pair, pixel)
    found = saliency.influence(J)
    assert np.allclose(arrays["first"], J.first, rtol=0, atol=1e-5 * np.abs(J.first).max())
    assert np.allclose(arrays["second"], J.second, rtol=0, atol=1e-5 * np.abs(J.second).max())
    assert (about["top"], about["left"]) == (J.window[0].start, J.window[1].start)
    full = J.full()
    expected = {
        "row": pixel[0],
        "col": pixel[1],
        "x1": pair.first[pixel],
        "x2": pair.second[pixel],
        "y": fusion.fuse(net, pair)[pixel],
        "d1": full[0][pixel],
        "d2": full[1][pixel],
        "total1": np.abs(full[0]).sum(),
        "total2": np.abs(full[1]).sum(),
        "share1": found.share_first,
        "share2": found.share_second,
        "radius1": found.radius_first,
        "radius2": found.radius_second,
    }
    assert {name: about[name] for name in expected} == pytest.approx(expected, rel=1e-5, abs=1e-7)
    assert about["milliseconds"] > 0


def test_pixels_ahead_follow_the_wanted_one_and_are_the_same_jacobians(client, world):
    pixels = [(20, 31), (20, 32), (0, 0), (21, 31)]
    ahead = ",".join(f"{row},{col}" for row, col in pixels[1:])
    response = client.get("/explore/jacobian", query_string={**WORDS, "row": 20, "col": 31, "ahead": ahead})
    assert re.fullmatch(r"handled;dur=[0-9.]+", response.headers["Server-Timing"])
    message = response.get_data()
    for pixel in pixels:
        about, arrays = unpacked(message)
        J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], pixel)
        assert (about["row"], about["col"]) == pixel
        assert (about["top"], about["left"]) == (J.area.top, J.area.left)
        scale = np.abs(J.first).max()
        assert np.abs(arrays["first"] - J.first).max() <= 1e-5 * scale
        assert np.abs(arrays["second"] - J.second).max() <= 1e-5 * scale
        length = int.from_bytes(message[:4], "little")
        message = message[4 + length + sum(-(-each.nbytes // 4) * 4 for each in arrays.values()) :]
    assert message == b""


@pytest.mark.parametrize("ahead", ["1", "1,2,3", "a,b", "1;2", "1.5,2", ",".join(["3"] * 18)])
def test_pixels_ahead_that_are_no_pairs_of_numbers_are_refused(client, ahead):
    assert "ahead" in refused(client, "jacobian", **WORDS, row=1, col=1, ahead=ahead)


@pytest.mark.slow
def test_guidance_ends_exact(client, world):
    arrays = finished(client, **WORDS)
    G = saliency.guidance(world.networks[NETWORK], world.pairs[PAIR])
    scale = max(np.abs(G.first).max(), np.abs(G.second).max())
    assert np.abs(arrays["first"] - G.first).max() <= 1e-5 * scale  # threads change the order of float32 sums
    assert np.abs(arrays["second"] - G.second).max() <= 1e-5 * scale
    assert not np.array_equal(arrays["first"], arrays["second"])


@pytest.mark.slow
@pytest.mark.parametrize("have", [1, 7, 10**6])
def test_finished_guidance_reaches_a_browser_that_saw_it_sharpening(client, settings, own_app, have):
    """After a restart the stored images count one pass, fewer than the browser may have seen."""
    exact = finished(client, **WORDS)
    restarted = own_app(settings).server.test_client()
    about, arrays = asked(restarted, "guidance", have=have, **WORDS)
    assert (about["done"], about["total"]) == (1, 1)
    assert all(np.array_equal(arrays[name], exact[name]) for name in ("first", "second"))


@pytest.mark.parametrize(("row", "col"), [(-1, 0), (48, 0), (0, 72), (10**30, 0)])
def test_a_pixel_outside_is_refused_with_the_range(client, row, col):
    sentence = refused(client, "jacobian", **WORDS, row=row, col=col)
    assert "rows go from 0 to 47, columns from 0 to 71" in sentence


@pytest.mark.parametrize("value", ["", "1.5", "ten", "null", "NaN"])
def test_what_is_no_number_is_named(client, value):
    assert "row has to be a whole number" in refused(client, "jacobian", **WORDS, row=value, col=1)
    assert "have has to be a whole number" in refused(client, "guidance", **WORDS, have=value)


@pytest.mark.parametrize("what", ["images", "jacobian", "guidance"])
def test_unknown_names_are_answered_with_the_nearest(client, what):
    rest = {"row": 1, "col": 1, "have": 0}
    assert "the nearest is 'cases/square'" in refused(client, what, pair="case/squar", network=NETWORK, **rest)
    assert "choose one of: DeepFuse," in refused(client, what, pair=PAIR, network="DeepFuze", **rest)
    assert "not installed" in refused(client, what, pair=PAIR, network="MaskNet", **rest)
    assert refused(client, what, **rest)


def test_a_damaged_file_is_named(client):
    assert "zz-broken.png" in refused(client, "images", pair="cases/zz-broken", network=NETWORK)


MODULE = "/assets/js/pages/explore/explore.js"
ADDRESSES = ["/", "/explore/images?pair=cases/wide&network=DeepFuse", "/_dash-layout", MODULE]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8050", "127.0.0.1.evil.example", "[::2]", "[", ""])
def test_another_name_for_this_computer_is_refused(client, address, host):
    assert client.get(address, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8050", "127.0.0.1:80", "[::1]:8050", "LOCALHOST"])
def test_its_own_names_are_answered(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost:1", "http://[", "", "http://localhost@evil.example"],
)
def test_a_page_from_elsewhere_is_refused(client, address, origin):
    assert client.get(address, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_picture_or_frame_on_a_page_elsewhere_is_refused(client, address, site):
    for mode, dest in (("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty")):
        fetch = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        assert client.get(address, headers=fetch).status_code == 403
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.post("/explore/leave?page=7-3", headers=link).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none"])
def test_a_link_from_elsewhere_opens_the_page(client, site):
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=link).status_code == 200


def test_what_its_own_page_fetches_is_answered(client):
    fetch = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert client.get("/_dash-layout", headers=fetch).status_code == 200


def test_its_own_page_is_answered(client):
    headers = {"Host": "localhost:8050", "Origin": "http://localhost:8050"}
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("address", [*ADDRESSES, "/explore/images?pair=none", "/nothing-here"])
def test_every_answer_carries_the_policy(client, address):
    policy = client.get(address).headers["Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert not re.search(r"https?:|\*|wss?:", policy)


def test_the_page_names_no_address_elsewhere(client):
    page = client.get("/").get_data(as_text=True)
    named = re.findall(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']([^"']*)""", page)
    assert len(named) > 10
    assert [each for each in named if not re.match(r"/(?!/)", each)] == []
    for each in named:
        if each.startswith("/assets"):
            text = client.get(each).get_data(as_text=True).replace(SVG, "")  # a name that nothing is fetched from
            assert not re.search(r"https?://", text), each


def test_the_size_of_the_wire_is_what_the_arrays_need(client, world):
    """Pictures travel as bytes, not as text."""
    response = client.get("/explore/images", query_string=WORDS)
    bare = sum(levels.size for levels in (world.pairs[PAIR].first,) * 4) + 2 * world.pairs[PAIR].second_color.size
    assert bare <= len(response.get_data()) < bare + 1024
    assert to_bytes(world.pairs[PAIR].first).tobytes() in response.get_data()
