"""Command lines set torch's threads for their whole process; the tests after them keep their own number."""

import pytest
import torch


@pytest.fixture(autouse=True)
def own_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
