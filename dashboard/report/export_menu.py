"""The "Export…" button of a page: what, as what, how fine; the browser fetches the file and shows the progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, html

from dashboard.components import ids
from dashboard.option_values import FORMATS, HOSPITAL, PAPER
from dashboard.report.export_request import MOST_NETWORKS, TABLES
from dashboard.report.hospital_files import hospital_caution
from dashboard.report.view import DisplayLook, name_of
from fusion import InputError

WHAT, FORMAT, DPI, NETWORKS = "export-what", "export-format", "export-dpi", "export-networks"
SCALES, SAVE, STATUS = "export-scales", "export-save", "export-status"
IDENTIFIERS, CAUTION = "export-identifiers", "export-caution"
LABELS = {
    "capture": "DICOM, as seen (Secondary Capture)",
    "map": "DICOM, values (Parametric Map)",
    "nifti": "NIfTI, values",
}
"""What a format is called whose word says too little."""
RESOLUTIONS = ("150", "300", "600", "1200")
SIZE = "xs"
_WHOLE = {
    "report": "Report, several pages",
    "explore": "Explore screen",
    "compare": "Networks side by side",
    "metrics": "Table of fusion metrics",
    "verdict": "Verdict: which network to trust here",
    "network": "Network: card, curves, receptive field",
    "casefile": "Case file: a page to hover without FuseVis",
}
_INSIDE = {"withinPortal": False, "position": "top-start"}


def export_menu(networks: Sequence[str], what: str = "report") -> dmc.Popover:
    """The button and its menu: ``networks`` can be put beside the view's own, ``what`` is chosen to begin with."""
    fields = [
        dmc.Select(
            id=WHAT,
            label="What",
            data=_choices(),
            value=what,
            allowDeselect=False,
            size=SIZE,
            comboboxProps=_INSIDE,
            maxDropdownHeight=260,
        ),
        dmc.Select(
            id=FORMAT,
            label="Format",
            data=[_labelled(each) for each in (FORMATS | TABLES)[what]],
            value="pdf",
            allowDeselect=False,
            size=SIZE,
            comboboxProps=_INSIDE,
        ),
        dmc.Select(
            id=DPI,
            label="Dots per inch",
            data=list(RESOLUTIONS),
            value="300",
            allowDeselect=False,
            size=SIZE,
            comboboxProps=_INSIDE,
        ),
        dmc.MultiSelect(
            id=NETWORKS,
            label="Networks beside this one",
            data=list(networks),
            value=[],
            maxValues=MOST_NETWORKS - 1,
            size=SIZE,
            comboboxProps=_INSIDE,
            display=None if networks else "none",
            description="In reports, side by side, in case files and in the paper's figures",
        ),
        dmc.Checkbox(
            id=IDENTIFIERS,
            label="Keep the patient's names and numbers",
            checked=False,
            size=SIZE,
            display="none",
        ),
        html.Div(id=CAUTION, className="export-caution"),
        dmc.Switch(id=SCALES, label="One colour scale for all networks", checked=DisplayLook.shared, size=SIZE),
        dmc.Button("Save", id=SAVE, size=SIZE, variant="light"),
        html.Div(id=STATUS, role="status", className="export-status"),
    ]
    button: Any = {  # the target itself: what opens something says so of itself
        "component": "button",
        "type": "button",
        "className": "export-button",
        "title": "Figures, values and a report of this view",
    }
    return dmc.Popover(
        [
            dmc.PopoverTarget("Export…", boxWrapperProps=button),
            dmc.PopoverDropdown(dmc.Stack(fields, gap=6), className="export-menu"),
        ],
        width=330,
        position="top",
        withArrow=True,
        trapFocus=True,
        keepMounted=True,
        closeOnClickOutside=True,
    )


def _choices() -> list[dict[str, object]]:
    """What can be exported: the view, the paper's figures, each panel; a panel's value ends with its letter."""
    named = {"first": "first input", "second": "second input", "fused": "Fused"}
    panels = [
        {
            "value": f"panel-{panel.letter}",
            "label": f"{panel.letter} · {named.get(panel.image) or name_of(panel.image, ('1', '2'), '')}"
            + (", zoom" if panel.is_zoom else ""),
        }
        for panel in ids.PANELS
    ]
    paper = [{"value": what, "label": f"Figure {number} of the paper"} for what, number in PAPER.items()]
    return [
        {"group": "This view", "items": [{"value": what, "label": label} for what, label in _WHOLE.items()]},
        {"group": "The paper's arrangements", "items": paper},
        {"group": "One panel", "items": panels},
    ]


def register(app: Dash) -> None:
    """Wire the menu: formats follow what is chosen, Save fetches the file."""
    app.callback(Output(FORMAT, "data"), Output(FORMAT, "value"), Input(WHAT, "value"), State(FORMAT, "value"))(
        formats
    )
    told = Output(IDENTIFIERS, "display"), Output(CAUTION, "children"), Output(CAUTION, "className")
    app.callback(*told, Input(FORMAT, "value"), Input(IDENTIFIERS, "checked"))(caution)
    chosen = [State(each, "value") for each in (WHAT, FORMAT, DPI, NETWORKS)]
    app.clientside_callback(
        ClientsideFunction("exporting", "save"),
        Input(SAVE, "n_clicks"),
        *chosen,
        State(SCALES, "checked"),
        State(IDENTIFIERS, "checked"),
        prevent_initial_call=True,
    )


def formats(what: str, now: str) -> tuple[list[dict[str, str]], str]:
    """The formats that ``what`` can be exported in, and the one chosen ``now`` where it is among them.

    Examples
    --------
    >>> formats("report", "png")
    ([{'value': 'pdf', 'label': 'pdf'}], 'pdf')
    """
    found = (FORMATS | TABLES).get(what.partition("-")[0] if what.startswith("panel-") else what)
    if found is None:
        raise InputError(f"There is no {what[:40]!r} to export; reload the page.")
    return [_labelled(each) for each in found], now if now in found else found[0]


def _labelled(kind: str) -> dict[str, str]:
    return {"value": kind, "label": LABELS.get(kind, kind)}


def caution(kind: str, keeps_identifiers: bool) -> tuple[str, str, str]:
    """How CSS shows the choice to keep names, what to know before such a file leaves, and how that is shown.

    Examples
    --------
    >>> caution("png", False)
    ('none', '', 'export-caution')
    """
    can_keep = kind in HOSPITAL and kind != "nifti"
    told = hospital_caution(kind, keeps_identifiers=keeps_identifiers)
    look = "export-caution export-warning" if can_keep and keeps_identifiers else "export-caution"
    return "block" if can_keep else "none", told, look
