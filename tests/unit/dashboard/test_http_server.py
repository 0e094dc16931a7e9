"""Both servers of pages: slow connections keep nobody out, and their end waits for what has come."""

import threading
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from flask import Flask

from dashboard.server.asgi_server import AsgiServer
from dashboard.server.http_server import HttpServer
from dashboard.settings import Settings
from tests.support.raw_requests import answered, connected, head
from tests.support.waiting import PATIENCE, until

POINTED = "explore/jacobian"


class Slow:
    """A server whose requests wait until they are let go."""

    def __init__(self, kind, **chosen):
        self.begun, self.go = threading.Semaphore(0), threading.Event()
        app = Flask("slow")
        app.add_url_rule("/slow", "slow", self._slow)
        app.add_url_rule(f"/{POINTED}", "pointed", self._slow)
        app.add_url_rule("/quick", "quick", lambda: "quick")
        self.server = kind(app, Settings(port=0, **chosen))
        self.address = f"http://127.0.0.1:{self.server.port}"

    def _slow(self):
        self.begun.release()
        self.go.wait(PATIENCE)
        return "answered"

    def start(self, within):
        self.thread = threading.Thread(target=self.server.run, args=(within,))
        self.thread.start()

    def in_line(self):
        """Requests that wait for a thread."""
        if isinstance(self.server, HttpServer):
            lines = self.server._serving.task_dispatcher
            return len(lines._others.queue) + len(lines._pointers.queue)
        return self.server._entry._threads._tasks.qsize() + self.server._entry._pointing._tasks.qsize()

    def ask(self, path="/slow"):
        connection = connected(self.address)
        connection.sendall(head(self.address, "GET", path, "Connection: close"))
        return connection


@pytest.fixture(params=[HttpServer, AsgiServer])
def slow(request):
    made = []

    def make(within=PATIENCE, **chosen):
        made.append(Slow(request.param, **chosen))
        made[0].start(within)
        return made[0]

    yield make
    made[0].go.set()
    made[0].server.end()
    made[0].thread.join()


def test_slow_connections_keep_no_newcomer_out(slow):
    """Whoever has waited longest for its next request gives way; one byte now and then is no request."""
    server = slow(connections=12)
    lazy = [connected(server.address) for _ in range(40)]
    for each in lazy[-5:]:
        each.sendall(b"G")
    newcomer = server.ask("/quick")
    assert answered(newcomer) == (200, b"quick")
    assert lazy[0].recv(1) == b""  # closed by the server
    for each in lazy:
        each.close()


def test_a_connection_that_waits_for_its_answer_does_not_give_way(slow):
    server = slow(connections=12)
    asked = server.ask()
    server.begun.acquire()
    lazy = [connected(server.address) for _ in range(40)]
    assert answered(server.ask("/quick")) == (200, b"quick")
    server.go.set()
    assert answered(asked) == (200, b"answered")
    for each in lazy:
        each.close()


@pytest.mark.parametrize(("in_line", "asked"), [(POINTED, "slow"), ("slow", POINTED)])
def test_who_opens_a_page_does_not_wait_for_pointers_nor_they_for_one(slow, in_line, asked):
    server = slow(threads=2)
    waiting = [server.ask(f"/{in_line}") for _ in range(5)]
    for _ in range(2):
        server.begun.acquire()
    until(lambda: server.in_line() == 3)
    waiting.append(server.ask(f"/{asked}"))
    assert server.begun.acquire(timeout=PATIENCE)
    assert server.in_line() == 3
    server.go.set()
    assert [answered(each) for each in waiting] == [(200, b"answered")] * 6


def test_its_end_waits_for_requests_that_have_come_and_takes_no_others(slow, caplog):
    """More of them than threads: what stands in line has come as well."""
    caplog.set_level("INFO", "dashboard")
    server = slow(threads=2)
    idle, asked = connected(server.address), [server.ask() for _ in range(5)]
    for _ in range(2):
        server.begun.acquire()
    until(lambda: server.in_line() == 3)
    server.server.end()
    assert idle.recv(1) == b""
    with pytest.raises(URLError):
        urlopen(f"{server.address}/quick", timeout=PATIENCE)
    server.go.set()
    assert [answered(each) for each in asked] == [(200, b"answered")] * 5
    server.thread.join()
    assert "of 5 that had come 5 were answered, 0 given up" in caplog.text


def test_its_end_does_not_wait_for_ever(slow, caplog):
    caplog.set_level("INFO", "dashboard")
    server = slow(within=0.0)
    asked = server.ask()
    server.begun.acquire()
    server.server.end()
    server.thread.join()
    assert "of 1 that had come 0 were answered, 1 given up" in caplog.text
    asked.close()
