"""How much arithmetic something takes: multiplications, counted while it runs."""

# torch's TorchDispatchMode, which is subclassed here, has no annotations.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


def multiplications_of(action: Callable[[], object]) -> int:
    """How many multiplications in convolutions and matrix products does ``action`` take, run once?

    Backward passes count as forward ones do; what is multiplied with a zero of the padding counts as well.
    Each product and the sum it goes into are one multiplication, and two floating-point operations (FLOP).

    Examples
    --------
    >>> import torch
    >>> multiplications_of(lambda: torch.nn.functional.conv2d(torch.zeros(1, 2, 10, 10), torch.zeros(4, 2, 3, 3)))
    4608
    """
    counter = _Counter()
    with counter:
        action()
    return counter.operations // 2


class _Counter(TorchDispatchMode):
    """Adds up what torch's own table says of every convolution and matrix product in this thread.

    torch's counter that stands ready hangs hooks on all modules of the process: what other threads compute
    at the same time would fail.
    """

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        del types
        options = kwargs or {}
        result = func(*args, **options)
        count = flop_registry.get(func.overloadpacket)
        if count is not None:
            self.operations += count(*args, **options, out_val=result)
        return result
