"""``python -m fusion``: train, study, evaluate and use fusion methods from the command line."""

from __future__ import annotations

import argparse
import sys

from fusion import commands
from fusion.errors import InputError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it succeeded, 2 after one sentence about an input that cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m fusion", description=__doc__)
    words = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_train(words)
    args = parser.parse_args(arguments)
    try:
        args.run(args)
    except InputError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
