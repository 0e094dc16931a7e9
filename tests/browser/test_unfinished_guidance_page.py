"""Guidance held half-way, in a browser: what is not computed is hatched; paused it stays, and is found again."""

import json
from dataclasses import replace
from functools import partial
from threading import Event

import numpy as np
import pytest

import dashboard.service.pair_checks as checks
from tests.support.compare_page import Compare
from tests.support.explore_checks import NETWORK, START, until
from tests.support.explore_page import Explore
from tests.support.hatching import hatched
from tests.support.worked_for import works_for

HALF = 60
"""Passes after which the job stands still."""
MARGIN = 2
"""Pixels around the cross-hair and the box, which are drawn over the picture."""


class Gate:
    """Lets passes of the dashboards in ``queues`` through up to a number, and counts them."""

    def __init__(self, stream):
        self.stream, self.queues, self.made, self.is_open = stream, [], 0, Event()

    def __call__(self, *args, **words):
        yield from (self.held if works_for(self.queues) else self.stream)(*args, **words)

    def held(self, *args, **words):
        for found in self.stream(*args, **words):
            if self.made >= HALF:
                assert self.is_open.wait(timeout=300)
            self.made += 1
            yield found


@pytest.fixture
def gate(monkeypatch):
    made = Gate(checks.guidance_stream)
    monkeypatch.setattr(checks, "guidance_stream", made)
    yield made
    made.is_open.set()


@pytest.fixture
def held_address(serve, settings, tmp_path, gate):
    """Where guidance of the first network that is looked at stands still half-way."""
    from dashboard.app import JOBS, create_app

    app = create_app(replace(settings, cache=tmp_path))
    gate.queues.append(app.server.extensions[JOBS])
    with serve(app) as address:
        yield address


def known_in(page, name):
    """Which pixels a page knows, and their values; None before any came."""
    found = page.page.evaluate(
        f"""() => {{
          const found = {name};
          return found && JSON.stringify({{ first: [...found.first], shape: found.first.shape,
            known: found.known ? [...found.known] : null, isComplete: found.isComplete }});
        }}"""
    )
    if found is None:
        return None
    told = json.loads(found)
    first = np.array([np.nan if each is None else each for each in told["first"]]).reshape(told["shape"])
    known = np.ones(first.shape) if told["known"] is None else np.array(told["known"]).reshape(first.shape)
    return known.astype(bool), first, told["isComplete"]


def unmarked(shape):
    """Away from the marks of the pixel that `START` names."""
    rows, cols = np.indices(shape)
    half = START["window"] // 2
    lines = [START["row"] + each for each in (-half, 0, half)], [START["col"] + each for each in (-half, 0, half)]
    near = [np.abs(at[..., None] - each).min(-1) <= MARGIN for at, each in zip((rows, cols), lines, strict=True)]
    return ~(near[0] | near[1])


def colors_at(drawn, shape):
    """What a canvas shows at the centre of each pixel, (H, W, 3)."""
    scale = min(drawn.shape[0] / shape[0], drawn.shape[1] / shape[1])
    rows, cols = (
        ((drawn.shape[axis] - shape[axis] * scale) / 2 + (np.arange(shape[axis]) + 0.5) * scale).astype(int)
        for axis in (0, 1)
    )
    return drawn[rows[:, None], cols[None, :], :3]


def check_hatched(drawn, known):
    """No pixel that is not known has a colour of the data's scale, and every known one has."""
    is_hatch = hatched(colors_at(drawn, known.shape))
    seen = unmarked(known.shape)
    assert 0 < known.sum() < known.size
    assert is_hatch[~known & seen].all()
    assert not is_hatch[known & seen].any()


def shown(page, name, *pictures):
    """Which pixels a page knows with their values, and what the functions ``pictures`` see of just these."""

    def steady():
        before, seen = known_in(page, name), [each() for each in pictures]
        is_same = before and np.array_equal(before[0], known_in(page, name)[0])
        return is_same and (*before[:2], seen)

    return until(page, steady)


EXPLORE = "FuseVis.explore.shown().guidance"
PAUSE = """async (words) =>
  (await fetch(`explore/hold?${new URLSearchParams(words)}`, { method: "POST" })).status"""
WORDS = {"pair": START["pair"], "network": NETWORK, "percent": 10, "how": "pause"}


def test_it_is_hatched_paused_left_found_again_and_goes_on(chromium, held_address, gate):
    page = Explore(chromium, held_address).open(**START)
    until(page, lambda: gate.made >= HALF and known_in(page, EXPLORE))
    assert page.page.evaluate(PAUSE, WORDS) == 204
    gate.is_open.set()
    status = page.page.locator("#status")
    until(page, lambda: "paused" in status.inner_text())
    caption = page.page.locator("[data-image=guidance1][data-zoom='0'] .caption span")
    assert caption.evaluate("(each) => getComputedStyle(each, '::before').content") == '"paused · "'
    images = ("guidance1", "guidance2", "rgb")
    known, first, drawn = shown(page, EXPLORE, *(partial(page.canvas, image) for image in images))
    for each in drawn:
        check_hatched(each, known)
    made = gate.made

    page.open(**{**START, "network": "Weighted Averaging"})
    page.sharp()
    page.open(**START)
    until(page, lambda: "paused" in status.inner_text() and known_in(page, EXPLORE))
    again, values, (drawn,) = shown(page, EXPLORE, partial(page.canvas, "guidance1"))
    assert again[known].all()
    np.testing.assert_array_equal(values[known], first[known])
    check_hatched(drawn, again)

    words = {"networks": f"{NETWORK},Weighted Averaging", "rows": "fused,guidance,guidance-difference"}
    compare = Compare(chromium, held_address).open(**{**START, **words})
    column = f"FuseVis.compare.columns.get({NETWORK!r})"
    until(compare, lambda: known_in(compare, f"{column}.guidance"))
    source = compare.page.locator(f".column[data-network={NETWORK!r}] .column-status")
    until(compare, lambda: "paused" in source.inner_text())
    live = f".column[data-network={NETWORK!r}] .panel[data-image=guidance1][data-zoom='0'] canvas.live"
    picture = partial(compare.picture, f"document.querySelector({live!r})")
    seen, _, (drawn,) = shown(compare, f"{column}.guidance", picture)
    check_hatched(drawn, seen)
    other = ".column[data-network='Weighted Averaging'] .panel[data-image=difference1][data-zoom='0'] canvas.live"
    less = partial(compare.picture, f"document.querySelector({other!r})")
    until(compare, lambda: hatched(colors_at(less(), seen.shape))[unmarked(seen.shape)].all())
    compare.close()
    assert gate.made <= made + 2, "it went on though it was paused"  # one of Weighted Averaging

    resume = page.page.get_by_role("button", name="Resume guidance")
    resume.focus()
    page.page.keyboard.press("Enter")
    page.sharp()
    assert not resume.is_visible()
    last = known_in(page, EXPLORE)
    assert last[0].all()
    np.testing.assert_array_equal(last[1][known], first[known])
    assert page.console == []
    page.close()
