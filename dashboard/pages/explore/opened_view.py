"""What the page is told of a pair through a network when it opens them: all words, and the pictures."""

from __future__ import annotations

import logging

from dashboard.components.network_choice import standings
from dashboard.pages.explore.state import MeasuringView, RefusedView, View
from dashboard.server import messages
from dashboard.service.fused_pair import FusedPair
from dashboard.service.network_pool import StillMeasuringError
from dashboard.service.network_standing import NetworkStanding
from dashboard.service.pair_changes import plain_id
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.pair_words import orientation, raw_scales
from dashboard.views.pixel_answers import image_message
from fusion import InputError
from saliency import locality
from saliency.examination.finding import limits

logger = logging.getLogger(__name__)


def view_message(service: SaliencyService, pair_id: str, network: str, side: int = 0) -> bytes:
    """A view and its pictures, as far as a panel of ``side`` can show them, as one binary message.

    It answers whatever is on the screen: what the browser had when it asked may be out of date by now, so the
    browser decides whether a view is new to it. What cannot be opened is told. Of a network that is still
    measured the browser is told to wait, and asks again.
    """
    try:
        fused_pair = service.open_measured(pair_id, network)
    except StillMeasuringError:
        return _told(MeasuringView(pair=pair_id, network=network, measuring=True))
    except InputError as error:
        logger.debug("Why a view was refused:", exc_info=error)  # the sentence may name a pair or its files
        return _told(RefusedView(pair=pair_id, network=network, refused=str(error)))
    service.look_at(pair_id, fused_pair)
    return image_message(fused_pair, side, {"view": opened_view(service, fused_pair, pair_id)})


def _told(view: MeasuringView | RefusedView) -> bytes:
    return messages.packed({"view": view}, {})


def opened_view(service: SaliencyService, fused_pair: FusedPair, pair_id: str) -> View:
    """What the browser has to know of a pair that is open through a network."""
    return view(
        fused_pair,
        pair_id,
        standings(service, pair_id)[fused_pair.loaded.name],
        limits(service.examinations.look(fused_pair.loaded.name)),
        has_guidance=service.finished_guidance(fused_pair) is not None,
    )


def view(
    fused_pair: FusedPair,
    pair_id: str,
    standing: NetworkStanding,
    examined: str = "",
    *,
    has_guidance: bool = False,
) -> View:
    """What the browser has to know of a pair through a network."""
    pair = fused_pair.pair
    return View(
        pair=pair_id,
        network=fused_pair.loaded.name,
        title=pair.title,
        names=list(pair.names),
        height=pair.shape[0],
        width=pair.shape[1],
        key=fused_pair.key,
        spacing=pair.spacing,
        row_spacing=pair.row_spacing,
        aspect=pair.aspect,
        orientation=orientation(pair),
        raw=raw_scales(pair),
        reason=locality(fused_pair.loaded.network).reason,
        examined=examined,
        remarks=" ".join(pair.sentences),
        standing=standing.note,
        warning=standing.warning,
        has_color=pair.first_color is not None or pair.second_color is not None,
        is_changed=plain_id(pair_id) != pair_id,
        has_guidance=has_guidance,
    )
