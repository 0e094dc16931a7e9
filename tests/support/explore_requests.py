"""What Explore's fast path answers over HTTP, as a test asks for it."""

from dashboard.server.messages import unpacked
from tests.support.waiting import until

PAIR, NETWORK, PIXEL = "cases/wide", "DeepFuse", (20, 31)


def asked(client, what, **words):
    response = client.get(f"/explore/{what}", query_string=words)
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.mimetype == "application/octet-stream"
    assert response.headers["Cache-Control"] == "no-store"
    return unpacked(response.get_data())


def refused(client, what, **words):
    response = client.get(f"/explore/{what}", query_string=words)
    assert response.status_code == 400
    assert list(response.get_json()) == ["error"]
    sentence = response.get_json()["error"]
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def finished(client, **words):
    have, arrays = 0, {}

    def complete():
        nonlocal have, arrays
        about, new = asked(client, "guidance", have=have, **words)
        assert not about["failure"]
        assert about["done"] >= have
        have, arrays = about["done"], new or arrays
        return have >= about["total"] > 0

    until(complete)
    return arrays
