"""The Dash application: one page, one workbench, no state outside them."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import Dash

from dashboard import guard, ids, routes
from dashboard.pages import explore, explore_callbacks
from dashboard.settings import ROOT, Settings
from dashboard.workbench import Workbench


def create_app(settings: Settings) -> Dash:
    """The dashboard for ``settings``, not yet serving.

    Raises
    ------
    InputError
        A folder of pairs cannot be used.
    """
    app = Dash(
        __name__,
        title="FuseVis",
        update_title="",
        assets_folder=str(ROOT / "assets"),
        serve_locally=True,
        compress=False,
        enable_mcp=False,
        add_log_handler=False,
    )
    bench = Workbench(settings, app.server)
    guard.install(app.server, settings)
    routes.register(app.server, bench)
    default = explore.default_state(bench)
    app.layout = dmc.MantineProvider(
        explore.layout(bench, default), id=ids.PROVIDER, forceColorScheme="dark", theme=_theme()
    )
    explore_callbacks.register(app, bench, default)
    return app


def _theme() -> dict[str, object]:
    return {
        "fontFamily": "system-ui, 'Segoe UI', Roboto, sans-serif",
        "primaryColor": "cyan",
        "defaultRadius": "sm",
    }
