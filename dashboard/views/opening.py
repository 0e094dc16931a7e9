"""Which pair, network and pixel a page opens: what an address asks for, as far as this dashboard has it."""

from __future__ import annotations

from dataclasses import replace

from dashboard.components import url_state
from dashboard.components.url_state import State
from dashboard.service.network_standing import told_purpose, unseen_first
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError
from saliency.geometry.window import check_pixel


def first_view(service: SaliencyService) -> State:
    """What is shown where the address says nothing: a person's own first pair, else a phantom.

    It is one whose case the network has not learned from, where there is such a one.
    """
    problems = service.network_pool.problems()
    usable = [name for name in ("MaskNet", *service.network_pool.names()) if name not in problems]
    purpose = told_purpose(service.network_pool, usable[0])
    return State(pair=unseen_first(service.catalogue.entries, purpose).id, network=usable[0])


def asked_view(service: SaliencyService, default: State, query: str) -> tuple[State, str]:
    """What an address asks for, as far as it is here; in sentences what is not, and what reading files found."""
    state, problems = url_state.read(query, default)
    state, more = usable(service, state, default)
    return state, " ".join((*problems, *more, *service.catalogue.remarks))


def usable(
    service: SaliencyService, state: url_state.State, default: url_state.State
) -> tuple[url_state.State, tuple[str, ...]]:
    """What of ``state`` this dashboard can show, and a sentence for each thing it cannot."""
    problems: tuple[str, ...] = ()
    try:
        service.network_pool.unmeasured(state.network)
        state = replace(state, network=service.network_pool.name_of(state.network))
    except InputError as error:
        problems = (str(error),)
        state = replace(state, network=default.network)
    state, more = placed(service, state, default)
    return state, (*more, *problems)


def placed(
    service: SaliencyService, state: url_state.Chosen, default: url_state.Chosen
) -> tuple[url_state.Chosen, tuple[str, ...]]:
    """The pair and the pixel of ``state`` that can be shown, and a sentence for each that cannot."""
    problems = []
    if absent := service.catalogue.why_absent(state.pair):
        problems.append(absent)
        state = replace(state, pair=default.pair)
    if state.row is None or state.col is None:
        return state, tuple(problems)
    try:
        shape = service.catalogue.pair(state.pair).shape
    except InputError:  # said where the pair is opened
        return state, tuple(problems)
    try:
        check_pixel((state.row, state.col), shape)
    except InputError as error:
        problems.append(f"{error} Its centre is shown.")
        state = replace(state, row=None, col=None)
    return state, tuple(problems)
