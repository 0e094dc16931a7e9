"""A dashboard that signs people in by a real provider, and browsers of visitors, for the tests of that."""

import json

import pytest

from dashboard.app import DROPS, JOBS, create_app
from tests.support.openid_provider import SITE, Visitor, free_port, openid_provider, provider_of, with_provider


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("oidc")


@pytest.fixture(scope="module")
def app(settings, folder):
    found = create_app(with_provider(settings, folder, free_port(), trusted_hosts=("localhost",)))
    yield found
    found.server.extensions[DROPS].close()
    found.server.extensions[JOBS].close()


@pytest.fixture(scope="module")
def running(app):
    with openid_provider(int(provider_of(app).issuer.rpartition(":")[2]), SITE) as found:
        yield found


@pytest.fixture
def provider(running, app):
    """Honest, and asked again even where it was just not reached."""
    provider_of(app)._rests_until = 0.0
    yield running
    running.tamper()


@pytest.fixture
def visitor(app):
    return Visitor(app)


@pytest.fixture
def audit(folder):
    """What was written last."""

    def read():
        return json.loads((folder / "access" / "audit.jsonl").read_text().splitlines()[-1])

    return read


@pytest.fixture
def unread(app):
    """What asks the provider, as after a start: nothing is known of it yet."""
    found = provider_of(app)
    found._known, found._keys, found._rests_until = None, None, 0.0
    yield found
    found._known, found._keys, found._rests_until = None, None, 0.0
