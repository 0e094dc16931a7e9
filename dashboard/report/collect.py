"""From an export request to computed views: fused images, Jacobians and guidance, from the saliency service."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from dashboard.report.export_request import ExportRequest
from dashboard.report.view import ReportColumn, ReportView
from dashboard.service.fused_pair import FusedPair
from dashboard.service.network_pool import StillMeasuringError
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.pixel_answers import readout
from fusion import ImagePair, InputError
from saliency.geometry.window import Pixel, check_pixel
from saliency.measures.display import shared_limit

logger = logging.getLogger(__name__)


class Sharpening(Exception):  # noqa: N818  # a state, not an error
    """Guidance that an export needs is still being computed; says how far it is.

    Attributes
    ----------
    done, total : int
        Backward passes of the network that is computed now.
    """

    def __init__(self, network: str, done: int, total: int) -> None:
        passes = f"{done} of {total} passes" if total else "it is about to start"
        super().__init__(f"Guidance of {network} is still being computed ({passes}); ask again in a moment.")
        self.done, self.total = done, total


class Measuring(Sharpening):
    """Metrics that a report needs are still being measured."""

    def __init__(self) -> None:
        Exception.__init__(self, "The metrics are still being measured; ask again in a moment.")
        self.done, self.total = 0, 0


class Unmeasured(Sharpening):
    """It is still being measured how far a network sees that an export needs."""

    def __init__(self, sentence: str) -> None:
        Exception.__init__(self, sentence)
        self.done, self.total = 0, 0


def wait_for_receptive_fields(service: SaliencyService, networks: Sequence[str]) -> None:
    """Raise `Unmeasured` while it is measured how far one of them sees: no request waits a minute."""
    for name in networks:
        try:
            service.network_pool.refuse_unmeasured(name)
        except StillMeasuringError as waiting:
            raise Unmeasured(str(waiting)) from waiting
        except InputError as error:
            logger.debug("A network that its own column speaks of:", exc_info=error)


def open_pairs(
    service: SaliencyService, pair_id: str, networks: Sequence[str]
) -> tuple[ImagePair, list[FusedPair | ReportColumn]]:
    """The pair, and it through each network: a `ReportColumn` with the reason in place of one that cannot be used.

    Raises
    ------
    InputError
        The pair cannot be used, or none of the networks can.
    """
    pair = service.catalogue.pair(pair_id)
    found: list[FusedPair | ReportColumn] = []
    for name in networks:
        try:
            found.append(service.open_pair(pair_id, name))
        except InputError as error:
            if len(networks) == 1:
                raise
            found.append(ReportColumn(name, problem=str(error)))
    if not any(isinstance(each, FusedPair) for each in found):
        raise InputError("None of these networks can be used: " + " ".join(each.problem for each in found))  # type: ignore[union-attr]  # all are Columns
    return pair, found


def collected(
    service: SaliencyService,
    pair: ImagePair,
    through: Sequence[FusedPair | ReportColumn],
    pixels: Sequence[Pixel],
    export_request: ExportRequest,
) -> list[ReportView]:
    """A view for each pixel, holding what ``export_request`` needs and no more.

    Raises
    ------
    InputError
        A pixel lies outside the image, or guidance failed.
    Sharpening
        Guidance is needed and not finished; asking keeps it going.
    """
    for pixel in pixels:
        check_pixel(pixel, pair.shape)
    plain = [
        _with_guidance(service, each, export_request) if isinstance(each, FusedPair) else each for each in through
    ]
    views = [
        ReportView(
            pair,
            tuple(_at(service, *each, pixel, export_request) for each in zip(through, plain, strict=True)),
            pixel,
            export_request.look,
        )
        for pixel in pixels
    ]
    reach = max(_reach(view) for view in views)
    return [replace(view, reach=reach) for view in views]


def _with_guidance(service: SaliencyService, fused_pair: FusedPair, export_request: ExportRequest) -> ReportColumn:
    column = ReportColumn(fused_pair.loaded.name, fused_pair.loaded.weights, fused_pair.fused)
    if not export_request.needs_guidance:
        return column
    snapshot = service.guidance(fused_pair, within=export_request.within)
    if snapshot.failure:
        raise InputError(f"{column.network}: {snapshot.failure}")
    if not snapshot.is_complete or snapshot.grown is None:
        raise Sharpening(column.network, snapshot.done, snapshot.total)
    return replace(column, guidance=(snapshot.grown.first, snapshot.grown.second), error=snapshot.error)


def _at(
    service: SaliencyService,
    fused_pair: FusedPair | ReportColumn,
    column: ReportColumn,
    pixel: Pixel,
    export_request: ExportRequest,
) -> ReportColumn:
    if isinstance(fused_pair, ReportColumn) or not export_request.needs_jacobian:
        return column
    answer = service.answer(fused_pair, pixel)
    return replace(column, jacobian=answer.jacobian, readout=readout(fused_pair, answer))


def _reach(view: ReportView) -> float:
    jacobians = [column.jacobian for column in view.columns if column.jacobian is not None]
    return max((shared_limit(J.first, J.second, view.look.display) for J in jacobians), default=0.0)
