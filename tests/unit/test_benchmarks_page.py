"""The page of what was measured: every figure of the JSON files, and parts that add up."""

import json
import re

from benchmarks import page

MACHINE = {"cpu": "one", "gpu": None, "date": "2020-01-01"}
MOVE = {
    "method": "DeepFuse",
    "side": 256,
    "shown_median_ms": 17.5,
    "waiting_ms": 0.5,
    "request_ms": 9.0,
    "queue_ms": None,
    "forward_ms": 1.0,
    "backward_ms": 2.0,
    "encode_ms": 0.5,
    "decode_ms": 0.5,
    "frame_wait_ms": 3.0,
    "draw_ms": 1.0,
    "paint_ms": 4.0,
}


def test_the_page_has_every_figure_and_its_machine(tmp_path):
    rows = [{"method": "DeepFuse", "side": 256, "median_ms": 1.25, "ratio": 64.0}]
    for name, found in (("pointer", [MOVE]), ("jacobian", rows)):
        content = json.dumps({"machine": MACHINE, "rows": found})
        (tmp_path / f"{name}.json").write_text(content, "utf-8")
    page.write(tmp_path)
    written = (tmp_path / "README.md").read_text("utf-8")
    assert "| DeepFuse | 256 | 1.25 | 64.00 |" in written
    assert written.count("cpu one, date 2020-01-01.") == 2
    assert "gpu" not in written
    drawn = (tmp_path / page.PLOT).read_text("utf-8")
    assert re.search(r"64 ×", drawn)
    assert "jacobian, DeepFuse, 256 × 256" in drawn


def test_the_parts_of_a_move_add_up_to_its_request_and_its_frame():
    parts = {stage: page._part(MOVE, key) for stage, key in page.STAGES.items()}
    assert parts["on its way"] == 5.0
    assert sum(parts.values()) == 0.5 + 9.0 + 3.0 + 1.0 + 4.0
