"""What the words of ``python -m fusion`` do: one file a word, each with ``describe`` and ``run``."""

from __future__ import annotations

from fusion.commands import evaluate, fuse, segmentation, study, train

WORDS = (fuse, train, evaluate, segmentation, study)
"""In the order the help lists them."""
