"""What a network may show of its inside, and what is no proper view."""

import numpy as np
import pytest
import torch
from torch import nn

import fusion
from fusion.method.inner_views import InnerView, pictures, views
from tests.support.networks import random_pair


def view(count=2, **words):
    return InnerView("Maps", "What they mean.", np.zeros((count, 3, 4), np.float32), ("one", "two"), **words)


class Showing(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0, dtype=torch.float64))

    def inside(self, first, second):
        both = torch.cat((first, second)) * self.scale
        return (InnerView("Doubled", "Twice the inputs.", pictures(both), ("first", "second")),)


def test_a_network_is_asked_with_tensors_of_its_own_type_and_no_graph():
    pair = random_pair((5, 7))
    (shown,) = views(Showing(), pair)
    assert shown.images.dtype == np.float32
    np.testing.assert_allclose(shown.images, 2 * np.stack([pair.first, pair.second]))


def test_a_network_that_offers_nothing_shows_nothing():
    assert views(fusion.load("Weighted Averaging"), random_pair((4, 4))) == ()
    assert views(nn.Identity(), random_pair((4, 4))) == ()


@pytest.mark.parametrize(
    "words",
    [
        {"count": 3},
        {"weights": (1.0,), "weight_name": "w"},
        {"weights": (1.0, 2.0)},
        {"weight_name": "w"},
    ],
    ids=str,
)
def test_a_view_whose_parts_do_not_match_is_a_programming_error(words):
    with pytest.raises(ValueError, match=r"^Maps: "):
        view(**words)
    assert view(weights=(1.0, 2.0), weight_name="w").weights == (1.0, 2.0)
