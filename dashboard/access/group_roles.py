"""Which roles somebody has by the groups that a provider names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard.access.roles import Role, roles_of
from fusion.errors import InputError


@dataclass(frozen=True)
class GroupRoles:
    """Roles by group.

    Attributes
    ----------
    by_group : mapping of str to frozenset of Role
        A group is called exactly as the provider calls it.
    """

    by_group: Mapping[str, frozenset[Role]]

    def of(self, told: object) -> frozenset[Role]:
        """Everything that the groups of a claim may, a list or a single one; nothing for any other claim.

        Examples
        --------
        >>> known = group_roles(["radiology=analyst"])
        >>> [each.value for each in known.of(["radiology", "staff"])], known.of("staff"), known.of(None)
        (['analyst'], frozenset(), frozenset())
        """
        groups = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        found = (self.by_group.get(each, frozenset()) for each in groups if isinstance(each, str))
        return frozenset().union(*found)


def group_roles(texts: Iterable[str]) -> GroupRoles:
    """Roles by group from words such as ``radiology=analyst``; InputError where one is none.

    Examples
    --------
    >>> [*group_roles(["cn=pet,ou=x=viewer", "cn=pet,ou=x=auditor"]).by_group]
    ['cn=pet,ou=x']
    """
    found: dict[str, frozenset[Role]] = {}
    for text in texts:
        group, is_there, role = text.rpartition("=")
        if not (is_there and group):
            raise InputError(f"--oidc-role is GROUP=ROLE, such as radiology=viewer, not {text[:80]!r}.")
        found[group] = found.get(group, frozenset()) | roles_of([role])
    return GroupRoles(found)
