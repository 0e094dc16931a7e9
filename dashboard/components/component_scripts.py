"""Which of Dash's scripts a page needs: what draws a component that it has not, is not fetched for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from dash.development.base_component import Component

TABLES = {"dash_ag_grid": "/dash_ag_grid/", "dash_table": "/dash_table/"}
"""Libraries that draw tables, and what stands in their scripts' addresses: 1.3 MB, for a component of one page."""
SCRIPT = re.compile(r'<script src="([^"]*)"></script>\s*')


def libraries(parts: Iterable[Component]) -> frozenset[str]:
    """The component libraries that ``parts`` and all within them come from.

    Examples
    --------
    >>> from dash import dcc, html
    >>> sorted(libraries([html.Div(dcc.Store(id="kept"))]))
    ['dash_core_components', 'dash_html_components']
    """
    return frozenset(
        each._namespace for part in parts for each in (part, *part._traverse()) if isinstance(each, Component)
    )


def needed(scripts: str, used: Collection[str]) -> str:
    """``scripts``, a page's script elements, without those for libraries of tables that are not ``used``.

    Examples
    --------
    >>> scripts = "".join(f'<script src="/{name}/a.js"></script>' for name in ("dash_ag_grid", "dash_html"))
    >>> needed(scripts, used=()), needed(scripts, used=("dash_ag_grid",)) == scripts
    ('<script src="/dash_html/a.js"></script>', True)
    """
    idle = [address for library, address in TABLES.items() if library not in used]
    return SCRIPT.sub(lambda found: "" if any(part in found[1] for part in idle) else found[0], scripts)
