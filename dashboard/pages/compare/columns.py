"""Several networks at one pixel: one answer for all columns, in which one that fails leaves the others alive."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.server import messages
from dashboard.service.fused_pair import FusedPair
from dashboard.service.pixel_answer import LongAnswer, PixelAnswer
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.pixel_answers import absence, readout
from fusion import InputError
from saliency.geometry.window import Pixel, check_pixel

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class CompareColumn:
    """A network's part of the answers.

    Attributes
    ----------
    network : str
    fused_pair : FusedPair or None
        The pair through it; None where the network cannot be used.
    answers : sequence of PixelAnswer or LongAnswer
        One for each pixel asked for; empty where it failed.
    problem : str
        What went wrong, in a sentence; empty where nothing did.
    """

    network: str
    fused_pair: FusedPair | None = None
    answers: Sequence[PixelAnswer | LongAnswer] = ()
    problem: str = ""


def answered(
    service: SaliencyService, pair_id: str, networks: Sequence[str], pixels: Sequence[Pixel], page: str = ""
) -> list[CompareColumn]:
    """Every network's Jacobians of all ``pixels``.

    Those that take long are computed only for the one pixel that a ``page``, named here, has chosen.

    Raises
    ------
    InputError
        The pair cannot be used or a pixel lies outside it: that holds for all columns.
    """
    pair = service.catalogue.pair(pair_id)
    for pixel in pixels:
        check_pixel(pixel, pair.shape)
    return [_column(service, pair_id, name, pixels, page) for name in networks]


def column_watcher(page: str, network: str) -> str:
    """Who waits for a column's Jacobian."""
    return f"{page} {network}"


def _column(
    service: SaliencyService, pair_id: str, name: str, pixels: Sequence[Pixel], page: str
) -> CompareColumn:
    try:
        fused_pair = service.open_measured(pair_id, name)
        if page:
            return CompareColumn(
                name, fused_pair, [service.answer_for(fused_pair, pixels[0], column_watcher(page, name))]
            )
        return CompareColumn(name, fused_pair, service.answers_at_hand(fused_pair, pixels))
    except InputError as error:
        return CompareColumn(name, problem=str(error))
    except Exception as error:  # whatever a brought network raises belongs into its own column
        logger.exception("A Jacobian through %s failed.", name)
        return CompareColumn(name, problem=f"{name} failed: {error}")


def message(columns: Sequence[CompareColumn], pixel: Pixel, number: int) -> bytes:
    """The answers to the ``number``-th pixel as one message.

    Its header has, under ``columns``, each network's read-out with the place of its windows, or its
    ``problem``, or that it ``is_absent`` as it takes long;
    the windows are the arrays ``first0``, ``second0``, ``first1``, …
    """
    arrays: dict[str, NDArray[np.float32]] = {}
    shown: list[dict[str, Any]] = []
    for place, column in enumerate(columns):
        if column.fused_pair is None or not column.answers:
            shown.append({"network": column.network, "problem": column.problem})
            continue
        answer, named = column.answers[number], {"network": column.network, "key": column.fused_pair.key}
        if isinstance(answer, LongAnswer):
            shown.append({**named, **absence(answer)})
            continue
        J = answer.jacobian
        arrays |= {f"first{place}": J.first, f"second{place}": J.second}
        where = {"top": J.area.top, "left": J.area.left, "queued": round(answer.queued, 2)}
        shown.append({**named, **where, **readout(column.fused_pair, answer)})
    about = {
        "row": pixel[0],
        "col": pixel[1],
        "key": " ".join(each.get("key", "") for each in shown),
        "milliseconds": sum(each.get("milliseconds", 0.0) for each in shown),
        "queued": sum(each.get("queued", 0.0) for each in shown),
        "again": min((each["again"] for each in shown if each.get("again")), default=None),
        "is_absent": any(each.get("is_absent") for each in shown),
        "columns": shown,
    }
    return messages.packed(about, arrays)
