"""A network as a cohort asks it: held against the whole image on every pair; and where its figures are kept."""

from __future__ import annotations

from functools import partial

from torch import nn

from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from saliency import locality
from saliency.cohort.cohort_run import CohortNetwork
from saliency.cohort.kept_figures import figures_key
from saliency.defaults import COHORT_PIXELS

SEED = 0
"""From which pixels are drawn, here as by the command where nothing else is said."""


def cohort_network(service: SaliencyService, pair_id: str, name: str) -> CohortNetwork:
    """The network ``name`` for slices of the collection that a pair is of.

    Raises
    ------
    InputError
        It cannot be used, or sees the whole image.
    """
    loaded = service.network_pool.get(name)
    if not locality(loaded.network).is_local:
        raise InputError(
            f"{loaded.name} sees the whole image, which takes a pass for each pixel: leave it out here, and "
            "use fusevis cohort for it."
        )
    weights = f"{loaded.weights}{loaded.session}"
    return CohortNetwork(loaded.name, weights, partial(_prepared, service, pair_id, name))


def key_of(pair: ImagePair, network: CohortNetwork) -> str:
    """Under which figures of a pair through a network are kept, whoever measures them."""
    return figures_key(pair, network.name, network.weights, COHORT_PIXELS, SEED)


def _prepared(service: SaliencyService, pair_id: str, name: str, pair: ImagePair) -> nn.Module:
    fused_pair = service.open_aside(pair_id, pair, name)
    return service.held_to_whole(fused_pair).loaded.network
