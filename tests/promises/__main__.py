"""The page of the promises: ``python -m tests.promises`` writes it, with ``--measure`` after their tests."""

from __future__ import annotations

import argparse
import ast
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.promises.conftest import RESULTS
from tests.promises.table import PROMISES

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
PAGE, FIGURES = FOLDER / "README.md", FOLDER / "results.json"
HEAD = """# Thirty promises

What a dashboard on an intranet promises, and the test that holds it. Written by `python -m tests.promises`;
figures were taken by `python -m tests.promises --measure` {where}.

| | what happens | what is promised | held by | measured |
|---|---|---|---|---|
"""


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="run the tests, and note what they measure")
    if parser.parse_args().measure:
        measure()
    PAGE.write_text(page(held_by(), json.loads(FIGURES.read_text("utf-8"))), "utf-8")


def measure() -> None:
    """Run the promises' tests, and keep what they note with the machine and the day."""
    with TemporaryDirectory() as name:
        noted = Path(name) / "noted.json"
        files = sorted({str((FOLDER / file).resolve()) for tests in held_by().values() for file, _ in tests})
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, RESULTS: str(noted)}).returncode
        if code:
            raise SystemExit("A promise is not held; nothing was written.")
        figures = json.loads(noted.read_text("utf-8"))
    about = {"machine": machine(), "date": datetime.now(UTC).date().isoformat(), "figures": figures}
    FIGURES.write_text(json.dumps(about, indent=2, sort_keys=True) + "\n", "utf-8")


def machine() -> str:
    """Cores and processor, as benchmarks name them."""
    found = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    model = found[1] if found else platform.processor()
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}"


def held_by() -> Mapping[int, list[tuple[str, str]]]:
    """By number: file, as the page links it, and name of each test, wherever in the suite it stands."""
    found: dict[int, list[tuple[str, str]]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        text = file.read_text("utf-8")
        for node in ast.parse(text).body if "def test_promise_" in text else ():
            if isinstance(node, ast.FunctionDef) and (named := re.match(r"test_promise_(\d\d)_(\w+)", node.name)):
                found.setdefault(int(named[1]), []).append((os.path.relpath(file, FOLDER), named[2]))
    return found


def page(held: Mapping[int, list[tuple[str, str]]], results: Mapping[str, object]) -> str:
    """The page's text."""
    figures = results["figures"]
    assert isinstance(figures, dict)
    rows = []
    for number, promise in enumerate(PROMISES, 1):
        tests = [f"[{name.replace('_', ' ')}]({file})" for file, name in held.get(number, ())]
        told = figures.get(f"{number:02}", "")
        cells = (number, promise.fault, promise.behaviour, "; ".join(tests), told)
        rows.append("| " + " | ".join(map(str, cells)) + " |\n")
    left = [f"- **{number}.** {each.left}\n" for number, each in enumerate(PROMISES, 1) if each.left]
    where = f"on {results['date']} ({results['machine']})"
    return (
        HEAD.format(where=where)
        + "".join(rows)
        + "\nWhat is not held as it was promised, and why:\n\n"
        + "".join(left)
    )


if __name__ == "__main__":
    main()
