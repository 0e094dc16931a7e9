"""What the promises' tests share: a dashboard where people sign in, and where figures are noted."""

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.signed_on import client_of, signed_on, users_of

RESULTS = "FUSEVIS_PROMISES"
"""The variable that names the file where figures are noted; without it nothing is."""


@pytest.fixture
def measured(request):
    """Notes what was measured, in a few words, under the promise's number."""

    def note(words):
        if RESULTS in os.environ:
            path = Path(os.environ[RESULTS])
            found = json.loads(path.read_text("utf-8")) if path.exists() else {}
            number = re.match(r"test_promise_(\d\d)_", request.node.originalname)[1]
            path.write_text(json.dumps(found | {number: words}, indent=2, sort_keys=True) + "\n", "utf-8")

    return note


@pytest.fixture(scope="session")
def site(settings, tmp_path_factory):
    """A dashboard with people, who may drop pictures."""
    folder = tmp_path_factory.mktemp("promises")
    with signed_on(settings, folder, uploads=True) as app:
        users = users_of(folder)
        yield SimpleNamespace(
            app=app,
            server=app.server,
            users=users,
            folder=folder,
            audit=folder / "access" / "audit.jsonl",
            client=lambda name="": client_of(app, users, name),
        )


@pytest.fixture
def is_long():
    """Whether the night is there for it: ``FUSEVIS_LONG=1``."""
    return "FUSEVIS_LONG" in os.environ
