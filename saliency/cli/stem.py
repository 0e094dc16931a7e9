"""What ``--out STEM`` means: the beginning of several files' names."""

from __future__ import annotations

from pathlib import Path


def target(stem: Path, suffix: str) -> Path:
    """The file that ``--out`` means; a suffix given by habit is not doubled.

    Examples
    --------
    >>> target(Path("case.30"), ".npz").name, target(Path("tumour.png"), ".npz").name
    ('case.30.npz', 'tumour.npz')
    """
    name = stem.stem if stem.suffix in (".npz", ".png") else stem.name
    return stem.with_name(name + suffix)
