"""The committed path of Explore: what the page asks of the server when the pointer has come to rest."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, Patch, State, no_update

from dashboard.cache.disk import Images
from dashboard.components import ids, navigation, plots, url_state
from dashboard.components.ids import IMAGE_PANELS, Panel
from dashboard.pages.explore.layout import graphs
from dashboard.pages.explore.panel_images import JACOBIANS, Album, GuidanceAlbum, JacobianAlbum
from dashboard.service.correlations import correlations
from dashboard.service.network_pool import StillMeasuringError
from dashboard.service.saliency_service import FusedPair, SaliencyService
from dashboard.views.opening import usable
from dashboard.views.pixel_answers import readout
from fusion import InputError
from saliency import locality

View = dict[str, Any]
"""What the browser knows of a pair through a network, see `view`."""
Committed = dict[str, Any]
"""The store that ``assets/explore.js`` fills: pair, network, row, col and every display choice."""


def register(app: Dash, service: SaliencyService, default: url_state.State) -> None:
    """Wire the page's callbacks to ``app``."""
    _register_controls(app, default, service)
    of = {panel.id: Output(panel.id, "figure", allow_duplicate=True) for panel in ids.PANELS}
    app.callback(
        Output(ids.VIEW, "data"),
        Output(ids.VIEW_PROBLEM, "children"),
        Output(ids.PAIR, "value", allow_duplicate=True),
        Output(ids.NETWORK, "value", allow_duplicate=True),
        Input(ids.PAIR, "value"),
        Input(ids.NETWORK, "value"),
        State(ids.VIEW, "data"),
        Input(ids.MEASURED, "data"),
        prevent_initial_call="initial_duplicate",
    )(partial(open_view, service))
    app.callback(
        *(Output(panel.slot, "children") for panel in ids.PANELS),
        Output(ids.FIGURED, "data"),
        Input(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )(partial(show_figures, service))
    app.callback(
        *(of[panel.id] for panel in IMAGE_PANELS),
        of["scatter"],
        Output(ids.READOUT, "data"),
        Output(ids.SPOKEN, "children"),
        Input(ids.COMMIT, "data"),
        prevent_initial_call=True,
    )(partial(commit, service))
    app.callback(
        *(of[panel.id] for panel in _showing("guidance1", "guidance2", "rgb")),
        of["scatter"],
        Output(ids.GUIDANCE_DRAWN, "data"),
        Input(ids.GUIDANCE, "data"),
        State(ids.COMMIT, "data"),
        prevent_initial_call=True,
    )(partial(show_guidance, service))


def _register_controls(app: Dash, default: url_state.State, service: SaliencyService) -> None:
    chosen = [
        Output(ids.PAIR, "value"),
        Output(ids.NETWORK, "value"),
        Output(ids.WINDOW, "value"),
        Output(ids.GAMMA1, "value"),
        Output(ids.GAMMA2, "value"),
        Output(ids.DISPLAY, "value"),
        Output(ids.COLORMAP, "value"),
        Output(ids.MANNER, "value"),
        Output(ids.COLOR, "checked"),
        Output(ids.ZOOMS, "checked"),
        Output(ids.THEME, "checked"),
        Output(ids.ADDRESS_PROBLEM, "children"),
        Output(ids.START, "data"),
    ]
    app.callback(*chosen, Input(ids.ADDRESS, "search"))(partial(restore, service, default))
    in_browser = partial(ClientsideFunction, "explore")
    display = (
        (ids.DISPLAY, "value"),
        (ids.COLORMAP, "value"),
        (ids.WINDOW, "value"),
        (ids.MANNER, "value"),
        (ids.COLOR, "checked"),
        (ids.ZOOMS, "checked"),
        (ids.THEME, "checked"),
        (ids.GAMMA1, "value"),
        (ids.GAMMA2, "value"),
        (ids.TABLES, "data"),
    )
    app.clientside_callback(
        in_browser("configure"), Output(ids.PROVIDER, "forceColorScheme"), *(Input(*each) for each in display)
    )
    app.clientside_callback(in_browser("open"), Input(ids.VIEW, "data"), State(ids.START, "data"))
    app.clientside_callback(in_browser("go"), Input(ids.ROW, "value"), Input(ids.COL, "value"))
    app.clientside_callback(in_browser("placed"), Input(ids.FIGURED, "data"))
    app.clientside_callback(in_browser("settle"), Input(ids.READOUT, "data"))
    app.clientside_callback(in_browser("drawn"), Input(ids.GUIDANCE_DRAWN, "data"))
    app.clientside_callback(in_browser("colorless"), Output(ids.COLOR, "disabled"), Input(ids.VIEW, "data"))


def restore(service: SaliencyService, default: url_state.State, query: str | None) -> tuple[Any, ...]:
    """Set every control to what the address asks for."""
    state, problems = url_state.read(query or "", default)
    state, more = usable(service, state, default)
    more += service.catalogue.remarks
    start = {"row": state.row, "col": state.col}
    return (
        state.pair,
        state.network,
        str(state.window),
        state.gamma1,
        state.gamma2,
        state.display,
        state.colormap,
        state.manner,
        state.color,
        state.zooms,
        state.light,
        navigation.alert(" ".join((*problems, *more))),
        start,
    )


def open_view(
    service: SaliencyService, pair_id: str, network: str, shown: View | None, measured: str | None = None
) -> tuple[Any, ...]:
    """Open a pair through a network.

    What cannot be opened is told, and the choices go back to the view that stays on the screen. Of a network
    that is still ``measured`` the browser is told to wait, and asks again.
    """
    del measured  # only that it has come
    if _shows(shown, pair_id, network):
        return (no_update,) * 4
    try:
        service.network_pool.refuse_unmeasured(network)
        fused_pair = service.open_pair(pair_id, network)
    except StillMeasuringError:
        waiting = {"pair": pair_id, "network": network, "measuring": True}
        return waiting, None, no_update, no_update
    except InputError as error:
        back = (shown["pair"], shown["network"]) if shown else (no_update, no_update)
        return no_update, navigation.alert(str(error)), *back
    return view(fused_pair, pair_id), None, no_update, no_update


def show_figures(service: SaliencyService, shown: dict[str, Any]) -> tuple[Any, ...]:
    """Put the view's figures below the canvases; those that are still to be computed are emptied."""
    url_state.check(shown, "pair", "network")
    prints = Album(service.open_pair(shown["pair"], shown["network"]), bool(shown["color"])).wholes()
    drawn = [
        plots.picture(prints[panel.image], panel.id)
        if panel.image in prints and not (panel.is_zoom and prints[panel.image].step > 1)
        else plots.blank(panel.id)
        for panel in ids.PANELS
    ]
    return *graphs(drawn), {name: shown[name] for name in ("of", "since")}  # which request is answered


def _shows(shown: View | None, pair_id: str, network: str) -> bool:
    """Whether the browser has this view; one that waits for a measurement has nothing to show yet."""
    if not shown or shown.get("measuring"):
        return False
    return (shown["pair"], shown["network"]) == (pair_id, network)


def view(fused_pair: FusedPair, pair_id: str) -> View:
    """What the browser has to know of a pair through a network."""
    pair = fused_pair.pair
    return {
        "pair": pair_id,
        "network": fused_pair.loaded.name,
        "title": pair.title,
        "names": list(pair.names),
        "height": pair.shape[0],
        "width": pair.shape[1],
        "key": fused_pair.key,
        "spacing": pair.spacing,
        "reason": locality(fused_pair.loaded.network).reason,
        "has_color": pair.first_color is not None or pair.second_color is not None,
    }


def commit(service: SaliencyService, at: Committed) -> tuple[Any, ...]:
    """Bring figures and read-out to the committed pixel."""
    url_state.check(at, "pair", "network", "row", "col", "window", "gamma1", "display", "colormap")
    fused_pair = service.open_pair(at["pair"], at["network"])
    pixel, window = (at["row"], at["col"]), at["window"]
    answer = service.answer(fused_pair, pixel)
    finished = service.finished_guidance(fused_pair)
    album = JacobianAlbum(fused_pair, answer, at)
    changed = {panel: album.print_of(panel, pixel, window) for panel in _showing(*JACOBIANS)}
    if Album(fused_pair).step > 1:  # zooms hold the window alone
        changed |= _zooms(service, fused_pair, at, finished)
    shown = [
        plots.pointing(
            pixel,
            window,
            fused_pair.pair.shape,
            panel.is_zoom,
            plots.repainted(changed[panel]) if panel in changed else Patch(),
        )
        for panel in IMAGE_PANELS
    ]
    plot = no_update if finished is None else plots.marked(Patch(), *finished, pixel, window)
    found = {
        **readout(fused_pair, answer),
        **_identity(at),
        "correlation": correlations(service, fused_pair, finished, pixel, window),
    }
    return *shown, plot, found, spoken(fused_pair, found)


def show_guidance(service: SaliencyService, wanted: dict[str, Any], at: Committed) -> tuple[Any, ...]:
    """Bring the guidance panels, their overlay and the scatterplot to finished guidance and its display."""
    url_state.check(wanted, "pair", "network", "gamma2", "display", "colormap")
    fused_pair = service.open_pair(wanted["pair"], wanted["network"])
    finished = service.finished_guidance(fused_pair)
    if finished is None:
        return (*[no_update] * 8,)
    plot = plots.scatter(service.density(fused_pair, finished), fused_pair.pair.names)
    pixel, window = (at["row"], at["col"]), at["window"]
    drawn = {"pair": wanted["pair"], "network": wanted["network"]}
    album = GuidanceAlbum(fused_pair, finished, service.ranges(fused_pair, finished), wanted)
    return *_pointed(album, fused_pair, at), plots.marked(plot, *finished, pixel, window), drawn


def spoken(fused_pair: FusedPair, found: dict[str, Any]) -> str:
    """The read-out as a sentence, for a screen reader."""
    one, two = fused_pair.pair.names
    share = (
        f"{found['share1']:.0%} from {one}, {found['share2']:.0%} from {two}"
        if found["share1"] is not None
        else "no influence"
    )
    y, x1, x2 = ("undefined" if found[name] is None else f"{found[name]:.3f}" for name in ("y", "x1", "x2"))
    return f"Row {found['row']}, column {found['col']}: fused {y}, {one} {x1}, {two} {x2}; influence {share}."


def _pointed(album: Album, fused_pair: FusedPair, at: Committed) -> list[Any]:
    """The figures of an album, whole and zoomed, with cross-hair and window box."""
    pixel, window = (at["row"], at["col"]), at["window"]
    panels = _showing(*album.images)
    return [
        plots.pointing(
            pixel,
            window,
            fused_pair.pair.shape,
            panel.is_zoom,
            plots.picture(album.print_of(panel, pixel, window), panel.id),
        )
        for panel in panels
    ]


def _zooms(
    service: SaliencyService, fused_pair: FusedPair, at: Committed, finished: Images | None
) -> dict[Panel, plots.Print]:
    """What the zooms of a large pair show around the committed pixel."""
    albums = [Album(fused_pair, bool(at.get("color")))]
    if finished is not None:
        url_state.check(at, "gamma2")
        albums.append(GuidanceAlbum(fused_pair, finished, service.ranges(fused_pair, finished), at))
    pixel = at["row"], at["col"]
    return {
        panel: album.print_of(panel, pixel, at["window"])
        for album in albums
        for panel in _showing(*album.images)
        if panel.is_zoom
    }


def _showing(*images: str) -> list[Panel]:
    return [panel for panel in ids.PANELS if panel.image in images]


def _identity(at: Committed) -> dict[str, Any]:
    return {name: at[name] for name in ("pair", "network", "row", "col")}
