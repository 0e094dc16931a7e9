"""What several test files share: a small world of pairs and random networks, a served dashboard, a browser.

But for the processes that read files, which all share, nothing here acts unless a test asks for it by name.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch
from flask import Flask
from PIL import Image
from scipy.ndimage import gaussian_filter

import fusion
from dashboard.jobs.queue import JobQueue
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion.method import checkpoints as fusion_checkpoints
from saliency.receptive_field.locality import locality
from saliency.receptive_field.on_card import write_on_card
from tests.support.serving import Servers
from tests.support.shared_readers import shared_readers
from tests.support.unforeseen_failures import watched
from tests.support.waiting import until

SLOW_NETWORKS = ("CAMF", "UAAFusion", "MaskNet", "DeepPedestrian")
"""What is asked of each network takes seconds with one of these; `make check` asks the others."""
INSTALLED = ("DeepFuse", "FunFuseAn")
SIZES = {"square": (64, 64), "wide": (48, 72)}
"""Rows and columns of the pairs in the test folder; small, so that guidance takes a second."""


def pytest_configure(config):
    """Programs that a test starts have one thread of torch, as the tests themselves; no test is red by chance."""
    os.environ["OMP_NUM_THREADS"] = "1"
    # Hypothesis allows 200 ms an example, which a busy machine breaks, and tries others each time.
    hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("suite")


def pytest_runtest_setup(item):
    """One thread of torch a worker: pictures are small here, and sums keep their order.

    Set before each test, because the command lines set it anew.
    """
    torch.set_num_threads(1)


def pytest_sessionfinish():
    """End what services left open still compute: an interpreter that ends amid torch's work is aborted."""
    for left in [each for each in gc.get_objects() if type(each) is JobQueue]:
        left.close()


def pytest_collection_modifyitems(items):
    """Whatever drives a page is a browser test, wherever it lies, and what asks a slow network is slow."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        if any(name in item.nodeid.partition("[")[2] for name in SLOW_NETWORKS):
            item.add_marker(pytest.mark.slow)


CONTROLS = {
    "gamma1": {"value": 0.3},
    "gamma2": {"value": 0.5},
    "display": {"value": "magnitude"},
    "colormap": {"value": "viridis"},
    "window": {"value": "11"},
    "manner": {"value": "follow"},
    "color": {"checked": False},
    "zooms": {"checked": True},
    "theme": {"checked": False},
}
"""Every choice of Explore at its start."""


@pytest.fixture(scope="session", autouse=True)
def readers() -> Iterator[None]:
    """See `tests.support.shared_readers`."""
    with shared_readers():
        yield


@pytest.fixture(scope="session")
def random_checkpoints(tmp_path_factory) -> Path:
    """Seeded untrained weights of a few networks, with how far each sees on its card, as shipped ones have it."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for number, name in enumerate(INSTALLED):
        method = fusion.find(name)
        with torch.random.fork_rng():
            torch.manual_seed(number)
            network = method.build()
        norms = [part for part in network.modules() if isinstance(part, torch.nn.BatchNorm2d)]
        for norm in norms[-1:]:  # random layers fade: derivatives a reader could not tell from zero
            torch.nn.init.constant_(norm.weight, 40)
        fusion_checkpoints.save(network, method, {"date": "2020-01-01"}, folder)
        write_on_card(name, folder, *_weights_and_reach(name, folder))
    return folder


def _weights_and_reach(name, folder):
    network, weights = fusion_checkpoints.load_with_hash(name, folder)
    return weights, locality(network)


