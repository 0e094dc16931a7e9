"""Whether two results say the same but for float32's rounding, as where one came from slopes that are kept."""

import re
from dataclasses import fields, is_dataclass

import numpy as np


def assert_close(found, expected, rtol=1e-4, atol=1e-6):
    """Every number close, everything else equal; of sentences all but their numbers."""
    assert type(found) is type(expected)
    if is_dataclass(found):
        for each in fields(found):
            assert_close(getattr(found, each.name), getattr(expected, each.name), rtol, atol)
    elif isinstance(found, tuple | list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_close(one, other, rtol, atol)
    elif isinstance(found, float | np.ndarray):
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)
    elif isinstance(found, str):
        assert re.sub(r"\d", "", found) == re.sub(r"\d", "", expected)
    else:
        assert found == expected
