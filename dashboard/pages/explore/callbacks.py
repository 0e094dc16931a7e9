"""The committed path of Explore: what the page asks of the server when the pointer has come to rest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, Patch, State, dcc, no_update

from dashboard.components import controls, ids, plots, url_state
from dashboard.components.ids import Kind, Panel
from dashboard.pages.explore.panel_images import panel_picture, shown_box
from dashboard.pages.explore.shown_guidance import shown_guidance
from dashboard.pages.explore.state import (
    Committed,
    EnlargedPanel,
    ScatterDrawn,
)
from dashboard.report.view import name_of
from dashboard.service.correlations import correlations
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.pixel_answers import readout

COMMITTED = ("pair", "network", "row", "col", "window", "gamma1", "gamma2", "display", "colormap")
"""The words of `Committed` that are checked."""
UNFINISHED = "Guidance is still sharpening; it is shown here as soon as it is finished."
ESTIMATED_DOTS = "Guidance is estimated here; its scatterplot is drawn of exact guidance alone."


def register(app: Dash, service: SaliencyService) -> None:
    """Wire the page's callbacks to ``app``."""
    _register_browser(app)
    app.callback(
        Output(ids.READOUT, "data"),
        Output(ids.SPOKEN, "children"),
        Input(ids.COMMIT, "data"),
        prevent_initial_call=True,
    )(partial(commit, service))
    app.callback(
        Output(ids.SCATTER_PLACE, "children"),
        Output(ids.SCATTER_DRAWN, "data"),
        Input(ids.SCATTER_VIEW, "data"),
        prevent_initial_call=True,
    )(partial(draw_scatter, service))
    app.callback(
        Output(ids.SCATTER, "figure"),
        Output(ids.SCATTER_DRAWN, "data", allow_duplicate=True),
        Input(ids.SCATTER_PIXEL, "data"),
        prevent_initial_call=True,
    )(partial(mark_scatter, service))
    app.callback(
        Output(ids.ENLARGED_PLACE, "children"),
        Input(ids.ENLARGED_PANEL, "data"),
        prevent_initial_call=True,
    )(partial(enlarge, service))


def _register_browser(app: Dash) -> None:
    """What the browser does by itself; see ``js/pages/explore/explore.js``."""
    in_browser = partial(ClientsideFunction, "explore")
    app.clientside_callback(
        in_browser("configure"),
        Output(ids.PROVIDER, "forceColorScheme"),
        *(Input(*each) for each in controls.LOOKS.values()),
        Input(ids.TABLES, "data"),
    )
    app.clientside_callback(
        in_browser("choose"),
        Input(ids.PAIR, "value"),
        Input(ids.NETWORK, "value"),
        Input(ids.START, "modified_timestamp"),  # the page as it is sent counts as a choice
        State(ids.START, "data"),
    )
    app.clientside_callback(in_browser("go"), Input(ids.ROW, "value"), Input(ids.COL, "value"))
    app.clientside_callback(in_browser("settle"), Input(ids.READOUT, "data"))
    app.clientside_callback(in_browser("scattered"), Input(ids.SCATTER_DRAWN, "data"))
    app.clientside_callback(in_browser("hovered"), Input(ids.ENLARGED_FIGURE, "hoverData"))
    app.clientside_callback(in_browser("clicked"), Input(ids.ENLARGED_FIGURE, "clickData"))


def commit(service: SaliencyService, at: Committed) -> tuple[dict[str, Any], str]:
    """The read-out of the committed pixel, with what takes longer than the pointer waits, and as a sentence."""
    url_state.check(at, *COMMITTED)
    fused_pair = service.open_measured(at["pair"], at["network"])
    pixel = at["row"], at["col"]
    finished = service.finished_guidance(fused_pair)
    found = {
        **readout(fused_pair, service.answer(fused_pair, pixel)),
        **_identity(at),
        "correlation": correlations(service, fused_pair, finished, pixel, at["window"]),
    }
    return found, spoken(fused_pair, found)


def spoken(fused_pair: FusedPair, found: Mapping[str, Any]) -> str:
    """The read-out as a sentence, for a screen reader."""
    one, two = fused_pair.pair.names
    share = (
        f"{found['share1']:.0%} from {one}, {found['share2']:.0%} from {two}"
        if found["share1"] is not None
        else "no influence"
    )
    y, x1, x2 = ("undefined" if found[name] is None else f"{found[name]:.3f}" for name in ("y", "x1", "x2"))
    return f"Row {found['row']}, column {found['col']}: fused {y}, {one} {x1}, {two} {x2}; influence {share}."


