"""``fusevis users`` and ``fusevis audit``: names and arguments; what runs them is loaded when it is run."""

from __future__ import annotations

import argparse
from pathlib import Path

from dashboard.cli.dashboard_commands import add_access
from dashboard.option_values import ROLES
from fusion.cli.subcommands import Subcommand

_EACH = "; ".join(f"{name}: {what}" for name, what in ROLES.items())


def _add_users(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    add = commands.add_parser("add", help="add a user; the password is asked for, or read from standard input")
    _name(add)
    _roles(add, "viewer")
    add.add_argument("--no-password", action="store_true", help="the proxy says who they are (--sign-on proxy)")
    _name(commands.add_parser("remove", help="remove a user and end their sessions"))
    _name(commands.add_parser("password", help="give a user another password, unlock them and end their sessions"))
    role = commands.add_parser("role", help="give a user these roles and no others, from their next question on")
    _name(role)
    role.add_argument("role", nargs="+", choices=tuple(ROLES), help=_EACH)
    commands.add_parser("list", help="name all users with their roles")
    for each in commands.choices.values():
        add_access(each)


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the user's name")


def _roles(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--role", action="append", choices=tuple(ROLES), help=f"{_EACH}. Give it again for more; else {default}"
    )


def _add_audit(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    verify = commands.add_parser("verify", help="say whether a line was changed, removed or put in")
    verify.add_argument("file", type=Path, metavar="FILE", help="audit.jsonl, in the folder that --access names")


USERS = Subcommand(
    "users",
    "who may sign in to the dashboard, and as what",
    "Add, remove and list those who may sign in to a dashboard with --sign-on local or proxy. A password is asked "
    "for, or read from standard input; it is never an argument.",
    _add_users,
    "dashboard.cli.users:run",
    "nothing was changed",
)
AUDIT = Subcommand(
    "audit",
    "whether the audit is as it was written",
    "Look at the audit of a dashboard with --sign-on: each line has to follow from the one before.",
    _add_audit,
    "dashboard.cli.audit:run",
)
