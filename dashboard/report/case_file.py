"""One HTML file of a pair through networks, to be opened from a disk: every pixel's Jacobian, and the viewer."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging.colormaps import tables
from dashboard.imaging.encoding import to_bytes
from dashboard.option_values import COLORMAPS
from dashboard.report.case_windows import CaseNetwork
from dashboard.report.inlined_modules import PREFIX, import_map, inlined_modules
from dashboard.report.provenance import Provenance, TableOrigin, about_table
from dashboard.server.messages import packed
from dashboard.settings import ASSETS
from dashboard.views.pair_words import orientation, raw_scales
from fusion import ImagePair
from fusion.data.outgoing.origin import BURNT_IN, NOTICE
from fusion.data.windowed_pair import file_levels
from saliency.geometry.window import Window

ENTRY = "pages/casefile/casefile.js"
INSTEAD = {"data/jacobians.js": "data/kept_windows.js"}
"""The viewer asks a server for what is kept in the file here."""
STYLES = ("viewer.css", "casefile.css")
FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
<script type="importmap">{modules}</script>
</head>
<body class="casefile">
<main id="casefile"><noscript>This file shows its pictures with JavaScript, which is off here.</noscript></main>
{parts}
<script type="module">{start}</script>
</body>
</html>
"""
POLICY = (
    "default-src 'none'; script-src data: {scripts}; style-src {styles}; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'"
)
"""Nothing is fetched and nothing is sent: the file's own scripts run, by hashes and at ``data:`` addresses."""
START = f'import "{PREFIX}{ENTRY}";'


def case_file(
    pair: ImagePair, area: Window, networks: Sequence[CaseNetwork], parts: Sequence[tuple[bytes, bytes]], day: date
) -> bytes:
    """The file, of a pair that is called by its content (`fusion.data.outgoing.unnamed`).

    Parameters
    ----------
    pair : ImagePair
    area : Window
        The fused pixels whose Jacobians it holds.
    networks : sequence of CaseNetwork
    parts : sequence of (bytes, bytes)
        What `dashboard.report.case_windows.part_bytes` gives for each.
    day : date
        When it is made.
    """
    origin = TableOrigin(**about_table(pair, [(each.name, each.weights) for each in networks], day))
    held = [("pair", _deflated(_pair_message(pair, area, origin)))]
    for number, (message, windows) in enumerate(parts):
        held += [(f"network-{number}", message), (f"windows-{number}", windows)]
    style = "\n".join((ASSETS / "styles" / name).read_text("utf-8") for name in STYLES)
    modules = import_map(inlined_modules(ASSETS / "js", ENTRY, INSTEAD))
    page = FRAME.format(
        policy=POLICY.format(scripts=f"{_hashed(modules)} {_hashed(START)}", styles=_hashed(style)),
        title=escape(f"{pair.title} · {', '.join(each.name for each in networks)} · FuseVis case file"),
        style=style,
        modules=modules,
        parts="\n".join(_embedded(*each) for each in held),
        start=START,
    )
    return page.encode()


def _pair_message(pair: ImagePair, area: Window, origin: Provenance) -> bytes:
    """Pictures and values of both inputs, and what the page says of the pair."""
    height, width = pair.shape
    about: dict[str, Any] = {
        "title": pair.title,
        "names": list(pair.names),
        "height": height,
        "width": width,
        "aspect": pair.aspect,
        "spacing": pair.spacing,
        "orientation": orientation(pair),
        "raw": raw_scales(pair),
        "area": list(area),
        "colormaps": list(COLORMAPS),
        "tables": dict(tables()),
        "line": origin.line(),
        "facts": origin.facts(),
        "scaled": [_scaled(pair, number) for number in range(2)],
        "caution": BURNT_IN,
        "notice": NOTICE,
    }
    arrays: dict[str, NDArray[Any]] = {
        "first": to_bytes(pair.first),
        "second": to_bytes(pair.second),
        "x1": pair.first,
        "x2": pair.second,
    }
    for number, color in enumerate((pair.first_color, pair.second_color)):
        if color is not None:
            arrays[f"{('first', 'second')[number]}_color"] = color
        if pair.raw[number] is not None:
            arrays[f"raw{number + 1}"] = file_levels(pair, number).astype(np.float32)
    return packed(about, arrays)


def _scaled(pair: ImagePair, number: int) -> str:
    """How an input was scaled for the networks, in a sentence."""
    name, scale = pair.names[number], pair.raw[number]
    if scale is None:
        return f"{name}: values in [0, 1], made and not read from a file."
    return f"{name}: {scale.low:g} to {scale.high:g} of its file ({scale.unit}) were scaled to [0, 1]."


def _deflated(message: bytes) -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeezer.compress(message) + squeezer.flush()


def _embedded(name: str, content: bytes) -> str:
    """Bytes as a block of data, which a browser does not run."""
    return f'<script type="application/octet-stream" id="{name}">{base64.b64encode(content).decode()}</script>'


def _hashed(text: str) -> str:
    """How a policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
