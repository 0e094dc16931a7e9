"""Dashboards on which people sign on, and clients of those who have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

from dash import Dash
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from dashboard.access import user_store
from dashboard.access.access_folder import AccessFolder
from dashboard.access.roles import roles_of
from dashboard.access.session_cookie import COOKIE
from dashboard.access.user_store import UserStore
from dashboard.app import DROPS, JOBS, create_app
from dashboard.settings import Settings

PASSWORD = "ten letters and more"
PEOPLE = {
    "vera": ["viewer"],
    "anna": ["analyst"],
    "adam": ["analyst"],
    "mona": ["model-admin"],
    "otto": ["auditor"],
    "rita": ["monitor"],
    "all.in": ["viewer", "analyst", "model-admin", "auditor", "monitor"],
}
"""Everybody who can sign in, and as what; all have the same password."""
ORIGIN = {"Origin": "http://localhost"}


@contextmanager
def signed_on(settings: Settings, folder: Path, **more) -> Iterator[Dash]:
    """A dashboard with `PEOPLE`, whose password is hashed once: that takes a tenth of a second."""
    chosen = replace(settings, sign_on="local", access=folder / "access", cache=folder / "cache", **more)
    users = users_of(folder)
    with patch.object(user_store, "generate_password_hash", cache(generate_password_hash)):
        for name, roles in PEOPLE.items():
            users.add(name, PASSWORD, roles_of(roles))
    app = create_app(chosen)
    try:
        yield app
    finally:
        app.server.extensions[DROPS].close()
        app.server.extensions[JOBS].close()


def users_of(folder: Path) -> UserStore:
    """The users of the dashboard in a folder, as another process would open them."""
    found = AccessFolder(folder / "access")
    found.make()
    return UserStore(found.users, found.key())


def client_of(app: Dash, users: UserStore, name: str = "") -> FlaskClient:
    """A client of somebody who has signed in, or of nobody."""
    client = app.server.test_client()
    if name:
        client.set_cookie(COOKIE, users.begin_session(name))
    return client
