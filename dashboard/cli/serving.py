"""Serve the dashboard to a browser on this computer until somebody ends it."""

from __future__ import annotations

import argparse
import math
import os
import re
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING

from dashboard.cli.sign_on_checks import check_sign_on
from dashboard.jobs.redis_address import checked_address
from dashboard.server.ending import end_threads
from dashboard.server.host_names import is_name
from dashboard.settings import LOOPBACK, OidcSettings, Settings, from_environment
from fusion.cli.arguments import report
from fusion.errors import InputError
from fusion.method.own_network import with_weights

if TYPE_CHECKING:
    from flask import Flask

    from dashboard.server.asgi_server import AsgiServer
    from dashboard.server.http_server import HttpServer


def run(args: argparse.Namespace) -> None:
    """Serve as the command line says until Ctrl-C, which is the way to end it.

    Raises
    ------
    InputError
        A host, port or folder cannot be used.
    """
    with suppress(KeyboardInterrupt):
        _serve(settings_of(args))
    end_threads()


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that flags and environment ask for, refused where they cannot be served."""
    chosen = {"cache": args.cache, "checkpoints": args.checkpoints, "access": args.access}
    before = from_environment(os.environ)
    settings = replace(
        before,
        host=args.host,
        port=args.port,
        is_intranet=args.intranet,
        prefix=_prefix(args.prefix),
        trusted_hosts=tuple(each.lower() for each in args.trusted_host or ()),
        trusted_hops=args.trusted_hops,
        sign_on=args.sign_on,
        idle_minutes=args.idle_minutes,
        proxy_header=args.proxy_header or "",
        proxy_secret=args.proxy_secret,
        proxy_peers=tuple(args.proxy_peer or ()),
        oidc=_oidc(before.oidc, args),
        pairs=tuple(args.pairs or ()),
        same_space=args.same_space,
        uploads=args.uploads,
        networks=with_weights(args.own or ()),
        log_level=args.log_level,
        log_json=args.log_json,
        log_requests=args.log_requests,
        monitor_secret=args.monitor_secret,
        cache_gigabytes=args.cache_size,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    settings = replace(settings, jobs=args.jobs or settings.jobs)
    check_sign_on(settings)
    if settings.jobs:
        checked_address(settings.jobs)
    _check_reach(settings, args.expose)
    if not 0 < settings.cache_gigabytes < math.inf:
        raise InputError(f"--cache-size is a number of gigabytes above 0, not {settings.cache_gigabytes:g}.")
    check_port(settings.host, settings.port)
    return settings


def _oidc(before: OidcSettings, args: argparse.Namespace) -> OidcSettings:
    """What flags say of a provider, and what else it is before."""
    chosen = {
        "issuer": args.oidc_issuer,
        "client": args.oidc_client,
        "secret": args.oidc_secret,
        "roles": tuple(args.oidc_role or ()),
        "name": args.oidc_name,
        "groups": args.oidc_groups,
        "scope": args.oidc_scope,
    }
    return replace(before, **{name: value for name, value in chosen.items() if value})


def _prefix(given: str) -> str:
    """The path below which all addresses lie, without a slash at its end; InputError where it cannot be one."""
    parts = given.strip("/").split("/")
    if any(not re.fullmatch(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*", each) for each in parts if parts != [""]):
        raise InputError(f"--prefix is a path of letters, digits, - and _ such as /fusevis/, not {given}.")
    return "".join(f"/{each}" for each in parts if each)


def _check_reach(settings: Settings, may_be_reached: bool) -> None:
    """Refuse what would be open to others unasked, and what has no effect; InputError with what to do."""
    is_for_proxies = bool(settings.prefix or settings.trusted_hosts or settings.trusted_hops)
    if is_for_proxies and not settings.is_intranet:
        raise InputError("--prefix, --trusted-host and --trusted-hops are for a proxy: add --intranet.")
    if not all(is_name(each) for each in settings.trusted_hosts):
        raise InputError("--trusted-host is a name alone, such as fusevis.example.org, without port or path.")
    if settings.trusted_hops < 0:
        raise InputError(f"--trusted-hops is a number of proxies from 0 on, not {settings.trusted_hops}.")
    if settings.is_intranet and not settings.is_loopback and not settings.trusted_hosts:
        raise InputError(
            f"Listening on {settings.host} needs the names under which this page is opened: "
            "add --trusted-host, such as --trusted-host fusevis.example.org."
        )
    if settings.is_exposed and not may_be_reached:
        others = [each for each in settings.trusted_hosts if each not in LOOPBACK]
        how = f"Listening on {settings.host}" if not settings.is_loopback else f"Answering as {others[0]}"
        raise InputError(
            f"{how} lets other computers open this page, which has no password; add --sign-on local for users "
            "with passwords, or --expose if everybody may."
        )


def _serve(settings: Settings) -> None:
    # Building the page takes seconds: a mistake in the arguments was told before.
    import torch

    from dashboard.app import DROPS, JOBS, WARM_UP, create_app
    from dashboard.server import log
    from dashboard.server.memory import limit_arenas, trimmed

    limit_arenas()
    torch.set_num_threads(settings.torch_threads)
    log.configure(settings.log_level, settings.log_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was dropped is removed
    app = create_app(settings)
    try:
        server, channel = _listening(app.server, settings)
    except OSError as error:
        raise InputError(_port_sentence(settings.host, settings.port, error)) from error
    if settings.is_exposed:
        report("Every computer that reaches this address can open the page and its pictures; it has no password.")
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    Thread(target=app.server.extensions[WARM_UP], name="warm-up", daemon=True).start()
    _end_by_signals(server.end)
    place = f"http://{shown}:{settings.port}" + (f"{settings.prefix}/" if settings.prefix else "")
    print(f"The dashboard is open on {place} (Ctrl-C ends it).", flush=True)
    log.started(settings)
    try:
        with channel, trimmed():
            server.run()
    finally:
        log.stopped()
        app.server.extensions[DROPS].close()
        app.server.extensions[JOBS].close()


def _listening(server: Flask, settings: Settings) -> tuple[HttpServer | AsgiServer, AbstractContextManager[None]]:
    """Who answers, and while what is open the channel is; OSError where the address cannot be listened on."""
    if settings.is_intranet:
        from dashboard.server.asgi_server import AsgiServer

        return AsgiServer(server, settings), nullcontext()
    from dashboard.server import websocket
    from dashboard.server.http_server import HttpServer

    return HttpServer(server, settings), websocket.opened(server, settings)


def _end_by_signals(end: Callable[[], None]) -> None:
    """Let Ctrl-C and SIGTERM both wait for requests that have come; a second one ends at once."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.default_int_handler)
        end()

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, asked)


def check_port(host: str, port: int) -> None:
    """Make sure that ``port`` can be listened on; InputError with what to do otherwise."""
    if not 0 < port < 65536:
        raise InputError(f"A port is a number from 1 to 65535, not {port}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, TypeError, UnicodeError) as error:
            raise InputError(_port_sentence(host, port, error)) from error


def _port_sentence(host: str, port: int, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or "no such address"
    other = port + 1 if port < 65535 else 8050
    return (
        f"Port {port} on {host} cannot be used ({reason}); another program may have it: "
        f"choose one with --port, e.g. --port {other}."
    )
