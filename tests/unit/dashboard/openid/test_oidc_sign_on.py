"""Signing in by a real provider of OpenID Connect: the way there, back with a session, not let in, and out."""

from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.access import oidc_sign_on
from dashboard.access.oidc_sign_on import NO_NAME, NO_ROLE, REFUSED
from dashboard.access.roles import roles_of
from dashboard.access.session_cookie import COOKIE
from dashboard.access.user_store import LONGEST_SESSION
from tests.support.openid_provider import SECRET, SITE, Visitor, provider_of, told
from tests.support.signed_on import users_of

# ---- there


def test_the_way_there_names_us_and_carries_no_secret(visitor, provider):
    answer = visitor.begins()
    assert answer.status_code == 303
    place = urlsplit(answer.headers["Location"])
    words = {name: value for name, (value,) in parse_qs(place.query).items()}
    assert f"{place.scheme}://{place.netloc}" == provider.issuer
    assert (words["response_type"], words["client_id"], words["scope"]) == ("code", "fusevis", "openid profile")
    assert (words["redirect_uri"], words["code_challenge_method"]) == (f"{SITE}/sign-in/back", "S256")
    assert len({words["state"], words["nonce"], words["code_challenge"]}) == 3
    assert SECRET not in answer.headers["Location"]
    _, *about = answer.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/fusevis/sign-in", "Max-Age=600"} <= set(about)
    again = visitor.begins()
    assert again.headers["Location"] != answer.headers["Location"]


def test_signing_in_is_begun_on_the_own_page_only(visitor, provider):
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        answer = visitor.tells("/sign-in", headers=headers)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


def test_who_asks_without_a_session_is_shown_the_way_there(visitor, app):
    answer = visitor.asks("/compare?pair=a", headers={"Accept": "text/html"})
    text = told(answer)
    assert answer.status_code == 401
    assert f"You sign in at {urlsplit(provider_of(app).issuer).netloc}" in text
    assert 'value="/fusevis/compare?pair=a"' in text
    assert "password" not in text
    assert visitor.asks("/cases").json["signedOut"]


# ---- and back


def test_who_comes_back_has_a_session_and_the_roles_of_their_groups(visitor, provider, audit):
    answer = visitor.signs_in(provider, "2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/fusevis/compare?pair=a")
    cookies = {each.partition("=")[0]: each.split("; ")[1:] for each in answer.headers.getlist("Set-Cookie")}
    assert {"HttpOnly", "SameSite=Lax", "Path=/fusevis/"} == set(cookies[COOKIE])
    assert "Max-Age=0" in cookies[oidc_sign_on.COOKIE]
    assert (audit()["user"], audit()["outcome"], audit()["roles"]) == ("anna", "done", "analyst")
    assert visitor.is_in
    assert visitor.tells("/regions/mask").status_code == 400  # an analyst's
    assert visitor.asks("/audit").status_code == 403


def test_several_groups_give_several_roles(visitor, provider):
    visitor.signs_in(provider, "3")
    assert (visitor.is_in, visitor.asks("/audit").status_code) == (True, 200)


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/elsewhere",
        "/fusevis/sign-out",
        "",
        "/fusevis/" * 900,
    ],
)
def test_the_way_back_leads_nowhere_else(visitor, provider, following):
    assert visitor.signs_in(provider, "1", following=following).headers["Location"] == "/fusevis/"


def test_a_session_that_somebody_brings_is_not_the_one_that_is_begun(visitor, provider, folder):
    visitor.signs_in(provider, "1")
    old = visitor.client.get_cookie(COOKIE, path="/fusevis/").value
    visitor.signs_in(provider, "1")
    assert visitor.client.get_cookie(COOKIE, path="/fusevis/").value != old
    assert users_of(folder).session(old, 60) is None


def test_who_is_removed_is_out_at_once(visitor, provider, folder):
    visitor.signs_in(provider, "2")
    assert visitor.is_in
    users_of(folder).remove("anna")
    assert not visitor.is_in


# ---- who is not let in


@pytest.mark.parametrize(
    ("account", "status", "sentence", "user"),
    [("4", 403, NO_ROLE, "nora"), ("8", 403, NO_ROLE, "noel"), ("6", 403, NO_NAME, ""), (None, 401, REFUSED, "")],
)
def test_who_has_no_group_no_name_or_turns_back_is_told_so(
    visitor, provider, audit, account, status, sentence, user
):
    answer = visitor.signs_in(provider, account)
    assert (answer.status_code, sentence in told(answer)) == (status, True)
    assert (audit()["user"], audit()["outcome"]) == (user, "refused" if status == 403 else "failed")
    assert not visitor.is_in


def test_a_name_with_other_characters_is_none_here(visitor, provider):
    answer = visitor.signs_in(provider, "7")
    assert (answer.status_code, "other characters" in told(answer)) == (403, True)


def test_a_name_stays_with_whom_it_came_first(app, visitor, provider, folder, audit):
    visitor.signs_in(provider, "1")
    namesake = Visitor(app)
    answer = namesake.signs_in(provider, "5")
    assert (answer.status_code, "Somebody else is called vera" in told(answer)) == (403, True)
    assert (namesake.is_in, visitor.is_in) == (False, True)
    assert (audit()["user"], audit()["outcome"]) == ("vera", "refused")
    users_of(folder).remove("vera")
    assert namesake.signs_in(provider, "5").status_code == 303
    users_of(folder).remove("vera")


def test_a_user_of_this_computers_own_is_nobody_elses(visitor, provider, folder):
    users = users_of(folder)
    if users.has("otto"):  # of a test before
        users.remove("otto")
    users.add("otto", None, roles_of(["model-admin"]))
    assert visitor.signs_in(provider, "3").status_code == 403
    users.remove("otto")


# ---- signing out


def test_who_signs_out_is_led_to_sign_out_there_too(visitor, provider, folder, audit):
    visitor.signs_in(provider, "1")
    token = visitor.client.get_cookie(COOKIE, path="/fusevis/").value
    answer = visitor.tells("/sign-out")
    place = urlsplit(answer.json["next"])
    words = {name: value for name, (value,) in parse_qs(place.query).items()}
    assert f"{place.scheme}://{place.netloc}" == provider.issuer
    assert (words["post_logout_redirect_uri"], words["client_id"]) == (f"{SITE}/sign-in", "fusevis")
    assert words["id_token_hint"].count(".") == 2
    assert users_of(folder).session(token, LONGEST_SESSION) is None
    assert users_of(folder).end_session(token) == ""  # the token is gone with it
    assert not visitor.is_in
    assert (audit()["user"], audit()["action"]) == ("vera", "sign out")
