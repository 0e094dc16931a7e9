"""Real files in a browser: each is opened, pointed at, and tells the values that another reader finds there."""

from urllib.parse import urlencode

import pytest

from dashboard.app import JOBS, create_app
from dashboard.settings import Settings
from fusion import read_collection
from tests.support.case_folders import write_checkpoints
from tests.support.explore_page import Explore
from tests.support.real_files import by_sitk, index_of, write_cases
from tests.support.waiting import PATIENCE

NETWORK = "Weighted Averaging"
SHOWN = ("small", "small_jp2klossless", "small_jpeg_ls_lossless", "small_RLE", "siemens", "philips", "enhanced")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_cases(tmp_path_factory.mktemp("files") / "real", SHOWN)


@pytest.fixture(scope="module")
def opened(study):
    """One slice of each case and both series by SimpleITK: case, id on the page, slice, images."""
    first = {}
    for files in read_collection(study, same_space=True):
        name = files.first.relative_to(study).parts[0]
        middle = (files.volumes.plane(files.plane).count + 1) // 2
        if files.number == middle and name not in first:
            first[name] = files
    return [
        (f"{files.group}/{files.title}", files, [by_sitk(study / name / part) for part in ("one", "other")])
        for name, files in first.items()
    ]


@pytest.fixture(scope="module")
def real_address(serve, study, tmp_path_factory):
    folder = write_checkpoints(tmp_path_factory.mktemp("weights"))
    cache = tmp_path_factory.mktemp("cache")
    app = create_app(
        Settings(pairs=(study,), same_space=True, checkpoints=folder, cache=cache, phantoms=1, nightscenes=0)
    )
    with serve(app) as address:
        yield address
        app.server.extensions[JOBS].close()


def test_every_file_is_shown_with_its_own_values_under_the_pointer(chromium, real_address, opened):
    page = Explore(chromium, real_address)
    page.open(pair=opened[0][0], network=NETWORK, row=1, col=1, window=11)
    for pair_id, files, images in opened:
        page.page.evaluate("(pair) => dash_clientside.set_props('pair', { value: pair })", pair_id)
        path = pair_id.replace("/", " / ")
        page.settle_on(f"document.getElementById('pair-note').textContent.startsWith({path!r})")
        rows, cols = page.state["height"], page.state["width"]
        assert (rows, cols) == files.volumes.plane(files.plane).grid.shape[1:]
        for pixel in ((rows // 3, cols // 2), (rows - 2, cols // 4)):
            page.hover("first", pixel)
            page.settled()
            for word, image in zip(("raw1", "raw2"), images, strict=True):
                expected = image[index_of(image, files.plane, files.number, pixel)]
                shown = float(page.read(word).replace("−", "-").split()[0])
                assert shown == pytest.approx(expected, rel=1e-5), pair_id
    assert page.console == []
    page.close()


def test_verdict_opens_every_file(chromium, real_address, opened):
    context = chromium.new_context()
    page, console = context.new_page(), []
    page.set_default_timeout(1000 * PATIENCE)
    page.on("console", lambda message: console.append(message.text))
    for pair_id, files, _ in (opened[0], opened[-1]):
        words = {"pair": pair_id, "network": NETWORK, "row": 3, "col": 4}
        page.goto(f"{real_address}/verdict?{urlencode(words)}")
        page.wait_for_function("document.getElementById('ask-picture-first')?.naturalWidth > 0")
        rows, cols = files.volumes.plane(files.plane).grid.shape[1:]
        natural = page.locator("#ask-picture-first").evaluate("(it) => [it.naturalHeight, it.naturalWidth]")
        assert natural == [rows, cols]
    assert console == []
    context.close()
