"""What ``--sign-on`` needs, looked at before anything is built."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from dashboard.access.group_roles import group_roles
from dashboard.server.host_names import is_safe
from dashboard.settings import OidcSettings, Settings
from fusion.errors import InputError


def check_sign_on(settings: Settings) -> None:
    """Refuse a sign-on that lacks something, and what has no effect without one; InputError with what to do."""
    _check_proxy(settings)
    _check_oidc(settings)
    if settings.sign_on == "none" and settings.monitor_secret is not None:
        raise InputError("--monitor-secret is for --sign-on: without, everybody who reaches it reads /metrics.")
    if not 0 < settings.idle_minutes < math.inf:
        raise InputError(f"--idle-minutes is a number of minutes above 0, not {settings.idle_minutes:g}.")


def _check_proxy(settings: Settings) -> None:
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


def _check_oidc(settings: Settings) -> None:
    oidc = settings.oidc
    if settings.sign_on != "oidc":
        if replace(oidc, secret_text="") != OidcSettings():
            raise InputError("What begins with --oidc is for --sign-on oidc.")
        return
    if not (oidc.issuer and oidc.client and oidc.roles and (oidc.secret or oidc.secret_text)):
        raise InputError(
            "--sign-on oidc needs --oidc-issuer, the provider's address, --oidc-client, the dashboard's id there, "
            "--oidc-secret, a file with its secret, and --oidc-role GROUP=ROLE for at least one group."
        )
    if not is_safe(oidc.issuer) or any(each in oidc.issuer for each in "?#"):
        raise InputError(
            f"--oidc-issuer is an address such as https://login.example.org/realm, not {oidc.issuer}."
        )
    if not settings.is_loopback and not settings.trusted_hosts:
        raise InputError(
            "--sign-on oidc needs the name under which people come back from the provider: add --intranet and "
            "--trusted-host, such as --trusted-host fusevis.example.org."
        )
    if "openid" not in oidc.scope.split():
        raise InputError("--oidc-scope has the word openid among others, such as 'openid profile groups'.")
    group_roles(oidc.roles)
