"""The choices on top of the page: each with a label and a tooltip in a reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard import ids
from dashboard.address import WINDOWS, State
from dashboard.catalogue import Entry
from dashboard.colormaps import SEQUENTIAL

SIZE = "xs"


def bar(
    entries: Sequence[Entry], problems: Mapping[str, str], networks: Sequence[str], state: State
) -> html.Header:
    """All controls but the γ sliders, which stand with the pictures they act on."""
    return html.Header(
        [
            html.H1("FuseVis", className="title"),
            _tip("Which two registered pictures are fused.", _pair(entries, state)),
            _tip(" ".join(("Which fusion network is questioned.", *problems.values())),
                 _network(networks, problems, state)),
            _tip(
                "Magnitude: how strongly, either way. Signed: red raises the fused pixel, blue lowers it. "
                "FuseVis: as in the paper, negative influence shown as none.",
                _segments(ids.DISPLAY, "Derivative", _DISPLAY, state.display),
            ),
            _tip("Colours of magnitudes; all can be read without colour vision.", _colormap(state)),
            _tip("Side of the red box, in pixels; the zooms show what is inside it.", _window(state)),
            _tip(
                "Follow: the pixel under the pointer, a click pins it. Drag: press and drag, as in the paper. "
                "Arrow keys move by one pixel, with Shift by ten; Escape releases.",
                _segments(ids.MANNER, "Pointer", _MANNER, state.manner),
            ),
            *(_tip(f"{word} of the principal pixel; type to go there.", _number(id_, word))
              for id_, word in ((ids.ROW, "Row"), (ids.COL, "Column"))),
            _tip("Show pictures in the colours their files have; the fused image takes the functional one's.",
                 _switch(ids.COLOR, "Colour", state.color)),
            _tip("Show the zooms beside the whole pictures.", _switch(ids.ZOOMS, "Zooms", state.zooms)),
            _tip("A light page, for reports and bright rooms.", _switch(ids.THEME, "Light", state.light)),
        ],
        className="controls",
    )  # fmt: skip


def gamma(id_: str, name: str, what: str, value: float) -> html.Div:
    """A γ slider: below 1 it lifts faint gradients, above 1 it hides them."""
    slider = dmc.Slider(
        id=id_, value=value, min=0.1, max=2, step=0.05, updatemode="drag", size="sm", thumbSize=14,
        precision=2, thumbLabel=f"{name}, {what}",
    )  # fmt: skip
    return _tip(
        f"{name} for the {what}: below 1 lifts faint gradients, above 1 hides them. Acts at once.",
        html.Div([html.Span(name, className="gamma-name"), slider, html.Output(f"{value:g}", id=f"{id_}-shown")],
                 className="gamma"),
    )  # fmt: skip


_DISPLAY = {"magnitude": "Magnitude", "signed": "Signed", "fusevis": "FuseVis"}
_MANNER = {"follow": "Follow", "drag": "Drag"}


def _tip(text: str, control: Any) -> dmc.Tooltip:
    return dmc.Tooltip(
        html.Div(control, className="control"), label=text, multiline=True, w=260, openDelay=500, withArrow=True,
        events={"hover": True, "focus": True, "touch": False},
    )  # fmt: skip


def _pair(entries: Sequence[Entry], state: State) -> dmc.Select:
    groups: dict[str, list[dict[str, str]]] = {}
    for entry in entries:
        groups.setdefault(entry.group, []).append({"value": entry.id, "label": entry.title})
    data = [{"group": group, "items": items} for group, items in groups.items()]
    return dmc.Select(
        id=ids.PAIR, label="Pair", data=data, value=state.pair, searchable=True, allowDeselect=False, size=SIZE,
        w=140, maxDropdownHeight=400, limit=400, nothingFoundMessage="No pair of that name",
        comboboxProps={"width": 240, "position": "bottom-start"},
    )  # fmt: skip


def _network(networks: Sequence[str], problems: Mapping[str, str], state: State) -> dmc.Select:
    data = [
        {
            "value": name,
            "label": f"{name} — not installed" if name in problems else name,
            "disabled": name in problems,
        }
        for name in networks
    ]
    return dmc.Select(
        id=ids.NETWORK, label="Network", data=data, value=state.network, allowDeselect=False, size=SIZE, w=165,
        comboboxProps={"width": 300, "position": "bottom-start"},
    )  # fmt: skip


def _segments(id_: str, label: str, words: Mapping[str, str], value: str) -> dmc.InputWrapper:
    data = [{"value": key, "label": word} for key, word in words.items()]
    return dmc.InputWrapper(
        dmc.SegmentedControl(id=id_, data=data, value=value, size=SIZE, **{"aria-label": label}),
        label=label,
        size=SIZE,
    )


def _colormap(state: State) -> dmc.Select:
    return dmc.Select(
        id=ids.COLORMAP, label="Colours", data=list(SEQUENTIAL), value=state.colormap, allowDeselect=False,
        size=SIZE, w=95,
    )  # fmt: skip


def _window(state: State) -> dmc.Select:
    data = [{"value": str(side), "label": f"{side} × {side}"} for side in WINDOWS]
    return dmc.Select(
        id=ids.WINDOW,
        label="Window",
        data=data,
        value=str(state.window),
        allowDeselect=False,
        size=SIZE,
        w=90,
    )


def _number(id_: str, label: str) -> dmc.NumberInput:
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


def _switch(id_: str, label: str, checked: bool) -> dmc.Switch:
    return dmc.Switch(id=id_, label=label, checked=checked, size="sm", labelPosition="right")
