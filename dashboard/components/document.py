"""The HTML that every page is sent in: Dash's own, with a language and without a second footer."""

from __future__ import annotations

INDEX = """<!DOCTYPE html>
<html lang="en">
    <head>
        {%metas%}
        <title>{%title%}</title>
        {%favicon%}
        {%css%}
    </head>
    <body>
        {%app_entry%}
        {%config%}
        {%scripts%}
        {%renderer%}
    </body>
</html>"""
"""Dash fills in what stands in braces. Its own has a ``<footer>`` around the scripts, an empty landmark."""
