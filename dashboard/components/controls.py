"""The choices on top of the page: each with a label and a tooltip in a reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.components import help_dialog, ids, network_choice
from dashboard.components.url_state import State
from dashboard.option_values import COLORMAPS, WINDOWS
from dashboard.service.pair_catalogue import PairEntry

SIZE = "xs"
LOOKS: Mapping[str, tuple[str, str]] = {
    "display": (ids.DISPLAY, "value"),
    "colormap": (ids.COLORMAP, "value"),
    "window": (ids.WINDOW, "value"),
    "manner": (ids.MANNER, "value"),
    "color": (ids.COLOR, "checked"),
    "zooms": (ids.ZOOMS, "checked"),
    "light": (ids.THEME, "checked"),
    "gamma1": (ids.GAMMA1, "value"),
    "gamma2": (ids.GAMMA2, "value"),
}
"""The control, by its id on Explore, and its property for every field of `State` that decides how panels look.

In the order in which ``configure`` of js/pages/explore/explore.js and of js/pages/compare/compare.js take them.
"""


def bar(
    entry: PairEntry, problems: Mapping[str, str], networks: Sequence[dict[str, Any]], state: State
) -> html.Header:
    """All controls of Explore but the γ sliders, which stand with the pictures they act on.

    ``networks`` are the options of `dashboard.components.network_choice.offered`.
    """
    return html.Header(
        [
            tip("Which two registered pictures are fused.", pair(entry)),
            tip(
                " ".join(("Which fusion network is questioned.", *problems.values())),
                network(networks, state),
            ),
            *looks(state),
            _disclosing_buttons(),
        ],
        className="controls",
    )


def _disclosing_buttons() -> html.Div:
    """What opens tools over the guidance images, in one place of the line: small screens have little room."""
    inputs = tip(
        "Registration: one input over the other, and what if the second lay elsewhere. "
        "Input values: from which values of their files the inputs are scaled.",
        disclosing_button("Inputs…", ids.INPUT_BUTTON, ids.INPUT_TOOLS),
    )
    series = tip(
        "All slices of this case: their guidance, computed in the background; values along the slices.",
        disclosing_button("Series…", ids.SERIES_BUTTON, ids.SERIES_TOOLS, hidden=True),
    )
    return html.Div([inputs, series], className="disclosing")


def disclosing_button(text: str, id_: str, tools: str, *, hidden: bool = False) -> html.Button:
    """What discloses ``tools`` over the guidance images; js/pages/explore/side_tools.js listens."""
    told: Any = {"aria-expanded": "false", "aria-controls": tools}  # Dash types no aria-*
    return html.Button(text, id=id_, type="button", className="inputs-button", hidden=hidden, **told)


def looks(state: State, prefix: str = "", *, has_zooms: bool = True) -> list[dmc.Tooltip]:
    """What decides how every page with panels looks; ids are those of `ids` after ``prefix``."""
    zooms = tip("Show the zooms beside the whole pictures.", switch(prefix + ids.ZOOMS, "Zooms", state.zooms))
    return [
        tip(
            "Magnitude: how strongly, either way. Signed: red raises the fused pixel, blue lowers it. "
            "FuseVis: as in the paper, negative influence shown as none.",
            derivative(prefix + ids.DISPLAY, state.display),
        ),
        tip(
            "Colours of magnitudes; all can be read without colour vision.", colormap(state, prefix + ids.COLORMAP)
        ),
        tip(
            "Side of the red box, in pixels; the zooms show what is inside it.", window(state, prefix + ids.WINDOW)
        ),
        tip(
            "Follow: the pixel under the pointer, a click pins it. Drag: press and drag, as in the paper. "
            "Arrow keys move by one pixel, with Shift by ten; Escape releases.",
            segments(prefix + ids.MANNER, "Pointer", MANNERS, state.manner),
        ),
        *(
            tip(f"{word} of the principal pixel; type to go there.", number(prefix + id_, word))
            for id_, word in ((ids.ROW, "Row"), (ids.COL, "Column"))
        ),
        tip(
            "Show pictures in the colours their files have; the fused image takes the functional one's.",
            switch(prefix + ids.COLOR, "Colour", state.color),
        ),
        *([zooms] if has_zooms else []),
        tip("A light page, for reports and bright rooms.", switch(prefix + ids.THEME, "Light", state.light)),
    ]


def look_values(state: State, left_out: str = "") -> tuple[Any, ...]:
    """What the controls of `LOOKS` are set to, but for the field ``left_out``, which a page has no control for.

    Examples
    --------
    >>> look_values(State(window=21))
    ('magnitude', 'viridis', '21', 'follow', False, True, False, 0.3, 0.5)
    """
    words = {"window": str(state.window)}  # dmc.Select knows text alone
    return tuple(words.get(field, getattr(state, field)) for field in LOOKS if field != left_out)


def gamma(id_: str, name: str, what: str, value: float) -> html.Div:
    """A γ slider: below 1 it lifts faint gradients, above 1 it hides them."""
    slider = dmc.Slider(
        id=id_,
        value=value,
        min=0.1,
        max=2,
        step=0.05,
        updatemode="drag",
        size="sm",
        thumbSize=14,
        precision=2,
        thumbLabel=f"{name}, {what}",
    )
    return tip(
        f"{name} for the {what}: below 1 lifts faint gradients, above 1 hides them. Acts at once.",
        html.Div(
            [
                html.Span(help_dialog.term(name, "γ1, γ2"), className="gamma-name"),
                slider,
                html.Output(f"{value:g}", id=f"{id_}-shown"),
            ],
            className="gamma",
        ),
    )


DISPLAYS = {"magnitude": "Magnitude", "signed": "Signed", "fusevis": "FuseVis"}
MANNERS = {"follow": "Follow", "drag": "Drag"}


def tip(text: str, control: Any) -> dmc.Tooltip:
    """A control with a sentence that says in a reader's words what it does."""
    return dmc.Tooltip(
        html.Div(control, className="control"),
        label=text,
        multiline=True,
        w=260,
        openDelay=500,
        withArrow=True,
        events={"hover": True, "focus": True, "touch": False},
    )


