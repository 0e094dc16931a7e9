"""``python -m saliency``: Jacobian and guidance images, regions, trust, attributions from the command line."""

from __future__ import annotations

import sys

from fusion.cli.running import run
from saliency.cli import attribution as attribution_commands
from saliency.cli import region, saliency_maps


def main(arguments: list[str] | None = None) -> int:
    """Run one command; see `fusion.cli.running.run` for the exit codes."""
    return run(
        "python -m saliency",
        "Show which input pixels made a fused pixel (jacobian), how strongly every fused pixel depends on the "
        "input pixels at its own place (guidance), who decides a whole region (region), whether a Jacobian can be "
        "leaned on (trust), and what each input pixel contributed (attribution).",
        (*saliency_maps.WORDS, *region.WORDS, *attribution_commands.WORDS),
        "nothing was written",
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
