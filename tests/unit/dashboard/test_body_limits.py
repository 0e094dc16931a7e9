"""Bodies are held to their route's limit: for every route that the running application has."""

import json

import pytest
from flask import Flask, request

from dashboard.access.endpoint_roles import ENDPOINTS, Reach
from dashboard.server import body_limits, error_handler
from dashboard.server.body_limits import SMALL, limit_of, sentence
from dashboard.server.callback_bodies import LARGEST, ROUTE
from dashboard.service.dropped_files import PIECE
from tests.support.raw_requests import answered, connected, head
from tests.support.serving import served_on_one_port

LARGER = {ROUTE: LARGEST, "/regions/mask": 32 * 2**20, "/drops": 4 * 2**20, "/drops/piece": PIECE}
"""Routes that take more than a few words, and how much."""


def routes(app):
    """A method and an address each, for every rule that anybody may ask for; the others are refused before."""
    for rule in app.server.url_map.iter_rules():
        if ENDPOINTS.get(rule.endpoint) is Reach.NOBODY:
            continue
        words = dict.fromkeys(rule.arguments, "x")
        with app.server.test_request_context():
            path = app.server.url_map.bind("").build(rule.endpoint, words, method=None)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, path


def test_every_route_has_its_limit_and_only_these_take_much(app):
    found = {path: limit_of(app.server, method, path) for method, path in routes(app)}
    assert len(found) > 40
    assert {path: most for path, most in found.items() if most != SMALL} == LARGER
    assert limit_of(app.server, "POST", "/nowhere") == SMALL


@pytest.fixture(params=["a port of its own", "one port"])
def place(request, app, settings, address):
    """Where the dashboard is served, by either server."""
    if request.param == "a port of its own":
        yield address
    else:
        with served_on_one_port(app.server, settings) as found:
            yield found


def refused(connection):
    status, body = answered(connection)
    return status, json.loads(body)


def test_every_route_refuses_by_the_length_before_a_byte_of_the_body_has_come(app, place):
    for method, path in routes(app):
        most = limit_of(app.server, method, path)
        with connected(place) as connection:
            connection.sendall(head(place, method, path, f"Content-Length: {most + 1}"))
            assert refused(connection) == (413, {"error": sentence(most)}), path


def test_every_route_refuses_chunks_that_are_too_many(app, place):
    for method, path in routes(app):
        most = limit_of(app.server, method, path)
        if most > LARGEST:
            continue  # the same code, and megabytes
        with connected(place) as connection:
            connection.sendall(head(place, method, path, "Transfer-Encoding: chunked"))
            connection.sendall(b"%x\r\n" % (most + 1) + bytes(most + 1))  # not to its end: there is no need
            assert refused(connection) == (413, {"error": sentence(most)}), path


def test_every_route_refuses_whoever_serves_it(app):
    """Without waitress before it."""
    for method, path in routes(app):
        most = limit_of(app.server, method, path)
        answer = app.server.test_client().open(path, method=method, content_length=most + 1)
        assert (answer.status_code, answer.json) == (413, {"error": sentence(most)}), path


@pytest.fixture
def reader():
    server = Flask("reader")
    error_handler.install(server)
    body_limits.install(server)
    body_limits.allow(server, "read", 100)
    server.add_url_rule("/read", "read", lambda: str(len(request.get_data())), methods=["POST"])
    return server


@pytest.mark.parametrize(("size", "status"), [(100, 200), (101, 413)])
def test_a_body_of_no_told_length_is_counted_while_it_is_read(reader, size, status):
    from io import BytesIO

    more = {"wsgi.input_terminated": True}
    answer = reader.test_client().post("/read", input_stream=BytesIO(bytes(size)), environ_overrides=more)
    assert answer.status_code == status
    if status == 413:
        assert answer.json == {"error": sentence(100)}
