"""What takes long is told before it is begun, and on Compare asked for."""

from dataclasses import replace

import pytest

from dashboard.pages.compare import expected_times
from dashboard.server.messages import unpacked

WORDS = {"pair": "cases/wide", "network": "DeepFuse"}


def column(app, **more):
    response = app.server.test_client().get("/compare/column", query_string={**WORDS, **more})
    assert response.status_code == 200, response.get_data(as_text=True)
    return unpacked(response.get_data())


@pytest.fixture
def fresh(settings, tmp_path, own_app):
    """A dashboard that has opened nothing yet."""
    return own_app(replace(settings, cache=tmp_path))


def test_a_quick_network_is_opened_at_once_and_asks_for_nothing(fresh):
    about, arrays = column(fresh)
    assert about["asks"] == {}
    assert "fused" in arrays


def test_a_slow_network_is_opened_once_its_reader_asks(fresh, monkeypatch):
    monkeypatch.setattr(expected_times, "LONG", {"fused": 0.0, "jacobian": 0.0, "guidance": 0.0})
    about, arrays = column(fresh)
    assert set(about["asks"]) == {"fused", "jacobian", "guidance"}
    assert all(seconds > 0 for seconds in about["asks"].values())
    assert arrays == {}
    about, arrays = column(fresh, asked=1)
    assert "fused" in arrays
    assert set(about["asks"]) == {"jacobian", "guidance"}
    _, arrays = column(fresh)  # it is there now
    assert "fused" in arrays
