"""The package that a brought Python file belongs to: its relative imports work, whatever the package is called."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import logging
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path

INIT, PACKAGE = "__init__.py", "own_package_"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OwnPackage:
    """A brought file's place among others that it may import.

    The package has a name that no other has: somebody's may be called ``fusion``, as ours is.

    Attributes
    ----------
    root : Path or None
        The outermost folder of its package; None for a file that imports nothing relatively.
    module : str
        The name under which the file is run.
    above : Path
        The folder from which a program with it would be started.
    """

    root: Path | None
    module: str
    above: Path

    def begin(self) -> None:
        """Make the package known to Python, and forget what an earlier run has imported from it."""
        if self.root is None:
            return
        name = self.module.partition(".")[0]
        for each in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[each]
        spec = _spec(name, self.root)
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        if spec.loader is not None:
            spec.loader.exec_module(package)


def package_around(file: Path) -> OwnPackage:
    """Which package is ``file`` in? Its relative imports and the ``__init__.py`` above it tell; nothing is run."""
    up = _levels(file)
    if not up:
        return OwnPackage(None, f"own_network_{_digest(file)}", file.parent)
    root = file.parents[min(up, len(file.parents) - 1) - 1]
    while (root / INIT).is_file() and (root.parent / INIT).is_file():
        root = root.parent
    inner = file.relative_to(root).with_suffix("").parts
    return OwnPackage(root, ".".join((f"{PACKAGE}{_digest(root)}", *inner)), root.parent)


def missing_part(module: str) -> str:
    """What a relative import asked for, from the full name of a module; empty where it was none of ours.

    Examples
    --------
    >>> missing_part("own_package_0123456789abcdef.parts.blocks"), missing_part("parts.blocks")
    ('parts.blocks', '')
    """
    package, _, part = module.partition(".")
    return part if package.startswith(PACKAGE) else ""


def _levels(file: Path) -> int:
    """The most dots before a relative import; 0 without one."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        logger.debug("A brought file cannot be parsed", exc_info=True)  # running it tells why
        return 0
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def _spec(name: str, folder: Path) -> ModuleSpec:
    init = folder / INIT
    if init.is_file():
        found = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(folder)])
        assert found is not None  # its ending is .py
        return found
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    return spec


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:16]
