"""Promises 27, 29 and 30: many at once, for long, and over a restart."""

import json
import os
import re
import signal
import statistics
import time
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from dashboard.access.roles import roles_of
from dashboard.access.session_cookie import COOKIE
from dashboard.cache.disk import FOLDER
from dashboard.cache.sealed_files import SealedFiles
from dashboard.server.messages import unpacked
from tests.support.signed_on import PASSWORD, users_of
from tests.support.started_dashboards import forked, free_port, started
from tests.support.waiting import PATIENCE, until

NETWORK = "DeepFuse"
PEOPLE, MOVES = 20, 20
SIDE = 256
"""Rows and columns of a phantom."""
BATCH = 1_000
LEAK = 2**20
"""Bytes that a thousand requests may leave."""


@pytest.fixture(scope="module")
def running(tmp_path_factory, random_checkpoints):
    """A dashboard in a process of its own, as a person starts it."""
    port = free_port()
    process = started(port, tmp_path_factory.mktemp("cache"), random_checkpoints, "--log-level", "error")
    try:
        assert process.stdout.readline()
        until(lambda: json.loads(got(port, "/networks/ready", network=NETWORK))["ready"])
        yield port, process
    finally:
        process.kill()
        process.communicate()


def got(port, path, headers=(), **words):
    request = Request(f"http://127.0.0.1:{port}{path}?{urlencode(words)}", headers=dict(headers))
    with urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status in (200, 204)
        return answer.read()


def point(connection, pixel):
    """Ask for a pixel over an open connection; the answer has to be of that pixel. Seconds until it is there."""
    row, col = pixel
    words = urlencode({"pair": "phantom-1", "network": NETWORK, "row": row, "col": col})
    begun = time.monotonic()
    connection.request("GET", f"/explore/jacobian?{words}")
    answer = connection.getresponse()
    content = answer.read()
    took = time.monotonic() - begun
    assert answer.status == 200
    about, _ = unpacked(content)
    assert (about["row"], about["col"]) == pixel
    return took


@pytest.mark.slow
def test_promise_27_twenty_hover_and_each_is_answered_for_their_own_pixel(running, measured):
    port, _ = running
    times, failures = [], []

    def hover(person):
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            for move in range(MOVES):
                took = point(connection, ((7 * person + 3 * move) % SIDE, (11 * move + person) % SIDE))
                times.append(took)
                time.sleep(max(0.25 - took, 0))  # four moves a second, as a hand makes them
        except Exception as error:  # told below
            failures.append(error)
        finally:
            connection.close()

    people = [Thread(target=hover, args=(person,)) for person in range(PEOPLE)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert failures == []
    assert len(times) == PEOPLE * MOVES
    p95 = statistics.quantiles(times, n=20)[-1]
    measured(
        f"{len(times)} moves of {PEOPLE} people, no failure, "
        f"p95 {1000 * p95:.0f} ms, longest {1000 * max(times):.0f} ms; "
        f"{os.getloadavg()[0]:.1f} programs at work on {os.cpu_count()} cores, these among them"
    )


def resident(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status)[1])


@pytest.mark.slow
def test_promise_29_memory_does_not_grow_with_requests(running, is_long, measured):
    """Batches until two in turn left less than they may; what leaks never comes to that."""
    port, process = running
    least, most = (50, 60) if is_long else (4, 16)
    connection, held = HTTPConnection("127.0.0.1", port, timeout=PATIENCE), [resident(process)]
    while len(held) <= least or held[-1] - held[-3] >= 2 * LEAK:
        assert len(held) <= most, f"held {[round(each / 2**20, 1) for each in held]} MB after each thousand"
        for number in range(BATCH):
            point(connection, (number % SIDE, (number * 7 + len(held)) % SIDE))
        held.append(resident(process))
    connection.close()
    slope, before = (held[-1] - held[-3]) / 2 / 2**20, BATCH * (len(held) - 3)
    measured(f"{slope:+.2f} MB for 1,000 requests after {before:,}, {held[-1] / 2**20:.0f} MB held")


@pytest.mark.slow
def test_promise_30_a_restart_answers_what_has_come_and_keeps_who_is_signed_in(
    tmp_path, random_checkpoints, measured
):
    users_of(tmp_path).add("anna", PASSWORD, roles_of(["analyst"]))
    told = {"Cookie": f"{COOKIE}={users_of(tmp_path).begin_session('anna')}"}
    more = "--sign-on", "local", "--access", str(tmp_path / "access")
    codes, counts = [], []
    for _ in range(2):
        port = free_port()
        process = forked(port, tmp_path / "cache", random_checkpoints, *more)
        try:
            assert process.stdout.readline()
            assert b"phantom" in got(port, "/cases", told)  # without signing in anew
            until(lambda port=port: json.loads(got(port, "/networks/ready", told, network=NETWORK))["ready"])
            answers = []

            def ask(port=port, answers=answers):
                try:
                    while True:
                        answers.append(got(port, "/explore/images", told, pair="phantom-1", network=NETWORK))
                except OSError:
                    pass  # no new request is taken any more

            people = [Thread(target=ask) for _ in range(8)]
            for each in people:
                each.start()
            until(lambda answers=answers: len(answers) > 16)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=PATIENCE)
            for each in people:
                each.join()
        finally:
            process.kill()
        codes.append(process.returncode)
        told_by_log = re.search(r"of (\d+) that had come (\d+) were answered, (\d+) given up", errors)
        counts.append(tuple(map(int, told_by_log.groups())))
        assert len(set(answers)) == 1
        assert "Traceback" not in errors
    assert codes == [0, 0]
    assert all(begun == answered and not given_up for begun, answered, given_up in counts)
    cache = tmp_path / "cache" / FOLDER
    before = SealedFiles(cache, 10, 10**6, "the code before")
    before.set("a view", b"of the code before")
    assert SealedFiles(cache, 10, 10**6, "the code now").get("a view") is None
    measured(
        f"{sum(each[0] for each in counts)} requests in flight at two ends, all answered; the session went on"
    )
