"""What ``import saliency`` offers: maps of networks that were held against the whole image on the pair in hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from torch import nn

from fusion.data.pairs import ImagePair
from saliency.attribution import integrated_gradients as by_path
from saliency.attribution import local_attribution as by_blur
from saliency.attribution import smoothgrad as by_noise
from saliency.derivatives import column as columns
from saliency.derivatives import guidance as diagonals
from saliency.derivatives import jacobian as rows
from saliency.derivatives import region_rows as regions
from saliency.derivatives.jacobian import Jacobian
from saliency.geometry.window import Pixel
from saliency.network.one_look import one_look
from saliency.validation import misregistration
from saliency.validation import nudge as nudges
from saliency.validation import trust_card as trust
from saliency.validation.checked_network import checked_on_pair, has_its_value

Asked = ParamSpec("Asked")
Map = TypeVar("Map")
Question = Callable[Concatenate[nn.Module, ImagePair, Asked], Map]


def _checked(question: Question[Asked, Map]) -> Question[Asked, Map]:
    """The same question, asked of what `checked_on_pair` gives."""

    @wraps(question)
    def asked(network: nn.Module, pair: ImagePair, *more: Asked.args, **named: Asked.kwargs) -> Map:
        return question(checked_on_pair(network, pair), pair, *more, **named)

    return cast("Question[Asked, Map]", asked)


@wraps(rows.jacobian)
@one_look()
def jacobian(network: nn.Module, pair: ImagePair, pixel: Pixel) -> Jacobian:
    """Besides, its fused value is held against the fused image at every pixel."""
    found = rows.jacobian(asked := checked_on_pair(network, pair), pair, pixel)
    if asked is not network or has_its_value(network, pair, found):
        return found
    return rows.jacobian(checked_on_pair(network, pair), pair, pixel)


guidance = _checked(diagonals.guidance)
guidance_stream = _checked(diagonals.guidance_stream)
column = _checked(columns.column)
region_rows = _checked(regions.region_rows)
region_rows_stream = _checked(regions.region_rows_stream)
integrated_gradients = _checked(by_path.integrated_gradients)
local_attribution = _checked(by_blur.local_attribution)
smooth_gradients = _checked(by_noise.smooth_gradients)
nudge = _checked(nudges.nudge)
share_under_moves = _checked(misregistration.share_under_moves)
trust_card = _checked(trust.trust_card)
trust_checks = _checked(trust.trust_checks)
