"""The state of the page as words of its address."""

from dataclasses import fields, replace
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.url_state import MANNERS, State, read
from dashboard.option_values import COLORMAPS, WINDOWS
from saliency.defaults import MODES

ANOTHER = State(
    pair="mri_spect/25 045&ü",
    network="Weighted Averaging (frozen weights)",
    row=0,
    col=255,
    window=81,
    gamma1=2.0,
    gamma2=0.1,
    display="signed",
    colormap="gray",
    manner="drag",
    color=True,
    zooms=False,
    light=True,
)
INDEX = st.none() | st.integers(0, 5000)
NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
STATES = st.builds(
    State,
    pair=NAME,
    network=NAME,
    row=INDEX,
    col=INDEX,
    window=st.sampled_from(WINDOWS),
    gamma1=st.floats(0.1, 2),
    gamma2=st.floats(0.1, 2),
    display=st.sampled_from(MODES),
    colormap=st.sampled_from(COLORMAPS),
    manner=st.sampled_from(MANNERS),
    color=st.booleans(),
    zooms=st.booleans(),
    light=st.booleans(),
)


def written(state):
    """As the browser writes it; that it uses these very words is held by the browser's test."""
    words = {field.name: getattr(state, field.name) for field in fields(State)}
    as_text = {
        name: str(int(value)) if isinstance(value, bool) else str(value)
        for name, value in words.items()
        if value is not None
    }
    return "?" + urlencode(as_text)


@pytest.mark.parametrize("field", [field.name for field in fields(State)])
def test_every_word_alone_changes_its_field_and_no_other(field):
    wanted = replace(State(), **{field: getattr(ANOTHER, field)})
    assert wanted != State()
    query = "?" + urlencode({field: {True: "1", False: "0"}.get(getattr(ANOTHER, field), getattr(ANOTHER, field))})
    assert read(query, State()) == (wanted, ())


@given(STATES)
def test_what_is_written_is_read(state):
    # A field that is not written keeps the default's, so the default has to be without a pixel.
    assert read(written(state), State()) == (state, ())


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("row", "-1"),
        ("row", "1.5"),
        ("col", "middle"),
        ("window", "30"),
        ("window", "9999"),
        ("gamma1", "0.05"),
        ("gamma1", "nan"),
        ("gamma2", "inf"),
        ("gamma2", "2,0"),
        ("display", "Signed"),
        ("colormap", "jet"),
        ("manner", "fly"),
        ("color", "yes"),
        ("zooms", "2"),
        ("light", "true"),
        ("row", "9" * 5000),
    ],
)
def test_a_bad_value_gives_a_sentence_and_the_default(word, value):
    default = replace(ANOTHER, pair="phantom-2")
    state, problems = read("?" + urlencode({word: value}), default)
    assert state == default
    (sentence,) = problems
    assert sentence.startswith("The address has ")
    assert sentence.endswith(f"{getattr(default, word)} is shown instead.")
    assert len(sentence) < 140  # an address may be long, a sentence not


def test_good_words_survive_beside_bad_ones():
    state, problems = read("?gamma1=9&gamma2=1.5&row=3&col=x&window=21", State())
    assert state == State(gamma2=1.5, row=3, window=21)
    assert len(problems) == 2
    assert sum("the centre is shown instead" in sentence for sentence in problems) == 1


@given(st.text() | st.lists(st.tuples(st.sampled_from([f.name for f in fields(State)]), st.text())).map(urlencode))
def test_no_address_whatever_is_an_error(query):
    state, problems = read(query, ANOTHER)
    assert state.window in WINDOWS
    assert 0.1 <= state.gamma1 <= 2
    assert all(sentence.endswith(".") for sentence in problems)
