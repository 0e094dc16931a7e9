"""Twenty people at once: how long does a move take, what does a newcomer wait, does memory grow?

One ``python -m dashboard`` serves twenty clients that each point at a new pixel four times a second. In rows
called *moving* their pointers never rest, and the server hears of the moves alone. In rows called *resting*,
a stricter load, each pauses so long after every move that, as on the page, the callback follows which brings
figures and read-out to the pixel: twice the requests. A newcomer opens the page every five seconds, everything
that a browser fetches included, and in half of the rows guidance of other pairs is computed beside them (one job,
or as many as ``--jobs``), asked for by one client more. Clients and server share the machine.

Mixes: *mixed*, weighted averaging and the four trained networks of the FuseVis paper in turn; *worst*, for
everybody the one of them that takes longest; *all*, every installed network in turn, among them such as take
seconds for one Jacobian: who moves over them is told so, and nothing is computed.

Beside it stands the plain way: FuseVis's full-image Jacobian for each move, timed in the same run. With
twenty clients it needs ``plain_cores`` cores for the Jacobians alone.

    python -m benchmarks.users --seconds 20 --json users.json

Guidance of the views that are pointed at is finished before: stand-ins lie in the store. What callbacks cost
does not depend on its values.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from flask import Flask
from PIL import Image

from benchmarks.client import Client, Server, serving
from benchmarks.timing import PAPER, milliseconds, random_pixels, report
from dashboard.cache.disk import GuidanceStore
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion import InputError, find, load, names, phantom
from saliency.derivatives.jacobian import full_image_jacobian

MOVES = 4
"""Moves of a client in a second."""
WARMED_BY = 20.0
"""Seconds of load before the first move that counts."""
NEWCOMERS = 5.0
"""Seconds from one newcomer to the next, at least."""
BESIDE = "MaskNet"
"""Whose guidance is computed beside the moves: the longest pass, on a pair that nobody else looks at."""


def main() -> None:
    """Measure every mix with and without a guidance job beside it; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1, help="how many pairs' guidance one client more asks for")
    parser.add_argument("--seconds", type=float, default=20, help="how long they move, per row")
    parser.add_argument("--pair", default="phantom-1")
    parser.add_argument("--mixes", nargs="+", choices=("mixed", "worst", "all"), default=["mixed", "worst"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="a few seconds of averaging: does it run?")
    args = parser.parse_args()
    seconds = 3 if args.quick else args.seconds
    mixes = {"averaging": ["Weighted Averaging"]} if args.quick else {name: _mix(name) for name in args.mixes}
    report(measure(mixes, args.clients, seconds, args.pair, args.jobs), args.json)
    print("growth: resident memory of the server per 1000 requests, from the first counted request to the last")


def _mix(name: str) -> list[str]:
    """Which installed networks the clients look through, in turn."""
    if name == "worst":
        return ["DeepPedestrian"]
    found = []
    for method in PAPER if name == "mixed" else names():
        try:
            load(method)
        except InputError:
            continue
        found.append(method)
    return found


def measure(
    mixes: dict[str, list[str]], clients: int, seconds: float, pair: str, jobs: int
) -> list[dict[str, Any]]:
    """One row for each mix of networks, pointers that rest or not, and guidance jobs beside them or not."""
    rows = []
    with ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        others = iter(_new_pairs(own / "beside", 2 * len(mixes) * jobs))
        finish(own / "cache", pair, {name for networks in mixes.values() for name in networks})
        server = stack.enter_context(serving(own / "cache", ("--pairs", str(own / "beside"))))
        for name, networks in mixes.items():
            plain = _plain_ms(networks)
            for has_job, rests in product((False, True), repeat=2):
                beside = [*islice(others, jobs)] if has_job else []
                views = [(pair, networks[i % len(networks)]) for i in range(clients)]
                about = {"mix": name, "pointers": "resting" if rests else "moving", "clients": clients}
                about["beside"] = f"guidance × {jobs}" if has_job else None
                row = Load(server, views, beside, rests).run(seconds)
                needed = {"plain_ms": plain, "plain_cores": plain / 1000 * clients * MOVES}
                rows.append(about | row | needed)
    return rows


def _new_pairs(folder: Path, count: int) -> list[str]:
    """Pairs whose guidance nobody has computed yet, whatever an earlier run has kept; their ids."""
    rng = np.random.default_rng()
    pair = phantom(seed=9)
    for number in range(count):
        for part, image in (("mri", pair.first), ("pet", pair.second)):
            (folder / part).mkdir(parents=True, exist_ok=True)
            grain = np.clip(image + 0.02 * rng.standard_normal(image.shape), 0, 1)
            Image.fromarray(np.round(255 * grain).astype(np.uint8)).save(folder / part / f"{number}.png")
    return [f"{folder.name}/{number}" for number in range(count)]


def finish(cache: Path, pair: str, networks: Iterable[str], folders: tuple[Path, ...] = ()) -> None:
    """Lay stand-ins for finished guidance where the server looks for it; ``folders`` hold own pairs."""
    service = SaliencyService(Settings(cache=cache, pairs=folders), Flask("service"))
    store = GuidanceStore(Flask("store"), cache)
    for network in networks:
        seen = service.open_pair(pair, network)
        store.put(seen.key, (seen.pair.first, seen.pair.second))


def _plain_ms(networks: Sequence[str], repeats: int = 3) -> float:
    """Milliseconds of one full-image Jacobian on one thread, the mean over the networks."""
    torch.set_num_threads(1)
    pair, pixels = phantom(seed=1), random_pixels(256, repeats)
    each = [
        median(milliseconds(partial(full_image_jacobian, load(find(name).name), pair, pixel)) for pixel in pixels)
        for name in networks
    ]
    return float(np.mean(each))


@dataclass
class Load:
    """Clients that point, one that opens the page, and one that watches the guidance of the pairs in ``jobs``.

    ``rests``: whether every move is followed by the figures.
    """

    server: Server
    views: list[tuple[str, str]]
    jobs: list[str]
    rests: bool
    moves: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    openings: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    passes: int = 0

    def run(self, seconds: float) -> dict[str, Any]:
        """Load the server for ``seconds`` after a warm-up; one row of figures."""
        with Client(self.server) as first:  # a network is prepared once, whoever comes later
            for view in dict.fromkeys(self.views):
                first.jacobian(*view, (128, 128))
        start = time.perf_counter()
        begin, end = start + WARMED_BY, start + WARMED_BY + seconds
        people: list[threading.Thread] = [
            threading.Thread(target=self._guarded, args=(partial(self._point, number, view, begin, end),))
            for number, view in enumerate(self.views)
        ]
        people.append(threading.Thread(target=self._guarded, args=(partial(self._open, begin, end),)))
        if self.jobs:
            people.append(threading.Thread(target=self._guarded, args=(partial(self._watch, end),)))
        for person in people:
            person.start()
        time.sleep(max(begin - time.perf_counter(), 0))
        before, asked = self.server.resident_bytes(), self._requests()
        for person in people:
            person.join()
        grown = self.server.resident_bytes() - before
        return self._row(grown, self._requests() - asked)

    def _requests(self) -> int:
        """Of everybody, the newcomer's among them."""
        return sum(client.requests for client in list(self.clients))

    def _client(self) -> Client:
        client = Client(self.server)
        self.clients.append(client)
        return client

    def _row(self, grown: int, requests: int) -> dict[str, Any]:
        return {
            "moves": len(self.moves),
            "requests": requests,
            "median_ms": float(np.median(self.moves)),
            "p95_ms": float(np.percentile(self.moves, 95)),
            "worst_ms": max(self.moves),
            "figures_p95_ms": float(np.percentile(self.commits, 95)) if self.commits else None,
            "open_s": max(self.openings),
            "errors": len(self.errors),
            "growth_mb": grown / 2**20 / requests * 1000,
            "server_mb": self.server.resident_bytes() / 2**20,
            "passes": self.passes if self.jobs else None,
        }

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # whatever goes wrong for a client is what is counted
            self.errors.append(repr(error))

    def _point(self, number: int, view: tuple[str, str], begin: float, end: float) -> None:
        """Point at a pixel four times a second, and rest if so wanted; late moves are not made up for."""
        pixels = np.random.default_rng(number).integers(256, size=(10_000, 2)).tolist()
        with self._client() as client:
            due = time.perf_counter() + number / len(self.views) / MOVES
            for pixel in pixels:
                time.sleep(max(due - time.perf_counter(), 0))
                if (now := time.perf_counter()) > end:
                    return
                took = milliseconds(partial(client.jacobian, *view, pixel))
                shown = [milliseconds(partial(client.commit, *view, pixel))] if self.rests else []
                if now >= begin:
                    self.moves.append(took)
                    self.commits += shown
                due = max(due + 1 / MOVES, time.perf_counter())

    def _open(self, begin: float, end: float) -> None:
        """Open the page as a newcomer, one after the other."""
        due = begin
        while (now := time.perf_counter()) < end:
            time.sleep(max(due - now, 0))
            due = max(due, time.perf_counter()) + NEWCOMERS
            with self._client() as client:
                self.openings.append(milliseconds(partial(client.open_page, *self.views[0])) / 1000)

    def _watch(self, end: float) -> None:
        with self._client() as client:
            while time.perf_counter() < end:
                self.passes = sum(client.guidance(job, BESIDE).done for job in self.jobs)
                time.sleep(0.2)


if __name__ == "__main__":
    main()
