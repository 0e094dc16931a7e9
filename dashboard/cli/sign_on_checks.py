"""What ``--sign-on`` needs, looked at before anything is built."""

from __future__ import annotations

import math
import re

from dashboard.settings import Settings
from fusion.errors import InputError


def check_sign_on(settings: Settings) -> None:
    """Refuse a sign-on that lacks something, and what has no effect without one; InputError with what to do."""
    told = (settings.proxy_header, settings.proxy_secret, settings.proxy_peers)
    if settings.sign_on != "proxy":
        if any(told):
            raise InputError("--proxy-header, --proxy-secret and --proxy-peer are for --sign-on proxy.")
    elif not all(told):
        raise InputError(
            "--sign-on proxy needs all three: --proxy-header, in which it names the user, --proxy-secret, a file "
            "with the secret that it sends, and --proxy-peer, its address."
        )
    elif not settings.is_intranet:
        raise InputError("--sign-on proxy is for a proxy: add --intranet.")
    elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", settings.proxy_header):
        raise InputError(f"--proxy-header is a header's name such as X-Remote-User, not {settings.proxy_header}.")
    if settings.sign_on == "none" and settings.monitor_secret is not None:
        raise InputError("--monitor-secret is for --sign-on: without, everybody who reaches it reads /metrics.")
    if not 0 < settings.idle_minutes < math.inf:
        raise InputError(f"--idle-minutes is a number of minutes above 0, not {settings.idle_minutes:g}.")
