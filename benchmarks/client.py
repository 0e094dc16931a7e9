"""The dashboard in a process of its own, and clients that ask it what a browser asks."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urljoin

from benchmarks.channel import Channel, opened
from dashboard.server.messages import unpacked

START_WITHIN = 60.0
"""Seconds until a server that does not answer is given up."""
CHOICES = {
    "window": 31,
    "gamma1": 0.3,
    "gamma2": 0.5,
    "display": "magnitude",
    "colormap": "viridis",
    "color": False,
    "light": False,
}
"""What the page shows where nothing was chosen."""


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    port: int
    pid: int
    started_s: float
    """Seconds from the start of its process to the first answer."""

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self.port}"

    def resident_bytes(self) -> int:
        """Memory that the server's process holds (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text("utf-8")
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024

    def cpu_seconds(self) -> float:
        """Seconds for which the server's process has kept a core busy (Linux)."""
        words = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(cache: Path, arguments: Sequence[str] = ()) -> Iterator[Server]:
    """``python -m dashboard`` until the block ends."""
    port = free_port()
    start = time.perf_counter()
    process = started(port, cache, arguments)
    try:
        yield Server(port, process.pid, time.perf_counter() - start)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(port: int, cache: Path, arguments: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """``python -m dashboard``, which answers; whoever asked for it ends it."""
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--cache", str(cache), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
    except RuntimeError:
        process.kill()
        raise
    return process


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_WITHIN)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status in (200, 401):  # the page, or where one signs in
                return
        except OSError:
            time.sleep(0.02)
        finally:
            connection.close()
    raise RuntimeError(f"No dashboard answers on port {port}.")


@dataclass(frozen=True)
class Progress:
    """How far guidance is, as the server tells it."""

    done: int
    total: int

    @property
    def open(self) -> bool:
        """Whether there is more to come."""
        return self.total == 0 or self.done < self.total


class Client:
    """One browser's connections, kept alive; every answer other than 200 or 204 is an error.

    Parameters
    ----------
    server : Server
    cookie : str
        Of a session, where people sign on.
    """

    def __init__(self, server: Server, cookie: str = "") -> None:
        self._headers = {"Cookie": cookie, "Origin": server.address} if cookie else {}
        self._address = f"{server.address}/"
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._channel: Channel | None = None
        self._has_tried = False
        self.requests = 0
        self._callbacks: dict[str, list[dict[str, Any]]] = {}
        self._laid_out: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        if self._channel is not None:
            self._channel.close()

    def get(self, path: str, **words: object) -> bytes:
        """The body of an answer."""
        return self._asked("GET", f"{path}?{urlencode(words)}" if words else path)

    def _asked(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self.requests += 1
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 204):
            raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
        return content

    def jacobian(self, pair: str, network: str, pixel: Sequence[int]) -> None:
        """Point at a pixel; what comes back has to be of that pixel."""
        row, col = pixel
        about, _ = unpacked(self.channeled("/explore/jacobian", pair=pair, network=network, row=row, col=col))
        if (about["row"], about["col"]) != (row, col):
            raise RuntimeError("An answer of another pixel.")

    def channeled(self, path: str, **words: object) -> bytes:
        """The body of an answer, by the channel where the server offers one, as the page asks."""
        if not self._has_tried:
            self._has_tried = True
            told = json.loads(self.get("/channel"))["address"]
            self._channel = (
                opened(urljoin(self._address, told).replace("http", "ws", 1), self._headers) if told else None
            )
        if self._channel is None:
            return self.get(path, **words)
        self.requests += 1
        return self._channel.ask(path, **words)

    def guidance(self, pair: str, network: str) -> Progress:
        """Ask how far guidance is, pictures included."""
        about, _ = unpacked(self.get("/explore/guidance", pair=pair, network=network, have=0, percent=10))
        if about["failure"]:
            raise RuntimeError(about["failure"])
        return Progress(about["done"], about["total"])

    def series(self, pair: str, network: str, how: str) -> dict[str, Any]:
        """Have the guidance of a whole series computed, or ``"pause"`` it; how far it is."""
        words = urlencode({"pair": pair, "network": network, "how": how})
        found: dict[str, Any] = json.loads(self._asked("POST", f"/explore/series/tell?{words}"))
        return found

    def commit(self, pair: str, network: str, pixel: Sequence[int]) -> None:
        """Let the figures follow a pixel, as the page does after a rest."""
        row, col = pixel
        at = {"pair": pair, "network": network, "row": row, "col": col, **CHOICES, "serial": self.requests}
        self.call("commit.data", {"commit.data": at})

    def call(self, trigger: str, values: dict[str, Any]) -> None:
        """Call the server's callbacks that listen to ``trigger``, a component's id and property.

        What ``values`` does not name is as the page is laid out, which was never touched.
        """
        if not self._callbacks:
            self._read_callbacks()
        known = self._laid_out | values
        for each in self._callbacks.get(trigger, []):
            given = {kind: [_sent(one, known) for one in each[kind]] for kind in ("inputs", "state")}
            outputs = _outputs(each["output"])
            body = {"output": each["output"], "outputs": outputs, "changedPropIds": [trigger], **given}
            self._asked("POST", "/_dash-update-component", json.dumps(body).encode())

    def _read_callbacks(self) -> None:
        self._laid_out = dict(_properties(json.loads(self.get("/_dash-layout"))))
        for each in json.loads(self.get("/_dash-dependencies")):
            if each.get("clientside_function") is None:
                for one in each["inputs"]:
                    self._callbacks.setdefault(_name(one), []).append(each)

    def open_page(self, pair: str, network: str) -> None:
        """Everything a browser fetches until the page shows a pixel, one after the other, nothing kept before."""
        page = self.get("/").decode()
        for address in re.findall(r"""<(?:script|link)\b[^>]*?\b(?:src|href)=["']([^"']+)""", page):
            self.get(address)
        self.call("path.pathname", {"path.pathname": "/"})
        self.call("address.search", {"address.search": f"?{urlencode({'pair': pair, 'network': network})}"})
        self.call("pair.value", {"pair.value": pair, "network.value": network, "color.checked": False})
        self.get("/explore/view", pair=pair, network=network)
        self.jacobian(pair, network, (128, 128))
        self.guidance(pair, network)


def _properties(laid_out: object) -> Iterator[tuple[str, Any]]:
    """Every property of every component with an id, as ``id.property``."""
    if isinstance(laid_out, list):
        for each in laid_out:
            yield from _properties(each)
    if isinstance(laid_out, dict):
        properties = laid_out.get("props", {}) if "namespace" in laid_out else laid_out
        if isinstance(id_ := properties.get("id"), str):
            yield from ((f"{id_}.{name}", value) for name, value in properties.items())
        for each in properties.values():
            yield from _properties(each)


def _name(dependency: dict[str, Any]) -> str:
    return f"{dependency['id']}.{dependency['property']}"


def _sent(dependency: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | list[Any]:
    """What a browser sends for an input or state: of parts that come and go, none is there."""
    if dependency["id"].startswith("{"):
        return []
    found = {"id": dependency["id"], "property": dependency["property"]}
    name = _name(dependency)
    return found | ({"value": known[name]} if name in known else {})


def _outputs(text: str) -> dict[str, str] | list[dict[str, str]]:
    """Dash's way of naming a callback's outputs, taken apart: ``..id.property...id.property..``."""
    parts = text[2:-2].split("...") if text.startswith("..") else [text]
    found = [dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in parts]
    return found if text.startswith("..") else found[0]
