"""One port for everything (``--intranet``) or two: how long an answer takes, by HTTP and by the channel, in turn.

Both dashboards run at once, nothing else is asked of them, and a pixel is asked for that they have just computed:
what is timed is the way there and back. With ``--intranet`` that leads through uvicorn, its event loop and a
thread; without through waitress or the channel's own thread.

    python -m benchmarks.ports --json ports.json
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.client import Client, serving
from benchmarks.timing import milliseconds, parse, report, summary

PAIR, NETWORK, PIXEL = "phantom-1", "DeepPedestrian", {"row": 128, "col": 128}
AHEAD = "129,128,128,129,127,128,128,127"
"""Pixels whose answers come along, as they do under a pointer that moves: about 100 KB in all."""
ROUNDS, TURN, QUICK = 20, 50, 2
"""Turns of each way, questions in a turn, turns of a quick run."""
WAYS = {"two ports": (), "one port": ("--intranet",)}


def main() -> None:
    """Time both ways of both kinds."""
    args = parse(__doc__, ROUNDS)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        asking: dict[tuple[str, str], Callable[[], bytes]] = {}
        for name, words in WAYS.items():
            server = stack.enter_context(serving(Path(folder) / name.replace(" ", "-"), words))
            client = stack.enter_context(Client(server))
            choice = {"pair": PAIR, "network": NETWORK, **PIXEL, "ahead": AHEAD}
            asking[name, "HTTP"] = partial(client.get, "/explore/jacobian", **choice)
            asking[name, "WebSocket"] = partial(client.channeled, "/explore/jacobian", **choice)
        rows = _rows(asking, QUICK if args.quick else ROUNDS)
    report(rows, args.json)


def _rows(asking: dict[tuple[str, str], Callable[[], bytes]], rounds: int) -> list[dict[str, Any]]:
    times: dict[tuple[str, str], list[float]] = {way: [] for way in asking}
    sizes = {way: len(ask()) for way, ask in asking.items() for _ in range(TURN)}
    for _ in range(rounds):
        for way, ask in asking.items():
            times[way] += [milliseconds(ask) for _ in range(TURN)]
    return [
        {"served on": name, "asked by": how, "bytes": sizes[name, how], **summary(found)}
        for (name, how), found in times.items()
    ]


if __name__ == "__main__":
    main()
