"""How every command line of the project ends: an exit code, and one sentence where something was wrong."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterable

from fusion.cli.arguments import report
from fusion.cli.subcommands import Subcommand, parser_of
from fusion.errors import InputError

INTERRUPTED = 130
"""The exit code that shells give a program ended by Ctrl-C."""

log = logging.getLogger(__name__)


def run(prog: str, description: str, subcommands: Iterable[Subcommand], arguments: list[str] | None = None) -> int:
    """Read one command and run it.

    Returns 0 when it succeeded, or the code that the command gives; 2 after one sentence about an input that
    cannot be used; 130 after Ctrl-C.
    Subcommands and flags that argparse refuses end the program with code 2. Any other exception is a mistake
    in the program and is not caught.

    Parameters
    ----------
    prog, description : str
        As in the help.
    subcommands : iterable of Subcommand
        In the order the help lists them.
    """
    args = parser_of(prog, description, subcommands).parse_args(arguments)
    return execute(prog, args.subcommand, args)


def execute(prog: str, subcommand: Subcommand, args: argparse.Namespace) -> int:
    """Run one command whose arguments are read; the exit codes are those of `run`."""
    try:
        return subcommand.load()(args) or 0
    except InputError as error:
        log.debug("%s refused its input", subcommand.name, exc_info=True)
        report(f"{prog}: {error}")
        return 2
    except OSError as error:
        log.debug("%s met a file that cannot be used", subcommand.name, exc_info=True)
        where = "" if error.filename is None else f"{error.filename}: "  # a full disk names no file
        report(f"{prog}: {where}{error.strerror or error}.")
        return 2
    except KeyboardInterrupt:
        report(f"{prog}: interrupted; {subcommand.interrupted}.")
        return INTERRUPTED
