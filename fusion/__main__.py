"""``python -m fusion``: train, study, evaluate and use fusion methods from the command line."""

from __future__ import annotations

import sys

from fusion.cli import evaluate, fuse, segmentation, study, train
from fusion.cli.running import run

WORDS = (fuse, train, evaluate, segmentation, study)
"""In the order the help lists them."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; see `fusion.cli.running.run` for the exit codes."""
    return run(
        "python -m fusion",
        "Fuse image pairs; train, evaluate and study fusion networks.",
        [word.describe for word in WORDS],
        "what was saved so far is kept, and the same command goes on",
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
