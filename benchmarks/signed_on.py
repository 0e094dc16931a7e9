"""What signing on costs a move of the pointer: ``--sign-on local`` against none, by HTTP and by the channel.

Both dashboards run at once (``--intranet``), and nothing else is asked of them: *kept*, a pixel that they have
just computed, so that all but the way there and back is left out; with eight ahead, as under a moving pointer; and
*computed*, pixels that were not asked for before. With sign-on a guard looks up whose session it is before every
question. ``more_ms`` is the median of what a question takes longer than the one without that was asked beside it,
``ratio`` that of the medians; ``of_a_move`` is the difference as a part of the time between two moves, at four a
second.

    python -m benchmarks.signed_on --json signed_on.json
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.client import Client, serving
from benchmarks.timing import milliseconds, parse, report
from dashboard.access.access_folder import AccessFolder
from dashboard.access.roles import Role
from dashboard.access.session_cookie import COOKIE
from dashboard.access.user_store import UserStore

CHOICE = {"pair": "phantom-1", "network": "DeepPedestrian"}
CENTRE = {"row": 128, "col": 128}
AHEAD = "129,128,128,129,127,128,128,127"
"""Pixels that come along, about 100 KB in all."""
KINDS = ("kept", "kept, eight ahead", "computed")
WAYS = ("HTTP", "WebSocket")
SIGN_ONS = ("none", "local")
QUESTIONS, QUICK = 1500, 50
"""Of each kind, with and without sign-on."""
COMPUTED = 5
"""Of so many questions one is asked of a pixel that is computed."""
MOVES = 4
"""A second, of somebody who points."""

Kind = tuple[str, str]


def main() -> None:
    """Time each kind of question with and without."""
    args = parse(__doc__, QUESTIONS)
    count = QUICK if args.quick else QUESTIONS
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        clients = {each: stack.enter_context(_client(stack, Path(folder) / each, each)) for each in SIGN_ONS}
        # The channel last, and without a break: one over which nothing is asked is closed.
        rows = [_row(clients, kind, count) for kind in product(WAYS, KINDS)]
    report(rows, args.json)


def _client(stack: ExitStack, folder: Path, sign_on: str) -> Client:
    """A browser at a dashboard of its own; of somebody who has signed in, where people do."""
    words = ["--intranet", "--sign-on", sign_on, "--access", str(folder / "access")]
    cookie = _session(folder / "access") if sign_on != "none" else ""
    return Client(stack.enter_context(serving(folder / "cache", words)), cookie)


def _session(folder: Path) -> str:
    found = AccessFolder(folder)
    found.make()
    users = UserStore(found.users, found.key())
    users.add("anna", None, frozenset({Role.ANALYST}))
    return f"{COOKIE}={users.begin_session('anna')}"


def _row(clients: dict[str, Client], kind: Kind, count: int) -> dict[str, Any]:
    """One kind of question, asked with and without in turn: what disturbs the machine meets both."""
    way, what = kind
    count = count // COMPUTED if what == "computed" else count
    pixels = [CENTRE] * (QUICK + count) if what != "computed" else _pixels(QUICK + count, way)
    more = {"ahead": AHEAD} if what.endswith("ahead") else {}
    asking = {name: client.get if way == "HTTP" else client.channeled for name, client in clients.items()}

    def asked(name: str, pixel: dict[str, int]) -> float:
        return milliseconds(partial(asking[name], "/explore/jacobian", **CHOICE, **pixel, **more))

    found: dict[str, list[float]] = {name: [] for name in SIGN_ONS}
    for number, pixel in enumerate(pixels):
        for name in SIGN_ONS[:: 1 - 2 * (number % 2)]:  # neither is always the first
            found[name].append(asked(name, pixel))
    without, with_sign_on = (np.array(each[QUICK:]) for each in found.values())
    longer = float(np.median(with_sign_on - without))
    return {
        "asked by": way,
        "answer": what,
        "without_ms": float(np.median(without)),
        "with_ms": float(np.median(with_sign_on)),
        "more_ms": longer,
        "ratio": float(np.median(with_sign_on) / np.median(without)),
        "of_a_move": longer * MOVES / 1000,
    }


def _pixels(count: int, way: str) -> list[dict[str, int]]:
    """Pixels that were not asked for before, far from the border, others for each way."""
    first = 64 + 64 * WAYS.index(way)
    return [{"row": first + each // 128, "col": 64 + each % 128} for each in range(count)]


if __name__ == "__main__":
    main()
