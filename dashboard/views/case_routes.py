"""What the case browser asks: the list of cases, their thumbnails, how networks stand to them, what comes next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import BoundedSemaphore
from typing import Any, TypeVar

from flask import Flask, Response, jsonify, request

from dashboard.imaging.thumbnails import Thumbnails, png, unreadable
from dashboard.jobs.pointer_rest import lower_priority
from dashboard.service.network_standing import has_learned_from, standing, told_purpose
from dashboard.service.pair_catalogue import PairEntry
from dashboard.service.pair_changes import plain_id
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError
from fusion.comma_list import comma_separated
from fusion.method.purpose import Purpose

MOST = 16
"""Networks in view at most."""
MOST_DROPS = 64
"""Drops that a browser lists at most."""
Result = TypeVar("Result")
logger = logging.getLogger(__name__)


def register(server: Flask, service: SaliencyService) -> None:
    """Add ``/cases`` and below it ``marks``, ``standing``, ``thumbnail``, ``ahead``, ``change`` and ``origin``."""
    server.add_url_rule("/cases", "cases", partial(_list, service))
    server.add_url_rule("/cases/marks", "case-marks", partial(_marks, service))
    server.add_url_rule("/cases/standing", "case-standing", partial(_standing, service))
    aside = ThreadPoolExecutor(1, "cases", initializer=lower_priority)
    server.add_url_rule("/cases/thumbnail", "case-thumbnail", partial(_thumbnail, service, Thumbnails(), aside))
    server.add_url_rule("/cases/change", "case-change", partial(_change, service))
    server.add_url_rule("/cases/origin", "case-origin", partial(_origin, service))
    behind = ThreadPoolExecutor(1, "cases-ahead", initializer=lower_priority)
    server.add_url_rule("/cases/ahead", "cases-ahead", partial(_ahead, service, BoundedSemaphore(1), behind))


def described(entry: PairEntry) -> dict[str, Any]:
    """What the browser knows of a pair that is not open."""
    return {
        "id": entry.id,
        "collection": entry.group,
        "case": entry.case,
        "slice": entry.slice,
        "path": entry.path,
        "isGenerated": entry.is_generated,
        "isVolume": entry.is_volume,
        **({"drop": entry.drop} if entry.drop else {}),
    }


def _entries(service: SaliencyService) -> tuple[PairEntry, ...]:
    """What a browser lists: its own drops, whose secrets it knows, before what all see."""
    return (
        *service.drops.entries(comma_separated(request.args.get("drops", ""))[:MOST_DROPS]),
        *service.catalogue.entries,
    )


def _list(service: SaliencyService) -> Response:
    return _unkept(jsonify([described(entry) for entry in _entries(service)]))


def _marks(service: SaliencyService) -> Response:
    purposes = [told_purpose(service.network_pool, name) for name in _networks(service)]
    return _unkept(jsonify([mark(purposes, entry) for entry in _entries(service)]))


def mark(purposes: list[Purpose], entry: PairEntry) -> str:
    """``"learned"`` where one of them has learned from the case, ``"unseen"`` where none has."""
    found = [has_learned_from(purpose, entry) for purpose in purposes]
    if True in found:
        return "learned"
    return "unseen" if found and None not in found else ""


def _standing(service: SaliencyService) -> Response:
    entry = service.catalogue.entry(request.args.get("pair", ""))
    told = []
    for name in _networks(service):
        found = standing(told_purpose(service.network_pool, name), entry)
        told.append({"network": name, "note": found.note, "warning": found.warning})
    return _unkept(jsonify(told))


def _aside(service: SaliencyService, aside: Executor, work: Callable[[], Result]) -> Result:
    """Do what nobody waits for with a pointer in hand: behind the threads that answer it, once it has passed."""

    def passed() -> Result:
        service.jobs.pointer.wait()
        return work()

    return aside.submit(passed).result()


def _change(service: SaliencyService) -> Response:
    """What is changed of a pair, in a few words, and of which pair."""
    entry = service.catalogue.entry(request.args.get("pair", ""))
    plain = service.catalogue.entry(plain_id(entry.id))
    return _unkept(jsonify({"path": plain.path, "change": entry.change}))


def _origin(service: SaliencyService) -> Response:
    """How a slice of volumes was read, in short and in full; nothing of it for other pairs and unreadable ones."""
    try:
        pair = service.catalogue.pair(request.args.get("pair", ""))
    except InputError as error:  # said in words where it is opened
        logger.debug("What cannot be read was read in no way:", exc_info=error)
        return _unkept(jsonify({"short": [], "sentences": [], "letters": {}}))
    short = pair.origin.short() if pair.origin else ()
    letters = dict(pair.origin.plane.letters) if pair.origin else {}
    return _unkept(jsonify({"short": short, "sentences": pair.sentences, "letters": letters}))


def _thumbnail(service: SaliencyService, thumbnails: Thumbnails, aside: Executor) -> Response:
    entry = service.catalogue.entry(request.args.get("pair", ""))
    if not (
        entry.is_at_hand() or service.catalogue.is_open(entry.id)
    ):  # the browser asks again once somebody has opened the volume
        return _unkept(Response(status=204))  # no picture, and nothing wrong that a console should name
    try:
        content = thumbnails.of(entry.id, lambda: _aside(service, aside, entry.read_small))
    except InputError as error:  # said in words where it is opened
        if not entry.is_volume:  # whose outermost slices often show nothing of one of the two
            logger.info("A pair has no thumbnail: its files cannot be read.")
        logger.debug("Why it cannot be read:", exc_info=error)
        content = png(unreadable())
    return _unkept(Response(content, mimetype="image/png"))


def _ahead(service: SaliencyService, turn: BoundedSemaphore, behind: Executor) -> tuple[str, int]:
    """Open a pair that is likely to be wanted next through the networks in view, unless one is being opened.

    It may be large, and take seconds: it is opened ``behind`` the threads that answer people.
    """
    entry = service.catalogue.entry(request.args.get("pair", ""))
    if turn.acquire(blocking=False):
        try:
            service.jobs.pointer.wait()
            behind.submit(copy_context().run, _open_ahead, service, entry, _networks(service)).result()
        finally:
            turn.release()
    return "", 204


def _open_ahead(service: SaliencyService, entry: PairEntry, networks: list[str]) -> None:
    try:
        service.catalogue.pair(entry.id)
        for name in networks:
            if service.network_pool.is_measured(name):
                service.open_pair(entry.id, name)
    except InputError as error:
        logger.debug("What comes next cannot be opened:", exc_info=error)


def _networks(service: SaliencyService) -> list[str]:
    """The networks in view, those that are known here."""
    pool, named = service.network_pool, comma_separated(request.args.get("networks", ""))
    return [name for name in named[:MOST] if name in pool.names()]


def _unkept(response: Response) -> Response:
    """An answer that no browser keeps."""
    response.headers["Cache-Control"] = "no-store"
    return response
