"""The binary answers of the fast path; the browser's half is tested in test_dashboard_browser.py."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dashboard.server.messages import packed, unpacked

ARRAYS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    arrays(np.float32, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5))
    | arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5)),
    max_size=4,
)
ABOUT = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name != "arrays"),
    st.none()
    | st.integers(-(2**50), 2**50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    max_size=4,
)


@pytest.mark.slow
@given(ABOUT, ARRAYS)
def test_what_is_packed_is_unpacked(about, held):
    found_about, found = unpacked(packed(about, held))
    assert found_about == about
    assert list(found) == list(held)
    for name, values in held.items():
        assert found[name].dtype == values.dtype
        assert found[name].shape == values.shape
        assert found[name].tobytes() == values.tobytes()


@given(ABOUT, ARRAYS)
def test_every_array_starts_at_a_multiple_of_four(about, held):
    # The browser lays Float32Array over the message itself and refuses any other start.
    message = packed(about, held)
    length = int.from_bytes(message[:4], "little")
    assert length % 4 == 0
    assert len(message) % 4 == 0
    for entry in json.loads(message[4 : 4 + length])["arrays"]:
        assert (4 + length + entry["offset"]) % 4 == 0


@pytest.mark.parametrize(
    "values",
    [np.arange(6, dtype=">f4").reshape(2, 3), np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2]],
    ids=["big-endian", "strided"],
)
def test_bytes_are_little_endian_and_in_rows(values):
    message = packed({}, {"x": values})
    assert message.endswith(np.ascontiguousarray(values).astype("<f4").tobytes())
    assert np.array_equal(unpacked(message)[1]["x"], values)
