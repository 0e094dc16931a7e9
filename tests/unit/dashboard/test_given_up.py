"""Views of the whole image that nobody waits for any more: what computes them ends amid a part."""

from pkgutil import resolve_name
from threading import Event

import pytest
import torch

from dashboard.jobs import queue as job_queue
from dashboard.pages.regions.region_jobs import FIGURES, RegionJobs
from dashboard.pages.verdict.state import ANSWERS, SUMS, Questions
from saliency.network import interruption
from saliency.receptive_field.locality import Locality, remember
from tests.support.open_jobs import open_jobs
from tests.support.waiting import until
from tests.support.worked_for import works_for

PAIR, NETWORK = "cases/wide", "DeepFuse"
BACK = "saliency.derivatives.whole_image.WholeImage.back"
FEW = 8
"""Operations: the one that is under way, and those of what ends."""


@pytest.fixture(autouse=True)
def each_time(monkeypatch):
    monkeypatch.setattr(interruption, "EVERY", 0.0)


@pytest.fixture
def service(fresh_service):
    """One of its own: what its networks are taken for must not outlive the test."""
    return fresh_service


@pytest.fixture
def view(service):
    """A pair through a network that sees the whole image, as far as anybody knows."""
    remember(service.network_pool.get(NETWORK).network, Locality(0, is_local=False, reason="It sees everything."))
    return service.open_pair(PAIR, NETWORK)


class Endless:
    """A part that never ends of itself; counts its operations, and calls ``at_third`` once, at the third one.

    It stands in for ``replaced`` in the jobs of ``service`` alone: other services of this process may be at work.
    """

    def __init__(self, service, replaced, at_third):
        self.service, self.replaced = service, replaced
        self.at_third, self.operations, self.ended = at_third, 0, Event()

    def __call__(self, *args, **kwargs):
        if not works_for([self.service.jobs]):
            return self.replaced(*args, **kwargs)
        try:
            while True:
                torch.ones(1)
                self.operations += 1
                if self.operations == 3:
                    self.at_third()
        finally:
            self.ended.set()


@pytest.fixture
def put_endless(service, monkeypatch):
    """Puts an `Endless` in the place of what ``path`` names, with what it calls."""

    def put(path, at_third):
        where, name = path.rsplit(".", 1)
        owner = resolve_name(where)
        endless = Endless(service, getattr(owner, name), at_third)
        # A function, unlike an object that can be called, is bound as a method.
        monkeypatch.setattr(owner, name, lambda *args, **kwargs: endless(*args, **kwargs))
        return endless

    return put


def ended(endless):
    until(endless.ended.is_set)
    assert 3 <= endless.operations <= 3 + FEW


def test_guidance_ends_where_its_page_turns_away(service, view, put_endless):
    endless = put_endless(BACK, lambda: service.leave("page"))
    service.guidance(view, "page", 0.1)
    ended(endless)
    assert service._kept_image._image is None
    until(lambda: service.gate._held == 0)
    until(lambda: not service._kept_image.is_kept(view))


def test_it_ends_where_a_browser_went_away_without_a_word(service, view, monkeypatch, put_endless):
    """Nobody asks anything any more, so nobody else would notice that the time is over."""
    endless = put_endless(BACK, lambda: monkeypatch.setattr(job_queue, "FORGOTTEN_AFTER", -1.0))
    service.guidance(view, "page", 0.1)
    ended(endless)


def test_questions_and_sums_end_likewise(service, view, put_endless):
    questions = Questions(service)
    for kind, name, ask in (
        (ANSWERS, "jacobian", lambda: questions.ask("page", view, (3, 4), "first")),
        (SUMS, "all_pixel_sums_stream", lambda: questions.ask_sums("page", view)),
    ):
        endless = put_endless(f"dashboard.pages.verdict.state.{name}", lambda: questions.leave("page"))
        ask()
        ended(endless)
        assert open_jobs(service.jobs, kind) == 0


def test_a_page_that_goes_leaves_every_kind_of_question(service, view):
    questions, regions = Questions(service), RegionJobs(service)
    for page in ("page", "other"):
        service.guidance(view, page)
        questions.ask_sums(page, view)
        regions.ask(page, PAIR, "disk:20,30,2", [NETWORK])
    kinds = service.guidance_queue.kind, SUMS, FIGURES
    for page in ("page", "other"):
        assert {(kind.name, page) for kind in kinds} <= set(service.jobs._watchers._watchers)
        service.leave(page)
        assert page not in {name for _, name in service.jobs._watchers._watchers}
    assert not any(open_jobs(service.jobs, kind) for kind in kinds)


def test_a_region_ends_likewise(service, view, put_endless):
    regions = RegionJobs(service)
    endless = put_endless(
        "dashboard.pages.regions.region_jobs.region_rows_stream", lambda: regions.ask("page", PAIR, "", [])
    )
    regions.ask("page", PAIR, "disk:20,30,2", [NETWORK])
    ended(endless)
    assert open_jobs(service.jobs, FIGURES) == 0
    assert view.is_whole


def test_inner_views_end_where_nobody_asks_for_them_any_more(service, monkeypatch, put_endless):
    endless = put_endless(
        "dashboard.service.saliency_service.look_inside",
        lambda: monkeypatch.setattr(job_queue, "FORGOTTEN_AFTER", -1.0),
    )
    service.inner_views(PAIR, NETWORK)
    ended(endless)
