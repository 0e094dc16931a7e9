"""Of which code something computed is."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import torch

import fusion
import saliency


@cache
def source_hash() -> str:
    """SHA-256 over every source file of the rooms that make networks and explain them, and torch's version."""
    files = [file for room in (fusion, saliency) for file in sorted(Path(room.__path__[0]).rglob("*.py"))]
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return hashlib.sha256("".join((torch.__version__, *digests)).encode()).hexdigest()
