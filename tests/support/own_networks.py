"""Networks as somebody brings them: files of code, written where a test wants them."""

import pytest

from fusion.errors import InputError

BLEND = """
import torch
from torch import nn


class Blend(nn.Module):
    def __init__(self, channels=3):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.Tanh())
        self.last = nn.Conv2d(channels, 1, 1)

    def forward(self, first, second):
        return torch.sigmoid(self.last(self.features(torch.cat((first, second), 1))))
"""
"""A small network of two layers, radius 1."""


def written(folder, code=BLEND, card="", name="blend"):
    """Write a network's code, and its card where it has one; the file of code."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.py"
    file.write_text(code, "utf-8")
    if card:
        file.with_suffix(".toml").write_text(card, "utf-8")
    return file


def refusal(function, *arguments, **options):
    """The one sentence by which ``function`` refuses."""
    with pytest.raises(InputError) as caught:
        function(*arguments, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", '"'))
    return sentence
