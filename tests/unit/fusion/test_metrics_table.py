"""Averages that say what they rest on, rows of rules that are always there, and what is printed of them."""

import numpy as np
import pytest

import fusion
from fusion.errors import InputError
from fusion.metrics import (
    METRICS,
    Average,
    Measurement,
    MetricValue,
    average,
    leaders,
    measure,
    records,
    summarized,
    table,
)
from fusion.metrics.report import formatted

ALWAYS = ["copy of first", "copy of second", "mean", "maximum", "Weighted Averaging"]


@pytest.fixture(scope="module")
def pair():
    return fusion.phantom(1, size=64)


def rows(**figures):
    """Measurements of entropy and SCD by method, None for an undefined one."""
    return [
        Measurement(method, str(number), {name: MetricValue(figure, "" if figure is not None else "a copy")})
        for method, columns in figures.items()
        for name, column in columns.items()
        for number, figure in enumerate(column, 1)
    ]


def test_an_average_leaves_out_what_is_undefined_and_says_so():
    found = average(
        [
            MetricValue(2.0),
            MetricValue(None, "no edge"),
            MetricValue(6.0),
            MetricValue(None, "no edge"),
            MetricValue(None, "small"),
        ]
    )
    assert found == Average(4.0, pytest.approx(np.std([2, 6], ddof=1)), 2, 5, ("no edge", "small"))
    assert average([MetricValue(3.0)]) == Average(3.0, None, 1, 1)
    assert average([MetricValue(None, "small")]) == Average(None, None, 0, 1, ("small",))


def test_the_rules_stand_beside_whatever_is_asked_for(pair):
    mine = pair.second * 0.5
    found = table(pair, {"mine": mine}, ["SF", "SCD"])
    assert [row.method for row in found] == [*ALWAYS, "mine"]
    assert {row.pair for row in found} == {pair.title}
    assert found[-1].values == measure(pair.first, pair.second, mine, ["SF", "SCD"])
    highest = np.maximum(pair.first, pair.second)
    assert found[3].values == measure(pair.first, pair.second, highest, ["SF", "SCD"])
    weighted = fusion.fuse(fusion.load("Weighted Averaging"), pair)
    assert found[4].values == measure(pair.first, pair.second, weighted, ["SF", "SCD"])
    assert [row.values["SCD"].number is None for row in found] == [True, True, False, False, False, False]


def test_a_network_that_is_a_rule_stands_there_once(pair):
    weighted = fusion.fuse(fusion.load("Weighted Averaging"), pair)
    assert [row.method for row in table(pair, {"Weighted Averaging": weighted}, ["SD"])] == ALWAYS


def test_all_metrics_are_measured_unless_told(pair):
    assert list(table(pair, {})[0].values) == list(METRICS)
    with pytest.raises(InputError, match="no metric called 'x'"):
        table(pair, {}, ["x"])


def test_the_leader_of_a_column_is_the_best_mean_of_those_there_are():
    summary = summarized(rows(a={"SCD": (1.0, None)}, b={"SCD": (0.5, 0.7)}, c={"SCD": (None, None)}))
    assert leaders(summary) == {"SCD": {"a"}}
    assert leaders(summarized(rows(c={"SCD": (None,)}))) == {"SCD": set()}
    assert leaders(summarized(rows(a={"EN": (2.0,)}, b={"EN": (2.0,)}))) == {"EN": {"a", "b"}}


def test_records_tell_pairs_mean_deviation_and_count():
    found = records(rows(a={"SCD": (1.0, None, 2.0)}))
    assert [(each["row"], each["pair"], each["SCD"]) for each in found[:4]] == [
        ("pair", "1", 1.0),
        ("pair", "2", ""),
        ("pair", "3", 2.0),
        ("mean", "", 1.5),
    ]
    assert found[4]["SCD"] == pytest.approx(np.sqrt(0.5))
    assert (found[5]["row"], found[5]["SCD"]) == ("count", 2)
    assert [each["undefined"] for each in found] == ["", "SCD: a copy", "", *["SCD: a copy"] * 3]


def test_the_printed_table_counts_what_averages_rest_on():
    text = formatted(summarized(rows(a={"SCD": (1.0, None, 2.0)}, b={"SCD": (0.5, 0.25, 0.75)})))
    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "method SCD ↑",
        "a *1.500 ± 0.707 (2)",
        "b 0.500 ± 0.250",
        "–: a: SCD: a copy",
    ]


@pytest.mark.parametrize("width", [30, 60, 200])
def test_the_printed_table_keeps_to_its_width_and_loses_no_metric(pair, width):
    text = formatted(summarized(table(pair, {})), width)
    columns = text.split("\n–:")[0]
    heads = [line for line in columns.splitlines() if line.startswith("method")]
    assert [name for line in heads for name in line.split()[1::2]] == list(METRICS)
    assert max(len(line) for line in columns.splitlines()) <= max(width, 36)
    assert len({len(line) for line in columns.split("\n\n")[0].splitlines()}) == 1
