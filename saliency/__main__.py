"""``python -m saliency``: Jacobian and guidance images from the command line."""

from __future__ import annotations

import sys

from fusion.commands.arguments import Parser, report
from fusion.errors import InputError
from saliency.commands import WORDS

INTERRUPTED = 130
"""The exit code that shells give a program ended by Ctrl-C."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Returns 0 when it succeeded, 2 after one sentence about an input that cannot be used, 130 after Ctrl-C.
    Words and flags that argparse refuses end the program with code 2.
    """
    parser = Parser(
        prog="python -m saliency",
        description="Show which input pixels made a fused pixel (jacobian), and how strongly every fused pixel "
        "depends on the input pixels at its own place (guidance).",
    )
    words = parser.add_subparsers(required=True, metavar="COMMAND")
    for describe in WORDS:
        describe(words)
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
        report(f"{parser.prog}: interrupted; nothing was written.")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
