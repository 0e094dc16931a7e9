"""What is posted to Dash's callbacks: refused before anything runs, or answered; never a traceback."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dashboard.app import JOBS, create_app
from dashboard.server.callback_bodies import ROUTE, SENTENCE
from dashboard.service import examination_service
from saliency.examination.finding import Examination
from tests.support.callback_questions import anything, body, callbacks, fitting_bodies

REFUSED = (400, SENTENCE)
ours = effort(max_examples=25, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def asked_app(settings, tmp_path_factory):
    """One that nobody else asks; guidance that is begun here is not waited for elsewhere.

    A network that is to be examined is found to be right: its process would go on amid the tests after these.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examination_service, "examine", lambda _: iter([Examination()]))
        app = create_app(replace(settings, cache=tmp_path_factory.mktemp("asked")))
        app.server.test_client().get("/")  # Dash collects its callbacks at the first request
        yield app
        app.server.extensions[JOBS].close()


def told(answer):
    """Its status, and the sentence of a refusal."""
    sentence = answer.json.get("error") if answer.is_json else None
    return answer.status_code, sentence or answer.get_data(as_text=True)[:200]


def post(app, content):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return told(app.server.test_client().post(ROUTE, data=data, content_type="application/json"))


@pytest.mark.slow
def test_every_callback_is_asked_in_its_own_way_and_none_fails(asked_app, unforeseen_failures):
    """Values of the right types, that mean something or nothing."""
    found = callbacks(asked_app)
    assert len(found) > 30

    @ours
    @given(st.data())
    def asked(name, data):
        status, page = post(asked_app, data.draw(fitting_bodies(name, found[name])))
        assert (status, page) != REFUSED
        assert status < 500, page

    for name in found:
        asked(name)
    assert unforeseen_failures == []


@pytest.mark.slow
def test_invented_names_and_shapes_are_refused(asked_app, unforeseen_failures):
    names = sorted(callbacks(asked_app))
    clientside = [name for name, entry in asked_app.callback_map.items() if "callback" not in entry]
    assert clientside

    @effort(ours, max_examples=300)
    @given(
        st.fixed_dictionaries(
            {"output": st.sampled_from([*names, *clientside, "ask-view.data", "..a.b...c.d.."]) | anything},
            optional=dict.fromkeys(("outputs", "inputs", "state", "changedPropIds"), anything),
        )
        | anything
    )
    def refused(content):
        assert post(asked_app, content) == REFUSED

    refused()
    assert unforeseen_failures == []


@pytest.mark.slow
def test_a_body_that_is_changed_in_one_place_is_refused_or_answered(asked_app, unforeseen_failures):
    """Wrong types, other ids, words left out: what is still a page's own is answered, and nothing fails."""
    found = callbacks(asked_app)

    @ours
    @given(st.data())
    def changed(name, data):
        content = data.draw(fitting_bodies(name, found[name]))
        _change(data, content)
        assert post(asked_app, content)[0] < 500

    for name in found:
        changed(name)
    assert unforeseen_failures == []


def _change(data, content):
    """Put anything in the place of a part that is drawn, or leave it out."""
    inside = content
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = data.draw(st.sampled_from(keys))
        deeper = inside[key]
        if not isinstance(deeper, dict | list) or not deeper or data.draw(st.booleans()):
            break
        inside = deeper
    if isinstance(inside, dict) and data.draw(st.booleans()):
        del inside[key]
    else:
        inside[key] = data.draw(anything)


WRONG = [
    b"", b"{", b"[]", b"null", b"NaN", b"\xff\xfe", b'{"output": 3}', b"[" * 100_000, b'{"a":' * 50_000,
    b'{"output": "commit.data"}',
]  # fmt: skip


@pytest.mark.parametrize("content", WRONG)
def test_broken_json_is_refused(asked_app, unforeseen_failures, content):
    assert post(asked_app, content) == REFUSED
    assert unforeseen_failures == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**40, "\ud800", 3, [], {}, True])
def test_a_value_of_another_type_is_refused_before_the_callback_runs(asked_app, unforeseen_failures, value):
    name = "page.children"
    entry = callbacks(asked_app)[name]
    assert post(asked_app, body(name, entry, ["/compare", ""]))[0] == 200
    assert post(asked_app, body(name, entry, [value, ""])) == REFUSED
    assert post(asked_app, body(name, entry, ["/", value])) == REFUSED
    assert unforeseen_failures == []


def test_what_is_nested_deeper_than_a_page_sends_is_refused(asked_app, unforeseen_failures):
    deep = []
    for _ in range(60):
        deep = [deep]
    found = callbacks(asked_app)
    name = next(each for each in found if each.startswith("..net-") and "field" in each)
    assert post(asked_app, body(name, found[name], ["phantom-1", "DeepFuse", None, {"deep": deep}])) == REFUSED
    assert unforeseen_failures == []


def test_another_content_type_is_refused(asked_app):
    assert told(asked_app.server.test_client().post(ROUTE, data=b"output=1")) == REFUSED
