"""What of guidance is computed next, and that a stream goes on from where another one was closed."""

from itertools import islice

import numpy as np
import pytest
from torch import nn

from saliency import guidance, guidance_stream
from saliency.derivatives.estimated_guidance import estimated_guidance_stream
from saliency.geometry.window import Window
from tests.support.networks import Lambda, frozen, network, random_pair
from tests.support.odd_networks import Layers, conv

BOX = Window(20, 31, 60, 71)


def minus_mean(a, b):
    return a * (b - b.flatten().mean())


def both(G):
    return np.stack((G.first, G.second))


def test_what_is_looked_at_is_known_first_and_stays_as_it_was():
    net, pair = frozen(Layers(conv(kernel=15), nn.ReLU())), random_pair((128, 160))  # it sees as far as MaskNet
    exact = guidance(net, pair)
    seen = None
    for partial in guidance_stream(net, pair, wanted=lambda: BOX):
        if seen is None and partial.known[BOX.slices].all():
            assert partial.known.mean() < 0.1
            seen = both(partial)[:, *BOX.slices].copy()
    assert partial.is_complete
    np.testing.assert_array_equal(both(partial)[:, *BOX.slices], seen)
    np.testing.assert_allclose(both(partial), both(exact), atol=1e-6 * np.abs(both(exact)).max())


def test_where_a_part_is_not_worth_it_the_passes_through_what_is_looked_at_come_first():
    net, pair, box = network("DeepFuse"), random_pair((40, 40)), Window(18, 21, 18, 21)
    known = [partial.known.copy() for partial in guidance_stream(net, pair, wanted=lambda: box)]
    assert known[0][19, 19]
    assert not known[7][box.slices].all()
    assert known[8][box.slices].all()
    assert len(known) == 169


def test_where_each_pixel_takes_a_pass_it_goes_from_the_middle_of_what_is_looked_at_outward():
    box = Window(3, 6, 8, 11)
    stream = guidance_stream(Lambda(minus_mean), random_pair((9, 12)), wanted=lambda: box)
    known = [partial.known.copy() for partial in islice(stream, 10)]
    assert known[0][4, 9]
    assert known[0].sum() == 1
    assert known[8][box.slices].all()
    assert known[8].sum() == 9
    assert known[9].sum() == 10
    *_, last = stream
    assert last.is_complete
    assert last.total == 9 * 12


def test_the_tile_that_is_looked_at_comes_first_and_the_next_one_when_one_looks_there():
    looked = [Window(45, 46, 45, 46)]
    stream = guidance_stream(network("Weighted Averaging"), random_pair((60, 60)), 20, wanted=lambda: looked[0])
    first = next(stream).known.copy()
    assert first[40:, 40:].all()
    assert first.sum() == 20 * 20
    looked[0] = Window(5, 6, 25, 26)
    assert next(stream).known[:20, 20:40].all()


@pytest.mark.parametrize("make", [lambda: network("DeepFuse"), lambda: Lambda(minus_mean)])
@pytest.mark.parametrize("after", [1, 30])
def test_a_stream_goes_on_without_computing_anything_twice(make, after):
    net, pair = make(), random_pair((21, 18))
    whole = list(guidance_stream(net, pair))[-1]
    *_, half = islice(guidance_stream(net, pair), after)
    before, known = both(half).copy(), half.known.copy()
    rest = list(guidance_stream(net, pair, so_far=half))
    assert len(rest) == whole.total - after
    assert rest[-1].is_complete
    assert rest[-1].done == whole.total
    np.testing.assert_array_equal(both(rest[-1])[:, known], before[:, known])
    np.testing.assert_allclose(both(rest[-1]), both(whole), atol=1e-6 * np.abs(both(whole)).max())
    np.testing.assert_array_equal(both(half), before)  # whoever still looks at the first sees what it was


def test_what_was_all_known_is_said_to_be_complete():
    net, pair = network("Weighted Averaging"), random_pair((9, 9))
    (last,) = guidance_stream(net, pair)
    (again,) = guidance_stream(net, pair, so_far=last)
    assert again.is_complete


@pytest.mark.parametrize("after", [1, 16, 18, 22, 30, 40])
def test_an_estimate_goes_on_as_if_it_had_never_stopped(after):
    net, pair = Lambda(minus_mean), random_pair((32, 32))
    whole = list(estimated_guidance_stream(net, pair, 0.2))[-1]
    begun = estimated_guidance_stream(net, pair, 0.2)
    *_, half = islice(begun, after)
    begun.close()
    *_, last = estimated_guidance_stream(net, pair, 0.2, so_far=half)
    assert (last.done, last.total) == (whole.done, whole.total)
    np.testing.assert_array_equal(both(last), both(whole))
    assert last.error == whole.error


def test_the_pixel_that_is_looked_at_is_exact_before_anything_is_estimated():
    net, pair = Lambda(minus_mean), random_pair((32, 32))
    exact = guidance(net, pair)
    stream = estimated_guidance_stream(net, pair, 0.2, wanted=lambda: Window(4, 7, 20, 23))
    assert next(stream).known.nonzero() == (5, 21)
    for partial in stream:
        np.testing.assert_allclose(both(partial)[:, 5, 21], both(exact)[:, 5, 21], rtol=1e-5)
