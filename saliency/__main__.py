"""``python -m saliency``: Jacobian and guidance images, regions, trust, attributions from the command line."""

from __future__ import annotations

import sys

from fusion.cli.running import run
from saliency.cli.saliency_commands import SUBCOMMANDS


def main(arguments: list[str] | None = None) -> int:
    """Run one command; see `fusion.cli.running.run` for the exit codes."""
    return run(
        "python -m saliency",
        "Show which input pixels made a fused pixel (jacobian), how strongly every fused pixel depends on the "
        "input pixels at its own place (guidance), who decides a whole region (region), whether a Jacobian can be "
        "leaned on (trust), and what each input pixel contributed (attribution).",
        SUBCOMMANDS,
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
