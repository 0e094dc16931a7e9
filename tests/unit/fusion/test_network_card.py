"""The card beside a brought network: every line is read, and whatever else is refused in a sentence."""

import pytest

from fusion import InputError, NetworkCard, read_card
from fusion.method.value_range import NAMED_RANGES, ValueRange
from tests.support.own_networks import refusal

EVERY_LINE = """
name = "My net"
reference = "Me, 2026"
made_for = ["MRI", "PET"]
inputs = 1
channels = 3
input_range = { mean = [0.5, 0.25, 0.125], sd = [0.25, 0.5, 1] }
order = [2, 1]
output = "fused"
output_channel = "grey"
output_range = "0-255"
multiple = 32
square = true
checkpoint_key = "model"
checkpoint_prefix = "module."

[arguments]
width = 8
"""


@pytest.fixture
def card(tmp_path):
    """Read a card of the given text."""

    def read(text):
        (tmp_path / "net.toml").write_text(text, "utf-8")
        return read_card(tmp_path / "net.toml")

    return read


def test_every_line_is_read(card):
    assert card(EVERY_LINE) == NetworkCard(
        name="My net",
        reference="Me, 2026",
        made_for=("MRI", "PET"),
        inputs=1,
        channels=3,
        input_range=ValueRange((4.0, 2.0, 1.0), (-2.0, -0.5, -0.125)),
        order=(2, 1),
        output="fused",
        output_channel="grey",
        output_range=NAMED_RANGES["0-255"],
        multiple=32,
        square=True,
        arguments={"width": 8},
        checkpoint_key="model",
        checkpoint_prefix="module.",
        place="net.toml",
    )


def test_every_line_may_be_left_out(card, tmp_path):
    assert card("") == NetworkCard(place="net.toml")
    assert read_card(tmp_path / "none.toml") == NetworkCard(place="none.toml")


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("mutliple = 32", "multiple"),
        ("Name = 'x'", "name"),
        ("key = 'model'", "checkpoint_key"),
        ("outptu = 0", "output"),
    ],
)
def test_an_unknown_line_is_refused_and_the_nearest_named(line, nearest, card):
    assert f"the nearest is {nearest!r}" in refusal(card, line)


@pytest.mark.parametrize(
    ("line", "demand"),
    [
        ("name = 5", "a text"),
        ('name = "a,b"', "a text without commas"),
        ('made_for = "MRI"', "a list of texts"),
        ("inputs = 3", "2 (two tensors) or 1"),
        ("inputs = true", "2 (two tensors) or 1"),
        ("channels = 2", "1 or 3"),
        ('input_range = "0-65535"', "'0-255'"),
        ("input_range = { mean = 0.5 }", "mean"),
        ("input_range = { mean = 0.5, sd = 0 }", "mean"),
        ("input_range = { mean = [0.5, 0.5], sd = [1, 1] }", "mean"),
        ("input_range = { mean = [0.5, 0.5, 0.5], sd = 1 }", "mean"),
        ("input_range = { mean = [0.5, 0.5, 0.5], sd = [1, 1, 1] }", "write channels = 3"),
        ("output_range = { mean = [0.5, 0.5, 0.5], sd = [1, 1, 1] }", "say which output_channel"),
        ("order = [1, 1]", "[1, 2] or [2, 1]"),
        ("output = 1.5", "whole number"),
        ("output = true", "whole number"),
        ('output_channel = "gray"', '"grey"'),
        ("output_channel = -1", "from 0"),
        ("multiple = 0", "from 1"),
        ('square = "yes"', "true or false"),
        ("arguments = 5", "a table"),
        ("checkpoint_key = 0", "a text"),
        ("this is no TOML", "is no TOML"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_what_can(line, demand, card):
    sentence = refusal(card, line)
    assert demand in sentence
    assert "net.toml" in sentence


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "net.toml").write_bytes(b"\xff\xfe\x00")
    assert "is no TOML" in refusal(read_card, tmp_path / "net.toml")


@pytest.mark.parametrize("depth", [30, 900, 100_000])
def test_a_card_whose_tables_lie_too_deep_is_refused_in_a_sentence(tmp_path, depth):
    file = tmp_path / "net.toml"
    file.write_text("arguments = {a = " + "[" * depth + "]" * depth + "}")
    with pytest.raises(InputError, match=r"too deep inside one another; write a line for each thing it says\.$"):
        read_card(file)


@pytest.mark.parametrize("range_", ["{mean = nan, sd = 1}", "{mean = 0, sd = inf}", "{mean = 1e400, sd = 1}"])
def test_a_range_of_numbers_that_are_not_finite_is_refused(tmp_path, range_):
    file = tmp_path / "net.toml"
    file.write_text(f"input_range = {range_}")
    with pytest.raises(InputError, match="input_range must be"):
        read_card(file)
