"""``fusevis``: every command of the project under one roof. ``python -m fusion`` and the like stay as they are."""

from __future__ import annotations

import sys

from dashboard.cli.access_commands import AUDIT, USERS
from dashboard.cli.dashboard_commands import CASE_FILE, DASHBOARD, FIGURES, REPORT, WORKER
from fusion.cli.fusion_commands import SUBCOMMANDS as FUSION
from fusion.cli.running import run
from saliency.cli.saliency_commands import SUBCOMMANDS as SALIENCY

SUBCOMMANDS = (DASHBOARD, *FUSION, *SALIENCY, REPORT, FIGURES, CASE_FILE, USERS, AUDIT, WORKER)
"""In the order the help lists them."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; see `fusion.cli.running.run` for the exit codes."""
    return run(
        "fusevis",
        "See which input pixels made a fused pixel: in the browser (dashboard) or from the command line.",
        SUBCOMMANDS,
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
