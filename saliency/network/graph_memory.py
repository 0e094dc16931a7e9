"""How much memory differentiating a whole image takes, and how much there is."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from saliency.geometry.window import Shape, whole
from saliency.network.network_look import UnchangedLayers
from saliency.network.pair_function import summarised_copy
from saliency.network.pair_inputs import Fuse, constants_for, with_constants
from saliency.network.per_network import PerNetworkCache

SIDE = 64
"""Rows and columns of the picture on which a graph is measured."""
BESIDE = 1.7
"""Memory at the highest, as a multiple of what a graph keeps: UAAFusion keeps 0.8 GiB at 256 × 256, takes 0.95; by
autograd through all of it 2.6 GB and 4.3."""
MEMINFO = Path("/proc/meminfo")
GROUP = Path("/sys/fs/cgroup")

logger = logging.getLogger(__name__)


def graph_bytes(network: nn.Module, shape: Shape) -> int:
    """About how many bytes does one Jacobian take that is computed on a whole image of ``shape``?

    What autograd keeps is counted on a small picture, once a network, and grows with the number of pixels. 0 where
    the network takes no such picture.

    Examples
    --------
    >>> import fusion
    >>> at = graph_bytes(fusion.load("DeepPedestrian"), (256, 256)) / 2**20
    >>> 200 < at < 400
    True
    """
    rows, cols = shape
    return int(_cache(network) * rows * cols)


def available_bytes() -> int | None:
    """Bytes that can be taken before the system has to end a program; None where it does not tell (Linux does)."""
    if not MEMINFO.exists():
        return None
    lines = (line.split() for line in MEMINFO.read_text("ascii").splitlines())
    machine = next((1024 * int(words[1]) for words in lines if words[0] == "MemAvailable:"), None)
    limits = [each for each in (machine, _left_to_group()) if each is not None]
    return min(limits, default=None)


def _left_to_group() -> int | None:
    """What a container may still take; None outside of one."""
    try:
        most, now = ((GROUP / name).read_text("ascii").strip() for name in ("memory.max", "memory.current"))
        return max(int(most) - int(now), 0)
    except (OSError, ValueError):  # no such group, or "max"
        return None


def _differentiated(network: nn.Module, first: Tensor, second: Tensor) -> Fuse:
    """What a Jacobian's graph is of: the network with pair constants fixed, or with pair summaries given."""
    by = summarised_copy(network)
    if by is None:
        return with_constants(network, constants_for(network, first, second), whole((SIDE, SIDE)))
    maps, summaries = by.held_maps(first, second), first.new_ones(1, by.summary_count)
    return lambda one, other: by.fuse_with(one, other, maps, summaries.clone().requires_grad_())


def _bytes_a_pixel(network: nn.Module) -> float:
    weight = next(network.parameters(), torch.empty(0))
    generator = torch.Generator().manual_seed(3)
    images = [torch.rand(1, 1, SIDE, SIDE, generator=generator).to(weight).requires_grad_() for _ in range(2)]
    own = {each.untyped_storage().data_ptr() for each in (*network.parameters(), *network.buffers())}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()  # held until the end, so that no address comes twice
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    try:
        with torch.inference_mode(False), torch.enable_grad():
            fuse = _differentiated(network, *(each.detach() for each in images))
            with saved_tensors_hooks(keep, lambda tensor: tensor):
                fused = fuse(*(each.clone() for each in images))
                del fused
    except Exception:  # whatever somebody's network raises on small pictures
        logger.info("The graph of %s could not be measured", type(network).__name__, exc_info=True)
        return 0.0
    return BESIDE * sum(kept.values()) / SIDE**2


_cache = PerNetworkCache(_bytes_a_pixel, UnchangedLayers)
