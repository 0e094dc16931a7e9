"""One page of everything that was measured: ``python -m benchmarks.page`` makes it anew from the JSON files.

It holds a table for every benchmark with its machine and date, and a plot: where the time from pointer to paint
goes, and how much faster than the plain way a Jacobian and both guidance images are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.timing import cell

STAGES = {
    "waits to be asked": "waiting_ms",
    "queue": "queue_ms",
    "forward": "forward_ms",
    "backward": "backward_ms",
    "encode": "encode_ms",
    "on its way": "way_ms",
    "decode": "decode_ms",
    "waits for a frame": "frame_wait_ms",
    "draw": "draw_ms",
    "hand over": "paint_ms",
}
"""Medians of the parts of a move, in the order in which they follow one another."""
FRAME = 1000 / 60
"""Milliseconds between two frames of a display."""
PLOT = "results.svg"


def main() -> None:
    """Write the page and its plot beside the JSON files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "results")
    write(parser.parse_args().folder)


def write(folder: Path) -> None:
    """The page ``README.md`` and its plot from the JSON files that are in ``folder``."""
    results = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))}
    with rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "results"}
    ):  # text stays text; equal results, equal file
        plot(results).savefig(folder / PLOT, metadata={"Date": None})
    parts = ["# What was measured", "`python -m benchmarks` measures anew and writes this page.", f"![]({PLOT})"]
    parts += [part for name, result in results.items() for part in _section(name, result)]
    (folder / "README.md").write_text("\n\n".join(parts) + "\n", "utf-8")


def _section(name: str, result: Mapping[str, Any]) -> Iterable[str]:
    about = (import_module(f"benchmarks.{name}").__doc__ or "").partition("\n")[0]
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items() if value is not None)
    return f"## {name}", about, table(result["rows"]), f"{machine}."


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a table in Markdown.

    Examples
    --------
    >>> print(table([{"method": "DeepFuse", "median_ms": 1.25}]))
    | method | median_ms |
    |---|---|
    | DeepFuse | 1.25 |
    """
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([cell(row.get(head)) for head in heads] for row in rows)]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    text[1] = text[1].replace(" ", "")
    return "\n".join(text)


def plot(results: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Both plots under each other; one that has no results stays empty."""
    figure = Figure(figsize=(9, 7), layout="constrained")
    above, below = figure.subplots(2, 1)
    _stages(above, results.get("pointer", {"rows": []})["rows"])
    _ratios(below, {name: results.get(name, {"rows": []})["rows"] for name in ("jacobian", "guidance")})
    return figure


def _stages(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    rows = [row for row in rows if row.get("reach", 1) == 1]
    labels = [f"{row['method']}, {row['side']} × {row['side']}{_when(row)}" for row in rows]
    left = [0.0] * len(rows)
    for stage, key in STAGES.items():
        widths = [_part(row, key) for row in rows]
        axes.barh(labels, widths, left=left, label=stage)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.scatter(
        [row["shown_median_ms"] for row in rows], labels, marker="|", color="black", label="event to shown"
    )
    axes.axvline(FRAME, color="grey", linewidth=0.8, linestyle="--", label="one frame")
    axes.invert_yaxis()
    axes.set(xlabel="milliseconds, medians of each part", title="From pointer to paint")
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.tick_params(labelsize=8)


def _when(row: Mapping[str, Any]) -> str:
    """Whether the pointer moved at once, where it was measured twice."""
    return "" if "rested_s" not in row else ", rested" if row["rested_s"] else ", at once"


def _part(row: Mapping[str, Any], key: str) -> float:
    """A stage's milliseconds; on its way is what of the request the server did not work on."""
    if key != "way_ms":
        return float(row[key] or 0)
    inside = sum(row[each] or 0 for each in ("queue_ms", "forward_ms", "backward_ms", "encode_ms", "decode_ms"))
    return max(float(row["request_ms"] or 0) - inside, 0.0)


def _ratios(axes: Axes, results: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    bars = {
        f"{what}, {row['method']}, {row['side']} × {row['side']}": row.get("ratio") or row.get("plain_to_total")
        for what, rows in results.items()
        for row in rows
    }
    known = {label: ratio for label, ratio in bars.items() if ratio}
    axes.barh(list(known), list(known.values()), color="tab:cyan")
    axes.bar_label(axes.containers[0], fmt=" %.0f ×", fontsize=7)  # type: ignore[arg-type]  # bars, as just drawn
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set(xlabel="times as fast as full-image autograd for each pixel", title="Against the plain way")
    axes.tick_params(labelsize=8)


if __name__ == "__main__":
    main()