def pair(entry: PairEntry, id_: str = ids.PAIR) -> dmc.Select:
    """Which pair, by heading; the page comes with ``entry`` alone, js/cases/pair_options.js offers the others."""
    data = [{"group": entry.group, "items": [{"value": entry.id, "label": entry.path}]}]
    return dmc.Select(
        id=id_,
        label="Pair",
        data=data,
        value=entry.id,
        searchable=True,
        allowDeselect=False,
        size=SIZE,
        w=178,
        maxDropdownHeight=400,
        limit=400,
        filter={"function": "caseFilter"},
        nothingFoundMessage="No pair of that name",
        comboboxProps={"width": 240, "position": "bottom-start"},
    )


def network(networks: Sequence[dict[str, Any]], state: State, id_: str = ids.NETWORK) -> dmc.Select:
    """Which network; those that cannot be used are listed, but cannot be chosen."""
    return dmc.Select(
        id=id_,
        label="Network",
        data=list(networks),
        value=state.network,
        allowDeselect=False,
        size=SIZE,
        w=165,
        renderOption=network_choice.RENDERED,
        comboboxProps={"width": 300, "position": "bottom-start"},
    )


def derivative(id_: str, value: str) -> dmc.InputWrapper:
    """How derivatives are displayed."""
    return segments(id_, "Derivative", DISPLAYS, value, term="Derivative display")


def segments(
    id_: str, label: str, words: Mapping[str, str], value: str, *, term: str | None = None
) -> dmc.InputWrapper:
    """One of a few words; ``term`` is what the glossary calls what the label says."""
    data = [{"value": key, "label": word} for key, word in words.items()]
    return dmc.InputWrapper(
        dmc.SegmentedControl(id=id_, data=data, value=value, size=SIZE, **{"aria-label": label}),
        label=help_dialog.term(label, term) if term else label,
        labelElement="div",
        size=SIZE,
    )


def colormap(state: State, id_: str = ids.COLORMAP) -> dmc.Select:
    """Which colour map."""
    return dmc.Select(
        id=id_,
        label="Colours",
        data=list(COLORMAPS),
        value=state.colormap,
        allowDeselect=False,
        size=SIZE,
        w=95,
    )


def window(state: State, id_: str = ids.WINDOW) -> dmc.Select:
    """How large the red box is."""
    data = [{"value": str(side), "label": f"{side} × {side}"} for side in WINDOWS]
    return dmc.Select(
        id=id_,
        label="Zoom size",
        data=data,
        value=str(state.window),
        allowDeselect=False,
        size=SIZE,
        w=90,
    )


def number(id_: str, label: str) -> dmc.NumberInput:
    """A row or a column, to be typed."""
    return dmc.NumberInput(
        id=id_,
        label=label,
        min=0,
        step=1,
        allowDecimal=False,
        size=SIZE,
        w=72,
        debounce=True,
        clampBehavior="blur",
    )


def switch(id_: str, label: str, checked: bool) -> dmc.Switch:
    """On or off."""
    return dmc.Switch(id=id_, label=label, checked=checked, size="sm", labelPosition="right")
