"""Three rooms, one direction: what each package may import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSER = {"dash", "plotly", "flask", "flask_caching", "dash_mantine_components", "dash_ag_grid", "waitress"}
FORBIDDEN = {
    "fusion": BROWSER | {"saliency", "dashboard", "benchmarks", "tests"},
    "saliency": BROWSER | {"dashboard", "benchmarks", "tests"},
    "dashboard": {"benchmarks", "tests"},
}
FILES = [(room, path) for room in FORBIDDEN for path in sorted((ROOT / room).rglob("*.py"))]


def imported(path):
    """Top-level names of everything a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module.split(".")[0]


@pytest.mark.parametrize(("room", "path"), FILES, ids=lambda x: x if isinstance(x, str) else x.stem)
def test_imports_point_down_only(room, path):
    assert not set(imported(path)) & FORBIDDEN[room]


APART = {"benchmarks": {"tests"}, "tests": {"benchmarks"}, "support": {"tests", "benchmarks"}}
"""What they share lies in ``support``; the tests of the benchmarks themselves are an exception."""


def test_tests_and_benchmarks_stand_on_their_own():
    files = [(path, APART[folder]) for folder in APART for path in (ROOT / folder).rglob("*.py")]
    found = [path for path, others in files if others & set(imported(path))]
    assert [path.name for path in found if not path.name.startswith("test_benchmarks_")] == []


def test_every_room_was_looked_at():
    assert {room for room, _ in FILES} == set(FORBIDDEN)


def test_the_lower_rooms_load_no_browser_library_and_no_plotting_state():
    check = "import sys, fusion, saliency; print([m for m in sys.modules if m in sys.argv[1:]])"
    names = [*sorted(BROWSER), "dashboard", "matplotlib.pyplot"]
    done = subprocess.run(
        [sys.executable, "-c", check, *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
