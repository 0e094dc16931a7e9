"""What a page may run, who may embed what it is made of, and what it says where others can reach it."""

import re

EXPOSED = "No password: every computer that reaches this address can open this page and its pictures."


def directives(client, path="/"):
    policy = client.get(path).headers["Content-Security-Policy"]
    return dict(each.strip().split(" ", 1) for each in policy.split(";"))


def test_no_script_in_a_page_runs_but_dashs_own(app, client):
    allowed = directives(client)["script-src"]
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set(allowed.split())
    assert set(re.findall(r"'sha256-[^']+'", allowed)) == set(app.csp_hashes())


def test_what_a_page_is_made_of_is_for_pages_of_its_own_alone(client):
    for path in (
        "/",
        "/explore/images?pair=cases/square&network=Weighted+Averaging",
        "/assets/clientside.js",
        "/nowhere",
    ):
        assert client.get(path).headers["Cross-Origin-Resource-Policy"] == "same-origin"
