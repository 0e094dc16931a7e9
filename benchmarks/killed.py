"""What does a reader see, what is lost and how long does it take, when a process is killed amid work?

A page of Explore in Chromium, whose pointer goes to another pixel four times a second, while the guidance of a
case of 40 slices of 128 × 128 is computed by two workers (``fusevis worker``) that a real Redis server hands it
out to. Then one of the workers, the Redis server, or the dashboard itself is ended by SIGKILL, as a computer
without memory would; Redis and the dashboard are started anew at the same address as soon as the page has told.

``told_s`` is how long until the page says so, and ``said`` what; ``silent_s`` the longest time between two answers
to the pointer until work goes on; ``back_s`` how long from its new start (of a
worker: from its end) until the next slice is done; ``lost`` how many finished slices were gone.

    python -m benchmarks.killed --json killed.json
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from playwright.sync_api import Page

from benchmarks.client import free_port, started
from benchmarks.pointer import browser_page
from benchmarks.series import write_case
from benchmarks.timing import report
from benchmarks.workers import employed
from support.redis_server import RedisServer, redis_program, running_redis

KILLED = ("worker", "redis", "dashboard")
NETWORK = "FunFuseAn"
SLICES, SIDE = 40, 128
PACE = 0.25
"""Seconds from one move of the pointer to the next."""
WITHIN = 120.0
"""Seconds after which something is taken not to come."""
TOLD = {"worker": "A worker was lost", "redis": "Redis does not answer", "dashboard": "The server does not answer"}
"""What the page says, in part."""
WATCH = """() => {
  window.seen = [];
  window.answers = [];
  const texts = {}, look = () => {
    const pixel = document.getElementById("readout-pixel")?.textContent;
    if (pixel && pixel !== texts.pixel) answers.push(Date.now());
    texts.pixel = pixel;
    const notes = "#status, #series-tools [role=status], .lost-server, [role=alert]";
    for (const each of document.querySelectorAll(notes)) {
      const text = each.hidden ? "" : each.textContent;
      if (text && !seen.some((one) => one.text === text)) seen.push({ text, at: Date.now() });
    }
  };
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document, all);
}"""
DONE = """() => {
  const found = /(\\d+) of (\\d+) slices/.exec(document.querySelector("#series-tools [role=status]").textContent);
  return found ? Number(found[1]) : null;
}"""

_Found = TypeVar("_Found")


@dataclass
class Scene:
    """A page that is looked at, and what stands behind it."""

    page: Page
    redis: RedisServer
    words: Sequence[str]
    cache: Path
    port: int = field(default_factory=free_port)
    dashboard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the dashboard, or start it anew."""
        self.dashboard = started(self.port, self.cache, self.words)

    def stop(self) -> None:
        """Kill the dashboard."""
        if self.dashboard is not None:
            self.dashboard.kill()
            self.dashboard.wait()

    def open(self, slice_id: str) -> None:
        """Open a slice, and have the guidance of all computed."""
        self.page.goto(f"http://127.0.0.1:{self.port}/?{urlencode({'pair': slice_id, 'network': NETWORK})}")
        self.page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel")
        self.page.evaluate(f"() => ({WATCH})()")
        self.page.locator("#series-button").click()
        self.page.locator("#series-tools").get_by_role("button", name="Compute", exact=True).click()

    def move_until(self, is_so: Callable[[], _Found], moves: Iterator[int]) -> _Found:
        """Go on pointing until something is so; what it gives."""
        plot = self.page.locator(".panel[data-image=first][data-zoom='0'] .plot").bounding_box()
        assert plot is not None
        deadline = time.time() + WITHIN
        while not (found := is_so()):
            if time.time() > deadline:
                raise RuntimeError(f"It never came about; the page said {self.page.evaluate('seen')[-3:]}.")
            step = next(moves)
            x, y = 0.2 + 0.6 * (step % 37) / 37, 0.2 + 0.6 * (step % 23) / 23
            self.page.mouse.move(plot["x"] + x * plot["width"], plot["y"] + y * plot["height"])
            self.page.wait_for_timeout(1000 * PACE)
        return found

    def done(self) -> int | None:
        """How many slices the page says are done; None where it says nothing of the kind."""
        found: int | None = self.page.evaluate(DONE)
        return found

    def told_at(self, part: str, since: float) -> tuple[float, str] | None:
        """When the page first said something, and the whole of it."""
        for each in self.page.evaluate("seen"):
            if part in each["text"] and each["at"] / 1000 >= since:
                return each["at"] / 1000, each["text"]
        return None

    def longest_silence(self, since: float, until: float) -> float:
        """Seconds between two answers to the pointer."""
        within = [at / 1000 for at in self.page.evaluate("answers") if since <= at / 1000 <= until]
        times = [since, *within, until]
        return max(after - before for before, after in pairwise(times))


def main() -> None:
    """Kill each in turn; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--killed", nargs="+", choices=KILLED, default=list(KILLED))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="a worker alone: does it run?")
    args = parser.parse_args()
    program = redis_program()
    if program is None:
        sys.exit("redis-server is not installed: `make broker` installs Debian's package.")
    report([measure(program, each) for each in (KILLED[:1] if args.quick else args.killed)], args.json)


def measure(program: str, killed: str) -> dict[str, Any]:
    """A row for one that is killed."""
    with _scene(program) as (scene, slices), employed(2, [*scene.words, "--cache", str(scene.cache)]) as workers:
        scene.open(slices[SLICES // 2])
        moves, counts = count(), []

        def is_past(finished: int) -> bool:
            counts.append(finished if (told := scene.done()) is None else told)
            return counts[-1] > finished

        scene.move_until(lambda: is_past(1), moves)
        finished, at = counts[-1], time.time()
        _kill(scene, killed, workers)
        told = scene.move_until(lambda: scene.told_at(TOLD[killed], at), moves)
        assert told is not None
        counts.clear()
        again = _started_again(scene, killed) or at
        scene.move_until(lambda: is_past(finished), moves)
        back = time.time()
        silent = scene.longest_silence(at, back)
    return {
        "killed": killed,
        "slices_done": finished,
        "told_s": told[0] - at,
        "said": told[1],
        "silent_s": silent,
        "back_s": back - again,
        "lost": max(finished - min(counts), 0),
    }


@contextmanager
def _scene(program: str) -> Iterator[tuple[Scene, list[str]]]:
    """A case that nobody has computed, and a page that can open it."""
    with tempfile.TemporaryDirectory() as name, running_redis(program) as redis, browser_page() as page:
        own = Path(name)
        slices = write_case(own / "study", slices=SLICES, side=SIDE)
        scene = Scene(page, redis, ["--pairs", str(own / "study"), "--jobs", redis.address], own / "cache")
        scene.start()
        try:
            yield scene, slices
        finally:
            scene.stop()


def _kill(scene: Scene, killed: str, workers: Sequence[subprocess.Popen[str]]) -> None:
    if killed == "worker":
        workers[0].send_signal(signal.SIGKILL)
    elif killed == "redis":
        scene.redis.stop()
    else:
        scene.stop()


def _started_again(scene: Scene, killed: str) -> float | None:
    """Start what was killed; when it began to start, or None where nobody starts it."""
    if killed == "worker":
        return None
    begun = time.time()
    scene.redis.start() if killed == "redis" else scene.start()
    return begun


if __name__ == "__main__":
    main()
