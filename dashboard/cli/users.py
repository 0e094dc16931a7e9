"""Change who may sign in to the dashboard."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable

from dashboard.access.access_folder import AccessFolder
from dashboard.access.audit_log import AuditLog
from dashboard.access.roles import roles_of
from dashboard.access.user_store import UserStore
from dashboard.settings import from_environment
from fusion.errors import InputError


def run(args: argparse.Namespace) -> None:
    """Do what the command line says, and write it to the audit.

    Raises
    ------
    InputError
        A name, a password or the folder cannot be used.
    """
    folder = AccessFolder(args.access or from_environment(os.environ).access)
    folder.make()
    users = UserStore(folder.users, folder.key())
    if args.what == "list":
        for each in users.all():
            told = "" if each.has_password else "  (no password)"
            print(f"{each.name}  {' '.join(sorted(role.value for role in each.roles))}{told}")
        return
    facts = _CHANGES[args.what](users, args)
    AuditLog(folder.audit).write(f"{getpass.getuser()} (command line)", f"users {args.what}", "done", **facts)
    print(f"{_SAID[args.what]} {args.name}.")


def _add(users: UserStore, args: argparse.Namespace) -> dict[str, str]:
    roles = roles_of(args.role or ["viewer"])
    users.add(args.name, None if args.no_password else _password(), roles)
    return {"about": args.name, "roles": " ".join(args.role or ["viewer"])}


def _remove(users: UserStore, args: argparse.Namespace) -> dict[str, str]:
    users.remove(args.name)
    return {"about": args.name}


def _change_password(users: UserStore, args: argparse.Namespace) -> dict[str, str]:
    users.set_password(args.name, _password())
    return {"about": args.name}


def _change_roles(users: UserStore, args: argparse.Namespace) -> dict[str, str]:
    users.set_roles(args.name, roles_of(args.role))
    return {"about": args.name, "roles": " ".join(args.role)}


_CHANGES: dict[str, Callable[[UserStore, argparse.Namespace], dict[str, str]]] = {
    "add": _add,
    "remove": _remove,
    "password": _change_password,
    "role": _change_roles,
}
_SAID = {
    "add": "Added",
    "remove": "Removed",
    "password": "Changed the password of",
    "role": "Changed the roles of",
}


def _password() -> str:
    """A password from the terminal, twice, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise InputError("The two are not the same; nothing was changed.")
    return first
