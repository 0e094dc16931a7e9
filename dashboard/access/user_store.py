"""Users with their roles and passwords, their sessions, and how often signing in failed: a database of SQLite."""

from __future__ import annotations

import hmac
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from werkzeug.security import check_password_hash, generate_password_hash

from dashboard.access.kept_database import KeptDatabase
from dashboard.access.roles import Identity, Role, roles_of
from fusion import InputError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""What a user can be called."""
SHORTEST, LONGEST = 10, 1000
"""Characters of a password."""
MOST_FAILURES = 5
"""Attempts to sign in one after the other that may fail …"""
LOCKED_FOR = 15 * 60.0
"""… before a name is locked for that many seconds."""
MOST_NAMES = 10_000
"""Names whose failures are counted; those that failed longest ago are forgotten."""
LOOK_EVERY = 20.0
"""Seconds between two times that a session's last question is written."""
LONGEST_SESSION = 12 * 3600.0
"""Seconds after which somebody signs in anew, however busy they are."""
_TABLES = """
create table if not exists users (name text primary key, password text, roles text not null);
create table if not exists sessions
  (token text primary key, name text not null, begun real not null, seen real not null);
create table if not exists hints (token text primary key, hint text not null);
create trigger if not exists forget after delete on sessions begin delete from hints where token = old.token; end;
create table if not exists subjects (name text primary key, subject text not null);
create table if not exists failures (name text primary key, count integer not null, last real not null);
"""


class Attempt(Enum):
    """How an attempt to sign in ended."""

    DONE = "done"
    FAILED = "failed"
    LOCKED = "locked"


@dataclass(frozen=True)
class User:
    """Who may sign on.

    Attributes
    ----------
    name : str
    roles : frozenset of Role
    has_password : bool
        Whether they can sign in here; without one a proxy or a provider says who they are.
    """

    name: str
    roles: frozenset[Role]
    has_password: bool


