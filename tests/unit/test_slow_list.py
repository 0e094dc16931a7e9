"""The list of slow tests names tests that are there: one that was renamed would be run as if it were quick."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def is_there(node):
    file, _, rest = node.partition("::")
    name = rest.partition("[")[0]
    return (ROOT / file).exists() and f"def {name}(" in (ROOT / file).read_text("utf-8")


def test_every_slow_test_is_there():
    listed = (ROOT / "tests" / "slow.txt").read_text("utf-8").split("\n")
    assert [node for node in listed if node and not is_there(node)] == []
