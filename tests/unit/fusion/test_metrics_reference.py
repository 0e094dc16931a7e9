"""The metrics beside those of a public evaluator, on the pairs that its values were published for."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fusion.metrics import gradient, measure

DATA = Path(os.environ.get("FUSION_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
"""A folder of registered pairs with ``metric_reference.json``; not part of the project."""
REFERENCE = DATA / "metric_reference.json"
TOLERANCE = {"Qabf": 5e-4}
"""Values are given to five decimals; why Q^AB/F differs from the fourth on, its docstring tells."""
RULES = {
    "mean": lambda a, b: (a + b) / 2,
    "maximum": np.maximum,
    "copy of first": lambda a, b: a,
    "weighted averaging": lambda a, b: (a**2 + b**2) / np.where(a + b > 0, a + b, 1),
}

pytestmark = pytest.mark.skipif(
    not REFERENCE.is_file(), reason="no metric_reference.json; FUSION_DATA may name its folder"
)


def rows():
    return json.loads(REFERENCE.read_text("utf-8"))["rows"] if REFERENCE.is_file() else []


def grey(name):
    with Image.open(DATA / name) as file:
        return np.asarray(file.convert("L")) / 255


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{Path(row['first']).stem}-{row['rule']}")
def test_values_agree_to_the_digits_given(row):
    first, second = grey(row["first"]), grey(row["second"])
    expected = {name: value for name, value in row.items() if name not in ("first", "second", "rule")}
    values = measure(first, second, RULES[row["rule"]](first, second), expected)
    for name, value in expected.items():
        if value is None:
            assert values[name].number is None, name
        else:
            assert values[name].number == pytest.approx(value, abs=TOLERANCE.get(name, 1e-5)), name


def test_the_evaluators_edge_preservation_differs_only_where_strengths_are_equal(monkeypatch):
    ours = gradient._ratio
    monkeypatch.setattr(gradient, "_ratio", lambda one, other: np.where(one == other, one, ours(one, other)))
    for row in rows()[::5]:
        images = grey(row["first"]), grey(row["second"])
        fused = RULES[row["rule"]](*images)
        assert measure(*images, fused, ["Qabf"])["Qabf"].number == pytest.approx(row["Qabf"], abs=1e-5)
