"""What a subcommand is: its words in the help, its arguments, and where the function that runs it lies."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

Subparsers = Any
"""What `argparse.ArgumentParser.add_subparsers` returns; argparse keeps the type private."""


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, exit code 2, and where to find help."""

    def error(self, message: str) -> NoReturn:
        """End the program after one sentence."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


class Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Help that names every default worth naming: not the absence of one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


@dataclass(frozen=True)
class Subcommand:
    """One command of a command line, described without loading what runs it.

    Attributes
    ----------
    name, summary, description : str
        As the help shows them.
    add_arguments : callable
        Adds the command's arguments to its parser. It must load neither torch nor numpy: ``--help`` waits.
    target : str
        The function that runs it, given the parsed arguments, as ``"module:function"``; it may return an exit
        code.
    interrupted : str
        What is left behind when somebody presses Ctrl-C.
    """

    name: str
    summary: str
    description: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    target: str
    interrupted: str = "nothing was written"

    def load(self) -> Callable[[argparse.Namespace], int | None]:
        """The function that runs it."""
        module, _, name = self.target.partition(":")
        function: Callable[[argparse.Namespace], int | None] = getattr(import_module(module), name)
        return function


def add_subcommand(subparsers: Subparsers, subcommand: Subcommand) -> None:
    """Add one subcommand's parser, whose help shows every default."""
    parser = subparsers.add_parser(
        subcommand.name,
        help=subcommand.summary,
        description=subcommand.description,
        formatter_class=Formatter,
    )
    subcommand.add_arguments(parser)
    parser.set_defaults(subcommand=subcommand)


def parser_of(prog: str, description: str, subcommands: Iterable[Subcommand]) -> Parser:
    """A parser whose result names the chosen `Subcommand` as ``subcommand``."""
    parser = Parser(prog=prog, description=description)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for subcommand in subcommands:
        add_subcommand(subparsers, subcommand)
    return parser
