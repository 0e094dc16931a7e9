"""What is told of a network that somebody brought: what its card says, and "unknown" where that is silent."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.pages.networks.model_card import ModelCard, Section
from dashboard.service.network_pool import NetworkPool
from fusion.errors import InputError
from fusion.method.carded_network import CardedNetwork
from fusion.method.network_card import NetworkCard

UNKNOWN = "unknown: the network's card does not say"
SUMMARY = "A network of your own, computed as its file says; nothing of it was trained by this project."


def own_card(pool: NetworkPool, name: str) -> ModelCard:
    """The card of a brought network; the reason, where it cannot be used."""
    try:
        network, weights = pool.unmeasured(name)
    except InputError as error:
        return ModelCard(name, SUMMARY, "", str(error), "", is_recorded=True, sections=())
    card = network.card if isinstance(network, CardedNetwork) else NetworkCard()
    count = sum(each.numel() for each in network.parameters())
    hashed = [("weights, SHA-256", weights)] if weights else []
    sections = (
        Section("Network", [("parameters", f"{count:,}"), *hashed]),
        Section("Made for", [("", " and ".join(card.made_for) or UNKNOWN)]),
        Section("Learned from", [("", UNKNOWN)]),
        Section("What is done around it", _around(card) or [("", "nothing")]),
    )
    return ModelCard(name, SUMMARY, card.reference, "", "", is_recorded=True, sections=sections)


def _around(card: NetworkCard) -> Sequence[tuple[str, str]]:
    """The lines of a card that change what the network is given or what is taken from it."""
    plain = NetworkCard()
    names = ("inputs", "channels", "order", "output", "output_channel", "multiple", "square")
    told = [(name.replace("_", " "), str(getattr(card, name))) for name in names if _differs(card, plain, name)]
    ranges = [(name.replace("_", " "), "converted") for name in ("input_range", "output_range")]
    return [*told, *(row for row in ranges if _differs(card, plain, row[0].replace(" ", "_")))]


def _differs(card: NetworkCard, plain: NetworkCard, name: str) -> bool:
    return bool(getattr(card, name) != getattr(plain, name))