def draw_scatter(service: SaliencyService, at: Committed) -> tuple[Any, ...]:
    """The scatterplot of finished guidance, marked at the committed pixel, and of which pixel it is."""
    url_state.check(at, *COMMITTED)
    figure = _scatterplot(service, service.open_measured(at["pair"], at["network"]), at)
    if figure is None:
        return no_update, no_update
    figure.update_layout(meta={**figure.layout.meta, "pair": at["pair"], "network": at["network"]})
    config = plots.graph_config("panel k")
    return dcc.Graph(id=ids.SCATTER, figure=figure, config=config, className="graph"), _identity(at)


def mark_scatter(service: SaliencyService, at: Committed) -> tuple[Any, ...]:
    """Move the marks of the scatterplot that stands on the page to the committed pixel."""
    url_state.check(at, *COMMITTED)
    finished = service.finished_guidance(service.open_measured(at["pair"], at["network"]))
    if finished is None:
        return no_update, no_update
    return plots.marked(Patch(), *finished, (at["row"], at["col"]), at["window"]), _identity(at)


def enlarge(service: SaliencyService, wanted: EnlargedPanel | None) -> Any:
    """The figure of the panel that is enlarged at the committed pixel; nothing where none is."""
    if wanted is None:
        return None
    url_state.check(wanted, *COMMITTED)
    fused_pair = service.open_measured(wanted["pair"], wanted["network"])
    panel = ids.panel_of(wanted["panel"])
    title = _title(fused_pair, panel)
    if panel.image.kind in (Kind.GUIDANCE, Kind.OVERLAY) and (
        shown := shown_guidance(service, fused_pair, wanted)
    ):
        title += shown.note
    figure = _enlarged_figure(service, fused_pair, panel, wanted, title)
    figure.update_layout(meta={"label": title, "serial": wanted["serial"], **_identity(wanted)})
    return dcc.Graph(
        id=ids.ENLARGED_FIGURE, figure=figure, config=plots.graph_config(title), className="enlarged-graph"
    )


def _enlarged_figure(
    service: SaliencyService, fused_pair: FusedPair, panel: Panel, at: EnlargedPanel, title: str
) -> Any:
    light = bool(at["light"])
    if panel.image.kind is Kind.SCATTERPLOT:
        figure = _scatterplot(service, fused_pair, at)
        if figure is not None:
            return plots.dressed(figure, title, light=light)
        why = ESTIMATED_DOTS if shown_guidance(service, fused_pair, at) else UNFINISHED
        return plots.waiting(title, why, light=light)
    picture = panel_picture(service, fused_pair, panel, at)
    if picture is None:
        return plots.waiting(title, UNFINISHED, light=light)
    pair = fused_pair.pair
    box = shown_box(panel, (at["row"], at["col"]), at["window"], pair.shape)
    return plots.enlarged(picture, title, box, _parts(fused_pair, panel), light=light, aspect=pair.aspect)


def _scatterplot(service: SaliencyService, fused_pair: FusedPair, at: Committed) -> Any:
    """The scatterplot with its marks; None while guidance is not finished."""
    finished = service.finished_guidance(fused_pair)
    if finished is None:
        return None
    plot = plots.scatter(service.statistics.density(fused_pair, finished), fused_pair.pair.names)
    return plots.marked(plot, *finished, (at["row"], at["col"]), at["window"])


def _title(fused_pair: FusedPair, panel: Panel) -> str:
    """What an enlarged panel is called, in its head and in the file that is saved."""
    name = name_of(panel.image, fused_pair.pair.names, fused_pair.loaded.name)
    network = "" if panel.image.kind is Kind.PICTURE else f", {fused_pair.loaded.name}"
    return f"{fused_pair.pair.title} · {name}{network}{', zoom' if panel.is_zoom else ''}"


def _parts(fused_pair: FusedPair, panel: Panel) -> tuple[str, ...]:
    """What each value under the pointer is called."""
    one, two = fused_pair.pair.names
    if panel.image.kind is Kind.OVERLAY:
        return f"guidance {one}", f"guidance {two}", "fused"
    return ("derivative" if panel.image.kind in (Kind.GUIDANCE, Kind.JACOBIAN) else "value",)


def _identity(at: Committed) -> ScatterDrawn:
    return ScatterDrawn(pair=at["pair"], network=at["network"], row=at["row"], col=at["col"], window=at["window"])
