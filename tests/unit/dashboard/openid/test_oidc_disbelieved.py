"""What a provider of OpenID Connect says that is not believed, and one that does not answer."""

import socket
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest

from dashboard.access import oidc_provider, oidc_sign_on
from dashboard.access.oidc_sign_on import DISBELIEVED, DOWN, STALE
from dashboard.access.session_cookie import COOKIE
from tests.support.openid_provider import Visitor, free_port, provider_of, told

# ---- what is not believed


@pytest.mark.parametrize(
    "how",
    [
        *(
            "nonce",
            "no nonce",
            "audience",
            "second audience",
            "authorized party",
            "issuer",
            "expired",
            "no expiry",
        ),
        *("future", "no subject", "another's access token", "unsigned", "shared secret", "unknown algorithm"),
        *("another key", "unknown key", "altered", "no token", "no JWT"),
    ],
)
def test_a_token_that_is_wrong_signs_nobody_in(visitor, provider, audit, how):
    provider.tamper(how)
    answer = visitor.signs_in(provider, "1")
    assert (answer.status_code, DISBELIEVED in told(answer)) == (401, True)
    assert not visitor.is_in
    found = audit()
    assert (found["user"], found["action"], found["outcome"]) == ("", "sign in", "failed")
    assert "oken" in found["why"]


def test_another_state_or_none_is_refused_before_the_provider_is_asked(visitor, provider, folder):
    address = urlsplit(provider.signs_in(visitor.begins().headers["Location"], "1"))
    for state in ("another", "", None):
        words = {name: value for name, (value,) in parse_qs(address.query).items()} | {"state": state}
        query = urlencode({name: value for name, value in words.items() if value is not None})
        answer = visitor.comes_back(urlunsplit(address._replace(query=query)))
        assert (answer.status_code, STALE in told(answer)) == (400, True)
    assert not visitor.is_in
    assert visitor.comes_back(address.geturl()).status_code == 303  # the code was not touched


def test_what_one_browser_began_no_other_one_ends(app, visitor, provider):
    """Else a page elsewhere could sign somebody in as another (login CSRF)."""
    address = provider.signs_in(visitor.begins().headers["Location"], "1")
    other = Visitor(app)
    assert other.comes_back(address).status_code == 400
    other.begins()
    assert other.comes_back(address).status_code == 400
    assert not other.is_in


def test_a_code_is_good_once(visitor, provider, audit):
    begun = visitor.begins()
    address = provider.signs_in(begun.headers["Location"], "1")
    kept = begun.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    assert visitor.comes_back(address).status_code == 303
    visitor.client.delete_cookie(COOKIE, path="/fusevis/")
    visitor.client.set_cookie(oidc_sign_on.COOKIE, kept, path="/fusevis/sign-in")
    answer = visitor.comes_back(address)
    assert (answer.status_code, DISBELIEVED in told(answer)) == (401, True)
    assert (audit()["outcome"], audit()["why"]) == ("failed", "code: invalid_grant")
    assert not visitor.is_in


def test_a_code_of_somebody_elses_sign_in_is_not_taken(app, visitor, provider):
    """An authorization code that was put into another's address (code injection): PKCE and nonce hold."""
    code = parse_qs(urlsplit(provider.signs_in(Visitor(app).begins().headers["Location"], "2")).query)["code"][0]
    state = parse_qs(urlsplit(visitor.begins().headers["Location"]).query)["state"][0]
    answer = visitor.asks("/sign-in/back", query_string={"state": state, "code": code})
    assert (answer.status_code, visitor.is_in) == (401, False)


def test_a_sign_in_that_was_begun_long_ago_is_over(visitor, provider, monkeypatch):
    address = provider.signs_in(visitor.begins().headers["Location"], "1")
    later = oidc_sign_on.resume
    monkeypatch.setattr(oidc_sign_on, "resume", lambda key, cookie: later(key, cookie, within=-1))
    assert STALE in told(visitor.comes_back(address))


def test_an_answer_that_names_another_issuer_is_refused(visitor, provider, audit):
    address = urlsplit(provider.signs_in(visitor.begins().headers["Location"], "1"))
    words = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert words["iss"] == provider.issuer
    query = urlencode(words | {"iss": "https://evil.example"})
    answer = visitor.comes_back(urlunsplit(address._replace(query=query)))
    assert (answer.status_code, audit()["why"]) == (401, "another issuer")


# ---- a provider that does not answer


def lead_to(monkeypatch, provider, issuer):
    monkeypatch.setattr(provider, "issuer", issuer)


def test_a_provider_that_is_down_is_one_sentence_and_disturbs_nobody(app, visitor, provider, unread, monkeypatch):
    inside = Visitor(app)
    inside.signs_in(provider, "1")
    unread._known = unread._keys = None
    lead_to(monkeypatch, unread, f"http://127.0.0.1:{free_port()}")
    answer = visitor.begins()
    assert (answer.status_code, DOWN in told(answer)) == (503, True)
    assert inside.is_in
    answer = inside.tells("/sign-out")  # of ours alone
    assert (answer.status_code, inside.is_in) == (204, False)


def test_a_provider_that_never_answers_is_given_up_and_then_left_alone(visitor, unread, monkeypatch):
    monkeypatch.setattr(oidc_provider, "TIMEOUT", (0.2, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        lead_to(monkeypatch, unread, f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert DOWN in told(visitor.begins())
        asked = SimpleNamespace(count=0)
        monkeypatch.setattr(oidc_provider.requests, "get", lambda *_, **__: asked.__setattr__("count", 1))
        assert DOWN in told(visitor.begins())
        assert asked.count == 0


def test_a_provider_that_ends_amid_a_sign_in_is_told_and_the_code_stays_good(
    visitor, provider, unread, monkeypatch
):
    address = provider.signs_in(visitor.begins().headers["Location"], "1")
    unread._rests_until = float("inf")
    answer = visitor.comes_back(address)
    assert (answer.status_code, DOWN in told(answer)) == (503, True)
    unread._rests_until = 0.0
    assert visitor.comes_back(address).status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://login.example.org/token"},
        {"jwks_uri": ""},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_description_that_lacks_something_or_leads_elsewhere_is_not_used(
    visitor, provider, unread, monkeypatch, change
):
    read = unread._json
    monkeypatch.setattr(unread, "_json", lambda place, *more: {**read(place, *more), **change})
    assert DOWN in told(visitor.begins())


def test_an_answer_without_end_is_given_up(visitor, unread, monkeypatch):
    endless = SimpleNamespace(status_code=200, iter_content=lambda size: iter(lambda: b" " * size, None))
    monkeypatch.setattr(oidc_provider.requests, "get", lambda *_, **__: _Entered(endless))
    assert DOWN in told(visitor.begins())


class _Entered:
    def __init__(self, answer):
        self.answer = answer

    def __enter__(self):
        return self.answer

    def __exit__(self, *_):
        return None


def test_a_key_that_is_new_is_read_again(visitor, provider, app):
    """The provider changes its keys while one is known here."""
    found = provider_of(app)
    visitor.signs_in(provider, "1")
    keys, _ = found._keys
    found._keys = type(keys)([type(keys.keys[0]).generate_key(2048, {"kid": "old"})]), found._clock() - 60
    assert visitor.signs_in(provider, "1").status_code == 303
