"""Which version of the project is this, and where do the files lie that come with it besides its code?"""

from __future__ import annotations

from pathlib import Path

VERSION = "2026.11"
"""Year and month of the program; stands in everything that is exported."""
PACKAGE = Path(__file__).resolve().parent


def shipped_folder(name: str, package: Path = PACKAGE) -> Path:
    """The folder ``name`` of the checkout, or its copy inside ``package``.

    In a checkout (also one that is installed in editable form) the folder lies beside the packages; a built
    wheel carries it inside the package that uses it, see ``force-include`` in pyproject.toml.

    Examples
    --------
    >>> (shipped_folder("checkpoints") / "masknet.json").is_file()
    True
    """
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


SHIPPED = shipped_folder("checkpoints")
"""Where the weights that come with the project lie."""
