"""``python -m fusion``: train, study, evaluate and use fusion methods from the command line."""

from __future__ import annotations

import sys

from fusion.cli.fusion_commands import SUBCOMMANDS
from fusion.cli.running import run


def main(arguments: list[str] | None = None) -> int:
    """Run one command; see `fusion.cli.running.run` for the exit codes."""
    return run(
        "python -m fusion", "Fuse image pairs; train, evaluate and study fusion networks.", SUBCOMMANDS, arguments
    )


if __name__ == "__main__":
    sys.exit(main())
