"""Every figure of the README in one go: ``python -m benchmarks``; results go to ``benchmarks/results``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks import page

NAMES = (
    "jacobian",
    "guidance",
    "pointer",
    "ports",
    "hands",
    "compare",
    "users",
    "start",
    "regions",
    "large",
    "limits",
    "whole",
    "shared",
    "volumes",
    "series",
    "workers",
    "killed",
    "memory",
    "signed_on",
)
RESULTS = Path(__file__).resolve().parent / "results"


def main() -> int:
    """Run each benchmark in a process of its own, so that none warms another up."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few repetitions: does everything run?")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON files go")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(args.out / f"{name}.json")]
        if code := subprocess.run(command + ["--quick"] * args.quick, check=False).returncode:
            return code
    page.write(args.out)
    print(f"\nThe page of all results: {args.out / 'README.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
