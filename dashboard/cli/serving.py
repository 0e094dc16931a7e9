"""Serve the dashboard to a browser on this computer until somebody ends it."""

from __future__ import annotations

import argparse
import math
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from types import FrameType

from dashboard.server.ending import end_threads
from dashboard.settings import Settings, from_environment
from fusion.cli.arguments import report
from fusion.errors import InputError
from fusion.method.own_network import with_weights


def run(args: argparse.Namespace) -> None:
    """Serve as the command line says until Ctrl-C, which is the way to end it.

    Raises
    ------
    InputError
        A host, port or folder cannot be used.
    """
    with suppress(KeyboardInterrupt):
        _serve(_settings(args))
    end_threads()


def _settings(args: argparse.Namespace) -> Settings:
    """The settings that flags and environment ask for, refused where they cannot be served."""
    chosen = {"cache": args.cache, "checkpoints": args.checkpoints}
    settings = replace(
        from_environment(os.environ),
        host=args.host,
        port=args.port,
        pairs=tuple(args.pairs or ()),
        same_space=args.same_space,
        uploads=args.uploads,
        networks=with_weights(args.own or ()),
        log_level=args.log_level,
        log_json=args.log_json,
        cache_gigabytes=args.cache_size,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    if not settings.is_loopback and not args.expose:
        raise InputError(
            f"Listening on {settings.host} lets other computers open this page, which has no password; "
            "add --expose if that is what you want."
        )
    if not 0 < settings.cache_gigabytes < math.inf:
        raise InputError(f"--cache-size is a number of gigabytes above 0, not {settings.cache_gigabytes:g}.")
    check_port(settings.host, settings.port)
    return settings


def _serve(settings: Settings) -> None:
    # Building the page takes seconds: a mistake in the arguments was told before.
    import torch

    from dashboard.app import DROPS, JOBS, WARM_UP, create_app
    from dashboard.server import log, websocket
    from dashboard.server.http_server import HttpServer
    from dashboard.server.memory import limit_arenas, trimmed

    limit_arenas()
    torch.set_num_threads(settings.torch_threads)
    log.configure(settings.log_level, settings.log_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was dropped is removed
    app = create_app(settings)
    try:
        server = HttpServer(app.server, settings)
    except OSError as error:
        raise InputError(_port_sentence(settings.host, settings.port, error)) from error
    if not settings.is_loopback:
        report("Every computer that reaches this address can open the page and its pictures; it has no password.")
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    Thread(target=app.server.extensions[WARM_UP], name="warm-up", daemon=True).start()
    _end_by_signals(server.end)
    print(f"The dashboard is open on http://{shown}:{settings.port} (Ctrl-C ends it).", flush=True)
    log.started(settings)
    try:
        with websocket.opened(app.server, settings), trimmed():
            server.run()
    finally:
        log.stopped()
        app.server.extensions[DROPS].close()
        app.server.extensions[JOBS].close()


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
