"""Which role each endpoint and each callback needs. What stands in no table is refused.

Endpoints are those of the Flask server's routes. Callbacks are known by the function that answers them, not by
what the body of a request says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Any

from dashboard.access.roles import Role


class Reach(Enum):
    """Who may, where it is no matter of a role."""

    PUBLIC = "everybody"
    SIGNED_IN = "whoever has signed in"
    NOBODY = "nobody"


Need = Role | Reach
_VIEWED = (
    "/",
    "/<path:path>",
    "_dash_assets.static",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    "/_dash-layout",
    "/_dash-dependencies",
    "/_dash-update-component",
    "/_favicon.ico",
    "plotly",
    "moved/questions",
    "channel",
    *(
        f"explore_{each}"
        for each in ("images", "view", "window", "jacobian", "guidance", "values", "leave", "cancel")
    ),
    *(f"compare-{each}" for each in ("column", "jacobian", "cancel", "figures", "difference")),
    *(f"networks-{each}" for each in ("ready", "inside", "sheet", "map", "pictures")),
    *("explore-series-values", "explore-series"),
    *("cohort-table", "cohort-columns", "cohort-summary"),
    *("regions-pixels", "regions-table", "regions-slices"),
    *("cases", "case-marks", "case-standing", "case-thumbnail", "case-change", "case-origin", "cases-ahead"),
    *("export", "export-metrics", "export-verdict", "export-network"),
)
_ANALYSED = (
    *("drops", "drops/piece", "drops/pairs", "drops/remove", "regions-mask"),
    *("explore_hold", "regions-hold", "explore-series-tell"),
    "export-casefile",
)
ENDPOINTS: Mapping[str, Need] = MappingProxyType(
    {
        "sign-in": Reach.PUBLIC,
        "sign-in-back": Reach.PUBLIC,
        "sign-in-style": Reach.PUBLIC,
        "live": Reach.PUBLIC,
        "sign-out": Reach.SIGNED_IN,
        "ready": Reach.SIGNED_IN,
        "metrics": Role.MONITOR,
        "audit": Role.AUDITOR,
        "static": Reach.NOBODY,
        "/_reload-hash": Reach.NOBODY,
        **dict.fromkeys(_VIEWED, Role.VIEWER),
        **dict.fromkeys(_ANALYSED, Role.ANALYST),
    }
)
"""Of every route. A callback's own role is asked besides that of the route that all of them share."""
CALLBACKS: Mapping[str, Role] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "components.navigation.install.<locals>.show",
                "components.network_choice.options",
                *(
                    f"pages.explore.callbacks.{each}"
                    for each in ("commit", "draw_scatter", "mark_scatter", "enlarge")
                ),
                "pages.compare.callbacks.restore",
                *(f"pages.verdict.callbacks.{each}" for each in ("restore", "open_view", "follow")),
                *(f"pages.verdict.verdict_rows.{each}" for each in ("weigh", "act", "centre", "unfold")),
                *(f"pages.regions.callbacks.{each}" for each in ("restore", "open_pair", "choose", "follow")),
                *(f"pages.regions.slice_callbacks.{each}" for each in ("offer", "follow")),
                *(
                    f"pages.networks.callbacks.{each}"
                    for each in ("restore", "show_card", "show_field", "show_examination")
                ),
                *(f"pages.cohort.callbacks.{each}" for each in ("restore", "follow")),
                "pages.networks.network_list.network_options",
                *(f"report.export_menu.{each}" for each in ("formats", "caution")),
            ),
            Role.VIEWER,
        ),
        "pages.regions.callbacks.compute_anyway": Role.ANALYST,
        "pages.regions.slice_callbacks.begin": Role.ANALYST,
        "pages.cohort.callbacks.begin": Role.ANALYST,
        "pages.cohort.callbacks.hold": Role.ANALYST,
    }
)
"""Of every callback of Dash, by the place of its function below ``dashboard``."""
BY_ITSELF = frozenset(
    {"case-marks", "cases-ahead", "channel", "explore-series", "/_favicon.ico", "_dash_assets.static"}
)
"""What an open page asks for without anybody at it: it keeps no session alive."""


def name_of_callback(callback: Callable[..., Any]) -> str:
    """Under which name `CALLBACKS` has a registered callback.

    Examples
    --------
    >>> from dashboard.components.network_choice import options
    >>> name_of_callback(partial(options, None))
    'components.network_choice.options'
    """
    plain = inspect.unwrap(callback)
    function = plain.func if isinstance(plain, partial) else plain
    return f"{function.__module__}.{function.__qualname__}".removeprefix("dashboard.")
