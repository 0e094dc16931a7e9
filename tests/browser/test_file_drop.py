"""Pictures dropped on the page, or opened by its buttons: listed, opened, refused, cancelled, removed."""

import base64
import json
from dataclasses import replace
from urllib.parse import urlencode

import numpy as np
import pytest

from dashboard.app import DROPS, JOBS, create_app
from tests.support.dropped import picture
from tests.support.explore_page import Explore
from tests.support.volumes import volume, write_nifti
from tests.support.waiting import until

PAIR = {"mri.png": picture(1, (40, 48)), "pet.png": picture(2, (40, 48))}
FOLDER = {
    f"mine/{kind}/{number}.png": picture(3 * number + len(kind), (40, 48))
    for kind in ("ct", "spect")
    for number in (1, 2)
}
DROP = """([files, where]) => {
  const transfer = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  const place = document.querySelector(where);
  for (const kind of ["dragenter", "dragover"]) {
    place.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
  window.wasOver = getComputedStyle(document.querySelector(".drop-overlay")).display !== "none";
  place.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def drop_address(serve, settings, tmp_path_factory):
    app = create_app(replace(settings, cache=tmp_path_factory.mktemp("cache")))
    client = app.server.test_client()
    until(lambda: client.get("/networks/ready", query_string={"network": "DeepFuse"}).json["ready"])
    with serve(app) as address:
        yield address, app.server.extensions[DROPS]
    app.server.extensions[JOBS].close()
    app.server.extensions[DROPS].close()


class Page(Explore):
    """Explore with files to drop on it."""

    def drop(self, files, where="#case-strip"):
        told = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
        self.page.evaluate(DROP, [told, where])

    def is_at(self, path):
        self.page.wait_for_function(
            """(path) => document.querySelector(".strip-where")?.textContent === path
              && FuseVis.explore.state.pixel
              && document.getElementById("pair-note").textContent.startsWith(`${path} · `)
              && document.querySelector("input#pair").value === path""",
            arg=path,
        )

    def addressed(self):
        """Wait until the address is that of a dropped pair; it follows the picture."""
        self.page.wait_for_function("new URLSearchParams(location.search).get('pair').startsWith('drop-')")

    def listed(self):
        cases = self.page.locator(".strip [data-place]")
        return cases.evaluate_all("(all) => all.map(({ dataset }) => dataset.path)")

    def stands(self, place, words):
        """Wait until a part of the page says, or an input has, these words at its beginning."""
        self.page.wait_for_function(
            """([place, words]) => { const found = document.querySelector(place);
              return (found?.value ?? found?.textContent ?? "").startsWith(words); }""",
            arg=[place, words],
        )

    def said(self, words):
        self.page.wait_for_function(
            "(words) => document.querySelector('.drop-status p').textContent.includes(words)", arg=words
        )


@pytest.fixture
def page(chromium, drop_address):
    found = Page(chromium, drop_address[0], (1680, 1000))
    found.open(pair="cases/square", network="DeepFuse")
    found.page.locator(".strip [data-place]").first.wait_for()
    yield found
    found.close()
    drops = drop_address[1]
    for secret in list(drops._drops):
        drops.remove(secret)


def test_two_pictures_dropped_on_the_strip_open_as_a_pair(page, chromium, drop_address):
    before = page.listed()
    assert "4,000 files, 1,024 MB" in page.page.locator(".strip-drop summary").inner_text()
    page.drop(PAIR)
    assert page.page.evaluate("window.wasOver"), "the limits stand over the page before files are let go"
    page.is_at("Dropped 1 / mri + pet")
    assert page.listed() == ["Dropped 1 / mri + pet", *before]
    page.addressed()
    link = page.page.url
    assert "mri" not in link.partition("?")[2].partition("network")[0]
    page.page.reload()
    page.is_at("Dropped 1 / mri + pet")
    other = Page(chromium, drop_address[0], (1680, 1000))
    other.open(pair="cases/square", network="DeepFuse")
    other.page.locator(".strip [data-place]").first.wait_for()
    assert other.listed() == before, "another browser lists none of it"
    other.page.goto(link)
    other.is_at("Dropped 1 / mri + pet")
    other.close()
    assert page.console == []
    page.page.get_by_role("button", name="Remove Dropped 1").click()
    page.is_at(before[0])
    page.page.wait_for_function("() => !document.querySelector('.strip-remove')")
    assert page.listed() == before
    page.page.goto(link)
    page.page.get_by_text("What was dropped is not here any more").wait_for()


def test_a_folder_opened_by_its_button_is_a_collection_of_pairs(page, tmp_path):
    for name, content in FOLDER.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with page.page.expect_file_chooser() as chooser:
        page.page.get_by_role("button", name="Open folder…").press("Enter")
    chooser.value.set_files(tmp_path / "mine")
    page.is_at("Dropped 1 · mine / 1")
    page.page.evaluate("document.activeElement.blur()")
    page.page.keyboard.press("PageDown")
    page.is_at("Dropped 1 · mine / 2")
    assert page.page.locator("#pair-note").inner_text().startswith("Dropped 1 · mine / 2 · ")
    with page.page.expect_file_chooser() as chooser:
        page.page.get_by_role("button", name="Open files…").click()
    chooser.value.set_files([{"name": name, "mimeType": "image/png", "buffer": PAIR[name]} for name in PAIR])
    page.is_at("Dropped 2 / mri + pet")
    assert page.console == []


def test_a_drop_reaches_the_pictures_of_every_page(page):
    page.page.goto(f"{page.address}/compare?{urlencode({'pair': 'cases/square', 'networks': 'DeepFuse'})}")
    page.page.locator(".strip [data-place]").first.wait_for()
    page.drop(PAIR, "#page")
    page.stands(".strip-where", "Dropped 1 / mri + pet")
    page.stands("input#compare-pair", "Dropped 1 / mri + pet")
    assert page.console == []


def test_volumes_are_opened_once_somebody_says_that_they_are_registered(page, tmp_path):
    for name, seed, kind in (("mri.nii", 1, "MRI"), ("pet.nii", 2, "PET")):
        write_nifti(volume(seed, kind, shape=(12, 14, 16), spacing=(2.0, 1.0, 1.0)), tmp_path / name)
    page.drop({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    page.said("say so here")
    page.page.get_by_role("button", name="They are registered: open").click()
    page.stands(".strip-where", "Dropped 1 / mri + pet · axial")
    page.page.wait_for_function("() => !document.getElementById('slice-origin').hidden")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.png": picture(1)}, "What was dropped holds no pair of pictures: 1 picture of no modality"),
        ({f"{number}.txt": b"" for number in range(4001)}, "More than 4,000 files were dropped; drop fewer."),
        ({".hidden": b"x"}, "Nothing that can be read was dropped"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence_and_nothing_else_is_lost(page, drop_address, files, words):
    before = page.listed()
    page.drop(files)
    page.said(words)
    assert page.page.locator(".strip-where").inner_text() == "cases / square"
    assert page.listed() == before
    page.page.get_by_role("button", name="Close", exact=True).click()
    assert page.page.locator(".drop-status").is_hidden()
    assert not drop_address[1]._drops
    assert [line for line in page.console if "400" not in line] == []


def test_sending_is_shown_and_can_be_cancelled(page, drop_address):
    held = []
    page.page.route("**/drops/piece?*", lambda route: held.append(route))
    page.drop({**PAIR, "large.bin": np.random.default_rng(0).bytes(9 * 2**20)})
    page.said("Sending 3 files: 0 % of 9.0 MB")
    until(lambda: held, pause=lambda: page.page.wait_for_timeout(20))
    held.pop().continue_()
    page.said("Sending 3 files: 44 % of 9.0 MB")
    page.drop(PAIR)
    page.said("Other files are being sent")
    page.page.get_by_role("button", name="Cancel").click()
    page.said("Cancelled; nothing of these files is kept.")
    until(lambda: not drop_address[1]._drops, pause=lambda: page.page.wait_for_timeout(20))
    page.page.unroute("**/drops/piece?*")
    page.drop(PAIR)
    page.is_at("Dropped 1 / mri + pet")


def test_a_page_elsewhere_cannot_send(page, drop_address):
    told = json.dumps({"number": 1, "files": [{"path": "a.png", "size": 1}]})
    head = {"Content-Type": "application/json"}
    answer = page.page.request.post(f"{page.address}/drops", data=told, headers=head)
    assert answer.status == 403
    assert not drop_address[1]._drops
