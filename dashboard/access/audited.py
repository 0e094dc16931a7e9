"""What of the requests is written to the audit: uploads, exports, long jobs, and what was refused."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask, Response, g, has_request_context, jsonify, request

from dashboard.access.audit_log import AuditLog
from dashboard.access.roles import Role, current

AUDITED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("export", "export-metrics", "export-verdict", "export-network"), "export"),
        **dict.fromkeys(("regions-table", "regions-slices"), "export"),
        "drops/pairs": "bring pictures",
        "drops/remove": "remove pictures",
        "regions-mask": "bring a mask",
        "explore-series-tell": "long job: series",
        "explore_hold": "long job: pause or cancel",
        "regions-hold": "long job: pause or cancel",
        "audit": "read the audit",
    }
)
"""Of routes, by their endpoint. Callbacks say themselves what they do (`note`)."""
EXPORTED = "export"
REPEATED_AFTER = 60.0
"""Seconds in which the same refusal of the same person is written once."""
UNKEPT = "This cannot be written to the audit at the moment; tell the administrator."
logger = logging.getLogger(__name__)


def note(action: str = "", content: str = "") -> None:
    """What the present request does, and the hash of what it does it with; to be called by whoever answers it."""
    if has_request_context():
        if action:
            g.audit_action = action
        if content:
            g.audit_content = content


class Audited:
    """Writes what people did once it was answered.

    Parameters
    ----------
    log : AuditLog or None
        None: nobody signs on, and nothing is written.
    """

    def __init__(self, log: AuditLog | None) -> None:
        self._log = log
        self._refused: dict[tuple[str, str], float] = {}

    def install(self, server: Flask) -> None:
        """Look at every answer from now on."""
        if self._log is not None:
            server.after_request(self._answered)

    def write(self, user: str, action: str, outcome: str, **facts: Any) -> None:
        """Append a line; OSError where it cannot be kept."""
        if self._log is not None:
            self._log.write(user, action, outcome, **facts)

    def refused(self, role: Role) -> None:
        """Who asks was refused for want of a role."""
        user, endpoint = current().name, str(request.endpoint)
        if self._is_new(user, f"{endpoint} {role.value}"):
            self.write(user, f"asked for {endpoint}", "refused", needs=role.value)

    def _is_new(self, user: str, what: str) -> bool:
        """Whether it was not written a moment ago that somebody was refused something."""
        now = time.monotonic()
        self._refused = {key: at for key, at in self._refused.items() if now - at < REPEATED_AFTER}
        is_new = (user, what) not in self._refused
        self._refused.setdefault((user, what), now)
        return is_new

    def _answered(self, response: Response) -> Response:
        action = g.get("audit_action") or AUDITED.get(request.endpoint or "")
        is_not_here = bool(g.get("is_not_here"))
        if is_not_here:
            action = f"asked for {request.endpoint}: not here, or somebody else's"
        is_asked = "identity" in g and response.status_code not in (401, 403)  # those are told elsewhere
        if not action or not is_asked:
            return response
        if is_not_here and response.status_code < 400 and not self._is_new(current().name, action):
            return response  # of a callback, which shows the sentence and asks again
        content = g.get("audit_content", "")
        is_done = response.status_code < 400 and not is_not_here
        if action == EXPORTED and is_done:
            content = hashlib.sha256(response.get_data()).hexdigest()
        facts = {"content": content} if content else {}
        try:
            self.write(current().name, action, "done" if is_done else "failed", **facts)
        except OSError:
            logger.exception("The audit cannot be written.")
            response = jsonify(error=UNKEPT)
            response.status_code = 503
        return response
