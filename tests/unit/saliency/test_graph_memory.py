"""Memory of a graph: counted on a small picture, grown with the image; what the system and a container leave."""

import pytest
import torch
from torch import nn

from saliency.network import graph_memory
from saliency.network.graph_memory import BESIDE, available_bytes, graph_bytes
from tests.support.networks import Lambda, frozen


def test_what_autograd_keeps_is_counted_once_and_grows_with_the_image():
    network = frozen(Lambda(lambda x, y: torch.exp(x) + torch.exp(y) * y))
    # exp keeps its result, and the product what exp(y) has kept already, and y: three images of float32.
    assert graph_bytes(network, (64, 64)) == int(BESIDE * 3 * 4 * 64 * 64)
    assert graph_bytes(network, (128, 256)) == int(BESIDE * 3 * 4 * 128 * 256)
    assert len(network.calls) == 1  # measured once


def test_weights_are_no_part_of_it():
    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 1, 31, padding=15)

        def forward(self, first, second):
            return self.conv(torch.cat((first, second), 1))

    assert graph_bytes(frozen(Wide()), (64, 64)) == pytest.approx(BESIDE * 4 * 2 * 64 * 64, rel=0.01)


def test_a_network_that_takes_no_small_picture_counts_nothing(caplog):
    caplog.set_level("INFO")

    def refusing(first, second):
        raise ValueError("only 1000 × 1000")

    assert graph_bytes(frozen(Lambda(refusing)), (1000, 1000)) == 0
    assert "only 1000" in caplog.text


def test_a_container_may_leave_less_than_the_machine(monkeypatch, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:     4096 kB\n")
    monkeypatch.setattr(graph_memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(graph_memory, "GROUP", tmp_path)
    assert available_bytes() == 4096 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert available_bytes() == 4096 * 1024
    (tmp_path / "memory.max").write_text("5000\n")
    assert available_bytes() == 4000
    monkeypatch.setattr(graph_memory, "MEMINFO", tmp_path / "none")
    assert available_bytes() is None
