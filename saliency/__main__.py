"""``python -m saliency``: Jacobian and guidance images from the command line."""

from __future__ import annotations

import sys

from fusion.commands.running import run
from saliency.commands import WORDS


def main(arguments: list[str] | None = None) -> int:
    """Run one command; see `fusion.commands.running.run` for the exit codes."""
    return run(
        "python -m saliency",
        "Show which input pixels made a fused pixel (jacobian), and how strongly every fused pixel depends on "
        "the input pixels at its own place (guidance).",
        WORDS,
        "nothing was written",
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
