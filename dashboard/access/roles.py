"""Which roles there are, who asks, and what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

from flask import g, has_request_context

from dashboard.option_values import ROLES
from fusion import InputError


class Role(Enum):
    """What somebody was given the right to do."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    MODEL_ADMIN = "model-admin"
    AUDITOR = "auditor"
    MONITOR = "monitor"

    @property
    def covers(self) -> str:
        """What it is needed for, as the end of a sentence."""
        return ROLES[self.value]


INCLUDES = MappingProxyType({Role.ANALYST: Role.VIEWER, Role.MODEL_ADMIN: Role.VIEWER})
"""Who starts jobs or looks after networks sees the pages as well; who reads the audit does not."""


@dataclass(frozen=True)
class Identity:
    """Who asks.

    Attributes
    ----------
    name : str
        Empty where nobody signs on.
    roles : frozenset of Role
    """

    name: str
    roles: frozenset[Role]

    def may(self, role: Role) -> bool:
        """Whether a role is theirs, or part of one that is.

        Examples
        --------
        >>> Identity("ann", frozenset({Role.ANALYST})).may(Role.VIEWER)
        True
        >>> Identity("tom", frozenset({Role.AUDITOR})).may(Role.VIEWER)
        False
        """
        return role in self.roles or any(INCLUDES.get(each) is role for each in self.roles)


EVERYBODY = Identity("", frozenset(Role))
"""Who reaches the dashboard, where nobody signs on; and the program itself, in threads of its own."""


def roles_of(words: Iterable[str]) -> frozenset[Role]:
    """The roles that words name; InputError where there are none, or one names no role.

    Examples
    --------
    >>> [each.value for each in roles_of(["analyst"])]
    ['analyst']
    >>> roles_of(["boss"])
    Traceback (most recent call last):
    fusion.errors.InputError: A role is viewer, analyst, model-admin, auditor or monitor, not 'boss'.
    """
    found = frozenset(map(_role_of, words))
    if not found:
        raise InputError("Name at least one role, such as viewer.")
    return found


def _role_of(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        *first, last = (each.value for each in Role)
        raise InputError(f"A role is {', '.join(first)} or {last}, not {word[:40]!r}.") from None


def current() -> Identity:
    """Who asks the question that is being answered."""
    found: Identity = g.get("identity", EVERYBODY) if has_request_context() else EVERYBODY
    return found


def may(role: Role) -> bool:
    """Whether who asks may do what a role is needed for."""
    return current().may(role)


def refusal(role: Role) -> str:
    """The sentence for who may not.

    Examples
    --------
    >>> refusal(Role.ANALYST)
    'This needs the role analyst (bring pictures and start long jobs); ask the administrator for it.'
    """
    return f"This needs the role {role.value} ({role.covers}); ask the administrator for it."


def refusals() -> dict[str, str]:
    """The sentence for each role that who asks lacks."""
    return {role.value: refusal(role) for role in Role if not may(role)}


def owner() -> str | None:
    """Whose what is brought now will be; None where it is nobody's in particular."""
    return current().name or None


def unless_may(role: Role) -> dict[str, Any]:
    """What a button has whose use needs a role: switched off, with the reason, for who lacks it."""
    return {} if may(role) else {"disabled": True, "title": refusal(role)}
