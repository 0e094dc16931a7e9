"""Workers and a Redis that go away while somebody looks: told on the page, which answers the pointer as ever."""

import pytest

from dashboard.app import JOBS, create_app
from dashboard.service.worker_runner import NO_WORKERS, UNREACHABLE
from tests.support.explore_page import Explore
from tests.support.job_worlds import NAME, NETWORK, world_of_workers
from tests.support.waiting import until

NOTE = "document.querySelector('#series-tools p.warns')"


@pytest.fixture
def world(settings, tmp_path):
    with world_of_workers(settings, tmp_path) as found:
        yield found


@pytest.fixture
def page(world, chromium, serve):
    app = create_app(world.settings)
    client = app.server.test_client()
    until(lambda: client.get("/networks/ready", query_string={"network": NETWORK}).json["ready"])
    with serve(app) as address:
        found = Explore(chromium, address)
        found.open(pair=NAME(4), network=NETWORK, row=4, col=5, window=11)
        found.sharp()  # the slice that is shown is computed here, the others by the worker
        found.page.locator("#series-button").click()
        yield found
        found.close()
    app.server.extensions[JOBS].close()


def said(page, sentence):
    page.settle_on(f"{NOTE}.textContent === {sentence!r}")


def test_promise_25_what_a_reader_sees_when_worker_and_redis_go(world, page):
    tools = page.page.locator("#series-tools")
    worker = world.employ()
    world.control.shut()
    tools.get_by_role("button", name="Compute", exact=True).click()
    until(world.control.begun)
    world.redis.freeze()
    said(page, UNREACHABLE)
    page.click("first", (9, 6))
    page.settle_on("FuseVis.explore.state.pixel?.row === 9 && FuseVis.explore.state.pixel?.col === 6")
    page.sharp()
    world.redis.thaw()
    page.settle_on(f"{NOTE}.hidden")
    worker.kill()
    said(page, NO_WORKERS)
    assert tools.get_by_role("button", name="Cancel").is_visible()
    world.control.open()
    world.employ()
    page.settle_on(
        "document.querySelector('#series-tools p').textContent === 'The guidance of 5 of 7 slices is there.'"
    )
    assert page.page.locator("#series-tools p.warns").is_hidden()
    assert page.console == []
