"""Signing in and out: the page, the cookie, what is refused, and what the audit has of it."""

import json

import pytest

from dashboard.access.local_sign_on import LOCKED, WRONG
from dashboard.access.session_cookie import COOKIE
from dashboard.access.user_store import MOST_FAILURES
from tests.support.signed_on import ORIGIN, PASSWORD, client_of, signed_on, users_of

FORM = {"name": "vera", "password": PASSWORD, "next": "/compare?pair=cases/wide"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("signing-in")


@pytest.fixture(scope="module")
def app(settings, folder):
    with signed_on(settings, folder, prefix="/fusevis", is_intranet=True) as found:
        yield found


@pytest.fixture
def client(app):
    return app.server.test_client()


def signed_in(client, form=FORM, **how):
    how = {"headers": ORIGIN, "base_url": "http://localhost/fusevis"} | how
    return client.post("/sign-in", data=form, **how)


def audit(folder):
    return [json.loads(line) for line in (folder / "access" / "audit.jsonl").read_text().splitlines()]


def test_who_signs_in_goes_where_they_wanted_with_a_cookie_that_no_script_reads(client, folder):
    answer = signed_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/fusevis/")  # not below the prefix
    answer = signed_in(client, FORM | {"next": "/fusevis/compare?pair=cases/wide"})
    assert answer.headers["Location"] == "/fusevis/compare?pair=cases/wide"
    name, *about = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/fusevis/"} == set(about)
    last = audit(folder)[-1]
    assert (last["user"], last["action"], last["outcome"]) == ("vera", "sign in", "done")


def test_over_https_the_cookie_is_sent_over_https_only(client):
    answer = signed_in(client, base_url="https://localhost/fusevis", headers={"Origin": "https://localhost"})
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


def test_a_session_opens_the_pages_until_its_owner_signs_out(app, client, folder):
    token = signed_in(client).headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    mine = app.server.test_client()
    mine.set_cookie(COOKIE, token)
    assert mine.get("/cases").status_code == 200
    assert mine.post("/sign-out", headers=ORIGIN).status_code == 204
    mine.set_cookie(COOKIE, token)
    assert mine.get("/cases").status_code == 401
    assert audit(folder)[-1]["action"] == "sign out"


@pytest.mark.parametrize(
    "told",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "/fusevis/sign-out", "", "/fusevis\r\nX: y"],
)
def test_signing_in_leads_nowhere_else(client, told):
    assert signed_in(client, FORM | {"next": told}).headers["Location"] == "/fusevis/"


def test_a_wrong_password_an_unknown_name_and_a_name_that_is_none_are_told_alike(client, folder):
    for form in ({"password": "wrong"}, {"name": "nobody"}, {"name": "<script>"}, {"name": "", "password": ""}):
        answer = signed_in(client, FORM | form)
        assert (answer.status_code, WRONG in answer.get_data(as_text=True)) == (401, True)
        assert "Set-Cookie" not in answer.headers
        assert "<script>" not in answer.get_data(as_text=True)
        last = audit(folder)[-1]
        assert (last["user"], last["outcome"]) == (("vera" if "name" not in form else ""), "failed")


def test_the_lock_is_told(app, client, folder):
    for _ in range(MOST_FAILURES):
        signed_in(client, FORM | {"name": "mona", "password": "wrong"})
    answer = signed_in(client, FORM | {"name": "mona"})
    assert (answer.status_code, LOCKED in answer.get_data(as_text=True)) == (429, True)
    assert audit(folder)[-1]["outcome"] == "locked"


def test_signing_in_is_taken_from_the_own_page_only(client):
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        answer = signed_in(client, headers=headers)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


def test_a_session_that_somebody_brings_is_not_the_one_that_is_begun(app, client, folder):
    old = users_of(folder).begin_session("vera")
    client.set_cookie(COOKIE, old, path="/fusevis/")
    assert old not in signed_in(client).headers["Set-Cookie"]
    assert users_of(folder).session(old, 60) is None


def test_a_script_is_told_in_a_sentence_that_nobody_is_signed_in(client):
    answer = client.get("/cases")
    assert answer.json == {"error": "Sign in first: open this page anew.", "signedOut": True}


def test_who_may_not_look_is_told_why_and_can_sign_out_or_read_the_audit(app, folder):
    mine = client_of(app, users_of(folder), "otto")
    answer = mine.get("/", headers={"Accept": "text/html"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert all(each in text for each in ("role viewer", "Sign out", "Read the audit", "otto"))
    assert mine.get("/audit").mimetype == "application/x-ndjson"
    assert audit(folder)[-1]["action"] == "read the audit"


def test_where_the_audit_cannot_be_written_nobody_is_signed_in(client, folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dashboard.access.audit_log.AuditLog.write", full)
    answer = signed_in(client)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (503, False)