class UserStore:
    """All users.

    Parameters
    ----------
    path : Path
        Of the database, for its owner only; made where it is not there.
    key : bytes
        Hashes of sessions and of names that failed are made with it.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, path: Path, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._path, self._key, self._clock = path, key, clock
        path.touch(mode=0o600)
        path.chmod(0o600)
        with self._open() as database:
            database.executescript(_TABLES)
        self._kept = KeptDatabase(path)

    def add(self, name: str, password: str | None, roles: frozenset[Role]) -> None:
        """Add a user; InputError where the name is taken or none, or the password too short."""
        if not NAME.fullmatch(name):
            raise InputError(f"A user's name has letters, digits, dots, - and @, 64 at most, not {name[:80]!r}.")
        hashed = None if password is None else _hashed(password)
        with self._open() as database:
            try:
                database.execute("insert into users values (?, ?, ?)", (name, hashed, _words(roles)))
            except sqlite3.IntegrityError:
                raise InputError(
                    f"There is a user {name} already; remove them first, or change their role."
                ) from None

    def remove(self, name: str) -> None:
        """Remove a user, and end their sessions; InputError where there is none."""
        with self._open() as database:
            if not database.execute("delete from users where name = ?", (name,)).rowcount:
                raise InputError(_unknown(name))
            database.execute("delete from subjects where name = ?", (name,))
            database.execute("delete from sessions where name = ?", (name,))

    def set_roles(self, name: str, roles: frozenset[Role]) -> None:
        """Give a user these roles and no others, from their next question on; InputError where there is none."""
        with self._open() as database:
            done = database.execute("update users set roles = ? where name = ?", (_words(roles), name))
            if not done.rowcount:
                raise InputError(_unknown(name))

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password, end their sessions, and unlock their name; InputError as `add`."""
        with self._open() as database:
            done = database.execute("update users set password = ? where name = ?", (_hashed(password), name))
            if not done.rowcount:
                raise InputError(_unknown(name))
            database.execute("delete from sessions where name = ?", (name,))
            database.execute("delete from failures where name = ?", (self._sealed(name),))

    def all(self) -> list[User]:
        """Every user, by name."""
        with self._open() as database:
            found = database.execute("select name, roles, password from users order by name").fetchall()
        return [User(name, roles_of(roles.split()), password is not None) for name, roles, password in found]

    def identity(self, name: str) -> Identity | None:
        """A user with the roles that they have now."""
        found = self._kept.read("select roles from users where name = ?", (name,))
        return Identity(name, roles_of(found[0][0].split())) if found else None

    def attempt(self, name: str, password: str) -> Attempt:
        """Whether the password is that user's; it is not looked at once too many have failed."""
        sealed = self._sealed(name)
        if not self._may_try(sealed):
            return Attempt.LOCKED
        with self._open() as database:
            found = database.execute("select password from users where name = ?", (name,)).fetchone()
        # One that nobody has takes as long, so that no time tells which names there are.
        hashed = (found and found[0]) or self._nobodys
        is_right = check_password_hash(hashed, password[:LONGEST]) and hashed is not self._nobodys
        if not is_right:
            return Attempt.FAILED
        with self._open() as database:
            database.execute("delete from failures where name = ?", (sealed,))
        return Attempt.DONE

    def has(self, name: str) -> bool:
        """Whether there is such a user."""
        return self.identity(name) is not None

    def welcome(self, name: str, roles: frozenset[Role], subject: str) -> None:
        """Add whom a provider has signed in, or give them these roles; InputError where the name is another's.

        Parameters
        ----------
        name : str
            What they are called here.
        roles : frozenset of Role
        subject : str
            By which the provider knows them, whatever they are called; the first who comes under a name keeps it.
        """
        if not NAME.fullmatch(name):
            raise InputError(
                "Your name has other characters than letters, digits, dots, - and @, or more than 64."
            )
        with self._open() as database:
            database.execute("begin immediate")
            known = database.execute("select subject from subjects where name = ?", (name,)).fetchone()
            is_taken = database.execute("select 1 from users where name = ?", (name,)).fetchone()
            if (known is None and is_taken) or (known is not None and known[0] != subject):
                raise InputError(f"Somebody else is called {name} here; the administrator can remove them.")
            database.execute("insert or replace into subjects values (?, ?)", (name, subject))
            database.execute("insert or replace into users values (?, null, ?)", (name, _words(roles)))

    def begin_session(self, name: str, hint: str = "") -> str:
        """A new session's secret, of which only a hash is kept; ``hint`` is kept until it ends."""
        token, now = secrets.token_urlsafe(32), self._clock()
        sealed = self._sealed(token)
        with self._open() as database:
            database.execute("delete from sessions where begun < ?", (now - LONGEST_SESSION,))
            database.execute("insert into sessions values (?, ?, ?, ?)", (sealed, name, now, now))
            if hint:
                database.execute("insert into hints values (?, ?)", (sealed, hint))
        return token

    def session(self, token: str, idle: float, *, is_activity: bool = True) -> Identity | None:
        """Whose session it is, unless it ended: by hand, with the user, or ``idle`` seconds after a question."""
        sealed, now = self._sealed(token), self._clock()
        found = self._kept.read(
            "select name, roles, begun, seen from sessions join users using (name) where token = ?", (sealed,)
        )
        if not found:
            return None
        name, roles, begun, seen = found[0]
        if now - seen > idle or now - begun > LONGEST_SESSION:
            self.end_session(token)
            return None
        if is_activity and now - seen > min(LOOK_EVERY, idle / 4):
            with self._open() as database:
                database.execute("update sessions set seen = ? where token = ?", (now, sealed))
        return Identity(name, roles_of(roles.split()))

    def open_sessions(self, idle: float) -> int:
        """How many sessions have not ended."""
        now = self._clock()
        with self._open() as database:
            found = database.execute(
                "select count(*) from sessions where seen >= ? and begun >= ?", (now - idle, now - LONGEST_SESSION)
            ).fetchone()
        return int(found[0])

    def end_session(self, token: str) -> str:
        """End a session, if there is one; the hint that was kept with it."""
        sealed = self._sealed(token)
        with self._open() as database:
            found = database.execute("select hint from hints where token = ?", (sealed,)).fetchone()
            database.execute("delete from sessions where token = ?", (sealed,))
        return found[0] if found else ""

    @cached_property
    def _nobodys(self) -> str:
        return generate_password_hash(secrets.token_urlsafe(32))

    def _may_try(self, sealed: str) -> bool:
        """Count an attempt before it is looked at, so that many at a time are no way round."""
        now = self._clock()
        with self._open() as database:
            database.execute("begin immediate")
            database.execute("delete from failures where last < ?", (now - LOCKED_FOR,))
            found = database.execute("select count from failures where name = ?", (sealed,)).fetchone()
            count = found[0] if found else 0
            if count >= MOST_FAILURES:
                return False
            database.execute("insert or replace into failures values (?, ?, ?)", (sealed, count + 1, now))
            database.execute(
                "delete from failures where name in "
                "(select name from failures order by last desc limit -1 offset ?)",
                (MOST_NAMES,),
            )
        return True

    def _sealed(self, text: str) -> str:
        """What is kept of a session's secret, or of a name that may be a password typed into the wrong field."""
        return hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256").hex()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The database, for one change: all of it or none."""
        with closing(sqlite3.connect(self._path, timeout=10)) as database, database:
            yield database


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"A password has {SHORTEST} characters or more, and {LONGEST:,} at most.")
    return generate_password_hash(password)


def _words(roles: frozenset[Role]) -> str:
    return " ".join(sorted(each.value for each in roles))


def _unknown(name: str) -> str:
    return f"There is no user {name[:80]!r}; `fusevis users list` names all."
