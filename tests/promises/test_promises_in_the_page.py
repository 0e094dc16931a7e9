"""Promises 8 and 28: what stands in the page is inert, and of one pixel."""

import io
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlencode

import numpy as np
import pypdf
import pytest

from dashboard.app import JOBS, create_app
from dashboard.settings import Settings
from fusion.method.own_network import own_network
from tests.support.dicom_files import series
from tests.support.dropped import picture
from tests.support.explore_checks import NETWORK, START, check_readout, expected_readout
from tests.support.explore_page import Explore
from tests.support.own_networks import written
from tests.support.waiting import until

SCRIPT = "<img src=x onerror=window.evil=1>"
"""As a file's name, which has no slash."""
TAG = "<script>window.evil=1</script>"
NAME = "javascript:window.evil=1"


@pytest.fixture(scope="module")
def odd(serve, tmp_path_factory, random_checkpoints):
    """A dashboard whose pairs, network and DICOM files are called after scripts."""
    root = tmp_path_factory.mktemp("odd")
    for seed, modality in enumerate(("mri", "pet")):
        file = root / f"{SCRIPT}" / modality / f"{SCRIPT}{NAME}.png"
        file.parent.mkdir(parents=True)
        file.write_bytes(picture(seed, (24, 26)))
    tags = {"PatientID": TAG, "SeriesDescription": TAG, "StudyDescription": TAG, "FrameOfReferenceUID": "1.2.3"}
    for seed, modality in enumerate(("MR", "PT")):
        values = np.random.default_rng(seed).integers(0, 4096, (3, 24, 26)).astype(np.uint16)
        series(root / SCRIPT / "volumes" / f"{seed}", values, modality, axes=np.eye(3)[[2, 1, 0]], **tags)
    own = own_network(f"{written(root / 'code', name='odd')}:Blend={SCRIPT}")
    cache = tmp_path_factory.mktemp("cache")
    chosen = Settings(
        pairs=(root / SCRIPT,),
        networks=(own,),
        checkpoints=random_checkpoints,
        cache=cache,
        phantoms=1,
        nightscenes=0,
    )
    app = create_app(chosen)
    client = app.server.test_client()
    until(lambda: client.get("/networks/ready", query_string={"network": SCRIPT}).json["ready"])
    with serve(app) as address:
        yield app, address
    app.server.extensions[JOBS].close()


def pairs_of(app):
    """The ids of a picture's pair and of a slice."""
    service_ids = [pair for pair in ids_in(app.server.test_client().get("/cases").json) if "phantom" not in pair]
    pictures = next(
        each for each in service_ids if "onerror" in each and "axial" not in each and "scene" not in each
    )
    return pictures, next(each for each in service_ids if "axial" in each)


def ids_in(listed):
    if isinstance(listed, dict):
        if isinstance(listed.get("id"), str):
            yield listed["id"]
        listed = list(listed.values())
    for each in listed if isinstance(listed, list) else ():
        yield from ids_in(each)


def test_promise_08_html_in_names_is_text_in_page_svg_and_report(chromium, odd, measured):
    app, address = odd
    visit, dialogs, shown = Explore(chromium, address), [], 0
    visit.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for pair in pairs_of(app):
        words = {"pair": pair, "network": SCRIPT, "networks": SCRIPT, "row": 5, "col": 6, "region": "rect:2,2,9,9"}
        for path in ("", "compare", "verdict", "regions", "networks"):
            visit.page.goto(f"{address}/{path}?{urlencode(words)}")
            visit.page.wait_for_function("(title) => document.body.innerText.includes(title)", arg="onerror")
            assert visit.page.evaluate("[window.evil, document.querySelectorAll('[onerror]').length]") == [None, 0]
            shown += 1
        client = app.server.test_client()

        def exported(what, words=words, client=client):
            answer = client.get(f"/export/{what}", query_string={**words, "panel": "c", "dpi": "72"})
            return answer.get_data() if answer.status_code == 200 else None

        drawing = ElementTree.fromstring(until(lambda exported=exported: exported("panel.svg")))
        for each in drawing.iter():
            assert each.tag.rpartition("}")[2] not in ("script", "img", "foreignObject")
            assert not any(name.lower().startswith("on") for name in each.attrib)
            assert not any("javascript:" in value for name, value in each.attrib.items() if "href" in name)
        report = pypdf.PdfReader(io.BytesIO(until(lambda exported=exported: exported("report.pdf"))))
        assert not {"/JavaScript", "/OpenAction", "/AA"} & set(report.trailer["/Root"])
    assert dialogs == []
    assert [each for each in visit.console if "error" in each] == []
    visit.close()
    measured(f"{shown} pages, SVG and PDF of a pair and of a DICOM slice; nothing ran")


def held_back(explore, which):
    """Questions for Jacobians with these words in their address, kept until they are let go."""
    held = []
    explore.page.route("**/channel", lambda route: route.fulfill(json={"address": None}))
    explore.page.route(lambda url: "/explore/jacobian" in url and which in url, lambda route: held.append(route))
    return held


def let_go(explore, held):
    for route in held:
        route.continue_()
    explore.page.unroute_all()


def test_promise_28_a_late_answer_of_an_old_pixel_never_stands_under_another(alone, world, measured):
    alone.open(**START)
    alone.sharp()
    old, between, new = (12, 50), (30, 20), (40, 33)
    held = held_back(alone, f"row={old[0]}&col={old[1]}")
    alone.move("fused", old)
    until(lambda: held, pause=lambda: alone.page.wait_for_timeout(20))
    alone.move("fused", between)
    alone.move("fused", new)
    let_go(alone, held)
    alone.shows(new)
    alone.settled()
    check_readout(alone, expected_readout(world, NETWORK, new))
    assert [each["row"] for each in alone.asked("jacobian")][-2:] == [str(old[0]), str(new[0])]  # the latest wins
    assert alone.console == []
    measured("of three pixels in a row the last is asked for and shown, read-out and picture")


def test_promise_28_a_late_answer_of_the_network_before_is_dropped(alone, world):
    alone.open(**START)
    held = held_back(alone, "network=DeepFuse")
    alone.move("fused", (12, 50))
    until(lambda: held, pause=lambda: alone.page.wait_for_timeout(20))
    alone.choose("network", "Weighted Averaging")
    alone.settle_on("document.getElementById('fused-name').textContent === 'Fused, Weighted Averaging'")
    let_go(alone, held)
    alone.page.wait_for_function("FuseVis.explore.state.pixel")
    check_readout(alone, expected_readout(world, "Weighted Averaging", alone.pixel))
    assert alone.console == []
