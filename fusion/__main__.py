"""``python -m fusion``: train, study, evaluate and use fusion methods from the command line."""

from __future__ import annotations

import sys

from fusion.commands import WORDS
from fusion.commands.arguments import Parser, report
from fusion.errors import InputError

INTERRUPTED = 130
"""The exit code that shells give a program ended by Ctrl-C."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Returns 0 when it succeeded, 2 after one sentence about an input that cannot be used, 130 after Ctrl-C.
    Words and flags that argparse refuses end the program with code 2.
    """
    parser = Parser(
        prog="python -m fusion", description="Fuse image pairs; train, evaluate and study fusion networks."
    )
    words = parser.add_subparsers(required=True, metavar="COMMAND")
    for word in WORDS:
        word.describe(words)
    args = parser.parse_args(arguments)
    try:
        args.run(args)
    except InputError as error:
        report(f"{parser.prog}: {error}")
        return 2
    except OSError as error:
        if error.filename is None:
            raise
        report(f"{parser.prog}: {error.filename}: {error.strerror}.")
        return 2
    except KeyboardInterrupt:
        report(f"{parser.prog}: interrupted; what was saved so far is kept, and the same command goes on.")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
