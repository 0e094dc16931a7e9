"""What differs between computing on a CPU and on a GPU: memory, its layout, and float32 that is float32."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def on_gpu(part: Tensor | nn.Module) -> bool:
    """Whether a tensor, or a network's weights, are on a GPU."""
    tensor = next(part.parameters(), None) if isinstance(part, nn.Module) else part
    return tensor is not None and tensor.device.type == "cuda"


def keep_float32(network: nn.Module) -> None:
    """Keep the GPU that ``network`` is on from rounding float32 factors to TF32's ten bits, from now on.

    Not undone afterwards: the switch is the whole process's, and another thread may be computing.
    """
    if on_gpu(network):
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False


def free_bytes(network: nn.Module) -> int | None:
    """Memory that is free on the GPU where ``network`` is; None on a CPU, whose caches matter more."""
    if not on_gpu(network):
        return None
    free, _ = torch.cuda.mem_get_info(next(network.parameters()).device)
    return free


def fastest_layout(part: Tensor | nn.Module) -> torch.memory_format:
    """Channels last on a CPU, where convolutions are faster so; channels first on a GPU, in full float32."""
    return torch.contiguous_format if on_gpu(part) else torch.channels_last