@pytest.fixture(scope="session")
def pair_folder(tmp_path_factory) -> Path:
    """Two good pairs, the second picture in colour, and one whose second file is cut off."""
    folder = tmp_path_factory.mktemp("own") / "cases"
    rng = np.random.default_rng(3)
    for part in ("mri", "pet"):
        (folder / part).mkdir(parents=True)
    for name, shape in SIZES.items():
        Image.fromarray(_texture(rng, shape)).save(folder / "mri" / f"{name}.png")
        colors = np.stack([_texture(rng, shape) for _ in range(3)], axis=-1)
        Image.fromarray(colors).save(folder / "pet" / f"{name}.png")
    Image.fromarray(_texture(rng, (64, 64))).save(folder / "mri" / "zz-broken.png")
    whole = (folder / "mri" / "zz-broken.png").read_bytes()
    (folder / "pet" / "zz-broken.png").write_bytes(whole[: len(whole) // 2])
    return folder


def _texture(rng, shape):
    """Soft blobs with some grain: neighbouring pixels differ, so a reading that is one off is noticed."""
    values = gaussian_filter(rng.normal(size=shape), 4) * 20 + 0.4 * rng.normal(size=shape)
    values -= values.min()
    return np.round(255 * values / values.max()).astype(np.uint8)


@pytest.fixture(scope="session")
def settings(tmp_path_factory, random_checkpoints, pair_folder) -> Settings:
    return Settings(
        pairs=(pair_folder,),
        checkpoints=random_checkpoints,
        cache=tmp_path_factory.mktemp("cache"),
        phantoms=2,
        nightscenes=1,  # one takes a second, and each dashboard draws its own
    )


@dataclass(frozen=True)
class World:
    """The same pairs and networks read through the public interface: what the page has to agree with."""

    pairs: dict[str, fusion.ImagePair]
    networks: dict[str, torch.nn.Module]


@pytest.fixture(scope="session")
def world(pair_folder, random_checkpoints) -> World:
    files = {f"cases/{each.title}": each for each in fusion.read_collection(pair_folder)}
    return World(
        {id_: each.read() for id_, each in files.items() if "broken" not in id_},
        {name: fusion.load(name, random_checkpoints) for name in ("Weighted Averaging", *INSTALLED)},
    )


@pytest.fixture(scope="session")
def service(settings):
    found = SaliencyService(settings, Flask("service"))
    yield found
    found.jobs.close()


@pytest.fixture
def fresh_service(settings, tmp_path):
    """One of a test's own, that has computed nothing yet and finds nothing that other tests left on the disk."""
    found = SaliencyService(replace(settings, cache=tmp_path / "cache"), Flask("fresh"))
    yield found
    found.jobs.close()


@pytest.fixture(scope="session")
def app(settings):
    from dashboard.app import JOBS, create_app

    app = create_app(settings)
    client = app.server.test_client()
    for name in INSTALLED:  # asked before it is measured, a network answers that it is not, on a busy machine

        def is_ready(name=name):
            return client.get("/networks/ready", query_string={"network": name}).json["ready"]

        until(is_ready)
    yield app
    app.server.extensions[JOBS].close()  # the interpreter must not end while torch computes


@pytest.fixture
def own_app():
    """Makes dashboards of a test's own, which compute nothing any more once it is over."""
    from dashboard.app import JOBS, create_app

    made = []

    def own(settings):
        made.append(create_app(settings))
        return made[-1]

    yield own
    for each in made:
        each.server.extensions[JOBS].close()


@pytest.fixture
def unforeseen_failures():
    """What is logged during a test of failures that nobody foresaw."""
    with watched() as found:
        yield found


@pytest.fixture(scope="session")
def client(app):
    return app.server.test_client()


@pytest.fixture(scope="session")
def serve():
    """Serves the dashboards of the tests: ``with serve(app) as address``."""
    return Servers()


@pytest.fixture(scope="session")
def address(serve, app):
    """Where the dashboard is served."""
    with serve(app) as address:
        yield address


@pytest.fixture
def empty_address(serve, settings, tmp_path):
    """Where a dashboard is served that has computed nothing yet."""
    from dashboard.app import JOBS, create_app

    app = create_app(replace(settings, cache=tmp_path))
    with serve(app) as address:
        yield address
    app.server.extensions[JOBS].close()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """What opens pages: each context is that of somebody who left nothing before and has closed the first hint."""
    from playwright.sync_api import sync_playwright

    from support.browser import executable
    from tests.support.visitors import Visitors

    path = executable()
    assert path, "No Chromium is installed: `make browser` brings one."
    with sync_playwright() as playwright:
        visitors = Visitors(playwright.chromium, path, tmp_path_factory.mktemp("profiles"))
        yield visitors
        visitors.close()


@pytest.fixture(scope="module")
def open_explore(chromium, address):
    """One page of Explore for all tests that leave it in order; opening one takes seconds."""
    from tests.support.explore_checks import START
    from tests.support.explore_page import Explore

    page = Explore(chromium, address).open(**START)
    page.sharp()
    yield page
    page.close()


@pytest.fixture
def explore(open_explore):
    """The shared page with every choice at its start, the pixel released and the pointer beside the pictures."""
    open_explore.page.set_viewport_size({"width": 1440, "height": 900})
    open_explore.page.mouse.move(2, 2)
    open_explore.page.evaluate(
        """(controls) => {
          document.activeElement.blur();
          FuseVis.explore.pin(false);
          for (const [id, props] of Object.entries(controls)) dash_clientside.set_props(id, props);
        }""",
        CONTROLS,
    )
    open_explore.page.keyboard.press("0")
    open_explore.settle_on(
        """(wanted) => {
          const { state } = FuseVis.explore;
          return state.gamma1 === 0.3 && state.gamma2 === 0.5 && state.display === "magnitude"
            && state.colormap === "viridis" && state.window === wanted && state.manner === "follow"
            && !state.color && state.zooms && !state.light && state.magnification === 1;
        }""",
        int(CONTROLS["window"]["value"]),
    )
    yield open_explore
    assert open_explore.console == []


@pytest.fixture
def alone(chromium, address):
    """A page of the test's own."""
    from tests.support.explore_page import Explore

    page = Explore(chromium, address)
    yield page
    page.close()
