"""How every command line of the project ends: an exit code, and one sentence where something was wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fusion.cli.arguments import Parser, Words, report
from fusion.errors import InputError

INTERRUPTED = 130
"""The exit code that shells give a program ended by Ctrl-C."""


def run(
    prog: str,
    description: str,
    words: Iterable[Callable[[Words], None]],
    interrupted: str,
    arguments: list[str] | None = None,
) -> int:
    """Read one command and run it.

    Returns 0 when it succeeded, 2 after one sentence about an input that cannot be used, 130 after Ctrl-C,
    which ``interrupted`` comments. Words and flags that argparse refuses end the program with code 2.

    Parameters
    ----------
    prog, description : str
        As in the help.
    words : iterable of callable
        Each describes one command to the parser, whose ``run`` default does it.
    """
    parser = Parser(prog=prog, description=description)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for describe in words:
        describe(commands)
    args = parser.parse_args(arguments)
    try:
        args.run(args)
    except InputError as error:
        report(f"{prog}: {error}")
        return 2
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "  # a full disk names no file
        report(f"{prog}: {where}{error.strerror or error}.")
        return 2
    except KeyboardInterrupt:
        report(f"{prog}: interrupted; {interrupted}.")
        return INTERRUPTED
    return 0
