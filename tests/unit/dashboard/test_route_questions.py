"""What is asked of every route: words that mean something and words that mean nothing; never a failure."""

import re
from dataclasses import replace
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dashboard.app import JOBS, create_app
from tests.support.callback_questions import WORDS
from tests.support.every_route import EXAMPLE, routes
from tests.support.signed_on import ORIGIN

MEANT = {
    "pair": ("cases/square", "cases/wide", "phantom-1", "cases/wide~swap"),
    "network": ("DeepFuse", "Weighted Averaging", "FunFuseAn"),
    "networks": ("DeepFuse", "DeepFuse,Weighted Averaging", ",", "DeepFuse,,nothing"),
    **dict.fromkeys(("row", "col"), ("5", "0", "-1", "1e3", "63", "64")),
    **dict.fromkeys(("window", "ring"), ("11", "31", "0", "-3", "12", "1e99")),
    **dict.fromkeys(("gamma1", "gamma2"), ("0.3", "nan", "inf", "-1", "0")),
    **dict.fromkeys(
        ("have", "done", "percent", "serial", "index", "slice", "from", "to"), ("0", "1", "-1", "999999999999")
    ),
    "display": ("magnitude", "signed", "none"),
    "colormap": ("viridis", "grey"),
    "region": ("rect:1,1,5,5", "disk:9,9,3", "label:none", "mask:0", "rect:9,9,1,1", "brush:3,1,1", "+ - +"),
    "which": ("first", "second", "fused"),
    "how": ("start", "pause", "resume", "cancel"),
    "format": ("csv", "npz", "png", "svg", "pdf"),
    "what": ("values", "panel", "report", "guidance"),
    "levels": ("0:1", "1:0", "a:b"),
    "token": ("t", ""),
    "name": ("mask.png", "../../etc/passwd", "=1+1"),
    "drops": ("d,e", ""),
}
"""Words of our addresses, and what stands there."""
ours = effort(max_examples=12, suppress_health_check=list(HealthCheck))
raw = st.binary(max_size=12).map(quote_from_bytes)
"""Not always text."""


@pytest.fixture(scope="module")
def asked_app(settings, tmp_path_factory):
    """One that nobody else asks."""
    app = create_app(replace(settings, cache=tmp_path_factory.mktemp("asked")))
    yield app
    app.server.extensions[JOBS].close()


def query(drawn):
    """Words that mean something but for those that are left out, then some more."""
    meant, left_out, more = drawn
    return urlencode([*((n, v) for n, v in meant.items() if n not in left_out), *more], errors="replace")


def queries():
    """Most words mean something, so that a question goes far; some are there twice or not at all."""
    one = st.sampled_from(sorted(MEANT)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from((*MEANT[name], *WORDS)) | st.text(max_size=8))
    )
    meant = st.fixed_dictionaries({name: st.sampled_from(MEANT[name]) for name in MEANT})
    left_out = st.sets(st.sampled_from(sorted(MEANT)), max_size=4)
    words = st.tuples(meant, left_out, st.lists(one, max_size=3)).map(query)
    return words | st.tuples(words, raw, raw).map(lambda drawn: f"{drawn[0]}&{drawn[1]}={drawn[2]}")


def parts():
    """What stands in the place of a variable part of a path."""
    return (st.sampled_from(WORDS) | st.text(max_size=8)).map(lambda text: quote(text.strip("/")) or "x")


@pytest.mark.slow
def test_every_route_is_asked_with_sense_and_without_and_none_fails(asked_app, unforeseen_failures):
    client = asked_app.server.test_client()
    found = routes(asked_app.server)
    assert len(found) > 50

    @ours
    @given(query=queries(), part=parts(), is_named=st.booleans(), body=st.binary(max_size=40))
    def ask(rule, method, query, part, is_named, body):
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: EXAMPLE[found[1]] if is_named else part, rule.rule)
        data = body if method == "POST" else None
        answer = client.open(path, method=method, query_string=query, headers=ORIGIN, data=data)
        assert answer.status_code < 500, (path, query, answer.get_data(as_text=True)[:200])

    for rule, _, method in found:
        ask(rule, method)
    assert unforeseen_failures == []
