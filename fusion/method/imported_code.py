"""The code of a brought network: a Python file by its path, or an installed module; imported when it is named.

A file is run under a name of its own and may import what lies beside it; neither stays where another file of the
same name would meet it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import entry_points
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

import torch

from fusion.errors import InputError
from fusion.method.network_refusals import first_line
from fusion.method.own_package import OwnPackage, missing_part, package_around
from fusion.method.program_state import program_kept

GROUP = "fusevis.networks"
"""The group of entry points by which installed packages offer networks."""
ROOMS = frozenset({"fusion", "saliency", "dashboard"})
"""Packages of this project, which no file beside a brought one may stand in for."""


logger = logging.getLogger(__name__)
_lock = RLock()


@dataclass(frozen=True)
class CodePlace:
    """Where code lies.

    Attributes
    ----------
    module : str or Path
        A module's dotted name, or a Python file.
    attribute : str
        The class, factory or module in it.
    """

    module: str | Path
    attribute: str

    @property
    def card(self) -> Path | None:
        """Where the card lies, if there is one: beside the code, under its name. None without a file of code."""
        if isinstance(self.module, Path):
            return self.module.with_suffix(".toml")
        with _importable():
            try:
                spec = importlib.util.find_spec(self.module)
            except Exception as error:  # finding a.b imports a
                raise InputError(_not_imported(self.module, error)) from error
        if spec is None or not spec.has_location or spec.origin is None:
            return None
        return Path(spec.origin).with_suffix(".toml")


def is_entry_point(name: str) -> bool:
    """Whether an installed package offers a network under this name."""
    return name in entry_points(group=GROUP).names


def code_place(code: str) -> CodePlace:
    """Where ``file.py:Class``, ``package.module:factory`` or the entry point called so lies. Nothing is imported.

    Raises
    ------
    InputError
        The file is missing, no class is named, or nothing is offered under this name.

    Examples
    --------
    >>> code_place("package.module:factory")
    CodePlace(module='package.module', attribute='factory')
    """
    module, _, attribute = (part.strip() for part in code.rpartition(":"))
    if not module and is_entry_point(code):
        offered = entry_points(group=GROUP)[code]
        module, attribute = offered.module, offered.attr
    if not module or not attribute or attribute.endswith(".py"):
        raise InputError(_no_class(code))
    if module.endswith(".py"):
        file = Path(module).expanduser().resolve()
        if not file.is_file():
            raise InputError(f"There is no file {module}; write file.py:Class, with the path from where you are.")
        return CodePlace(file, attribute)
    if not all(part.isidentifier() for part in module.split(".")):
        raise InputError(f"{module!r} is neither a module nor a Python file; write file.py:Class with the ending.")
    return CodePlace(module, attribute)


@contextmanager
def imported(place: CodePlace) -> Iterator[Any]:
    """What ``place`` names, imported; within the block code may import what lies beside it.

    Raises
    ------
    InputError
        The code cannot be imported, or holds nothing of this name; in one sentence.
    """
    with _lock, program_kept():
        if isinstance(place.module, Path):
            package = package_around(place.module)
            with _importing_beside(package.above), _importing_beside(place.module.parent):
                yield _attribute(_run(place.module, package), place)
        else:
            with _importable():
                yield _attribute(_imported(place.module), place)


def _run(file: Path, package: OwnPackage) -> ModuleType:
    """The file as a module of a name that no other file has."""
    name = package.module
    module = ModuleType(name)
    module.__file__, module.__package__ = str(file), name.rpartition(".")[0]
    before = sys.modules.get(name)
    try:
        package.begin()
        sys.modules[name] = module  # dataclasses look their module up
        exec(compile(file.read_bytes(), str(file), "exec"), vars(module))  # never a kept copy of an older file
    except BaseException as error:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before
        if isinstance(error, Exception | SystemExit):
            raise InputError(_not_imported(file.name, error)) from error
        raise
    return module


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise InputError(_not_imported(name, error)) from error


def _attribute(module: ModuleType, place: CodePlace) -> Any:  # noqa: ANN401  # a class, a function or a module
    try:
        return reduce(getattr, place.attribute.split("."), module)
    except AttributeError as error:
        shown = place.module.name if isinstance(place.module, Path) else place.module
        offered = [
            name
            for name, value in vars(module).items()
            if isinstance(value, type)
            and issubclass(value, torch.nn.Module)
            and value.__module__ == module.__name__
        ]
        there = f"its networks are {', '.join(offered)}" if offered else "it defines no torch.nn.Module"
        raise InputError(f"{shown} has no {place.attribute!r}; {there}.") from error


@contextmanager
def _importing_beside(folder: Path) -> Iterator[None]:
    """Let code import what lies in ``folder``, and forget it afterwards: such names are often the same."""
    path = str(folder)
    importlib.invalidate_caches()
    if path in {str(Path(each).resolve()) for each in sys.path}:  # as for any program that is run there
        yield
        return
    hidden_names, forgotten_names = _names_beside(folder)
    hidden = {name: module for name, module in sys.modules.items() if _top(name) in hidden_names}
    for name in hidden:
        del sys.modules[name]
    sys.path.insert(0, path)
    try:
        yield
    finally:
        sys.path.remove(path)
        for name in [name for name in sys.modules if _top(name) in forgotten_names]:
            del sys.modules[name]
        sys.modules.update(hidden)


def _names_beside(folder: Path) -> tuple[set[str], set[str]]:
    """Which loaded modules have a namesake in ``folder``, and which names are to be forgotten after its import.

    A folder without ``__init__.py`` stands back behind an installed package of its name, as in Python itself.
    """
    entries = list(folder.iterdir())
    certain = {each.stem for each in entries if each.suffix == ".py" or (each / "__init__.py").is_file()}
    folders = {each.name for each in entries if each.is_dir()} - certain
    loaded = {_top(name) for name in sys.modules}
    hidden = {name for name in certain & loaded if name not in ROOMS | sys.stdlib_module_names}
    hidden |= {name for name in folders & loaded if getattr(sys.modules.get(name), "__file__", "") is None}
    return hidden, (certain | folders) - (loaded - hidden)


def _top(name: str) -> str:
    return name.partition(".")[0]


@contextmanager
def _importable() -> Iterator[None]:
    """Let modules be found from where a person is, as ``python -m`` does."""
    path = str(Path.cwd())
    sys.path.append(path)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.reverse()  # the last one of the kind is ours
        sys.path.remove(path)
        sys.path.reverse()


def _no_class(code: str) -> str:
    """Which class of a file is meant? Its classes are listed, without running it."""
    if not code.endswith(".py"):
        return f"There is no network called {code!r}; write file.py:Class or package.module:factory."
    try:
        tree = ast.parse(Path(code).expanduser().read_bytes())
    except (OSError, SyntaxError, ValueError):
        logger.debug("%s cannot be read", code, exc_info=True)
        return f"Say which class of {code} is meant: {code}:Class."
    found = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return f"Say which class of {code} is meant: {' or '.join(f'{code}:{name}' for name in found or ['Class'])}."


def _not_imported(name: str, error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f'{name} ends the program when it is imported; put what it runs under `if __name__ == "__main__":`.'
    if isinstance(error, SyntaxError):
        return f"{name} is no valid Python: line {error.lineno}, {error.msg}."
    if isinstance(error, ModuleNotFoundError) and error.name:
        if missing := missing_part(error.name):
            return f"{name} imports {missing} of its own package, which is not there; bring the whole package."
        if error.name == name or name.startswith(f"{error.name}."):
            return (
                f"There is no module {error.name}; install its package, or give the path of a file: file.py:Class."
            )
        return f"{name} needs the package {error.name}; install it where this program is installed."
    if isinstance(error, ImportError) and "relative import" in str(error):
        return (
            f"{name} imports from folders above its own package ({first_line(error)}); go to the folder above all "
            "of them and name it package.module:Class."
        )
    return f"{name} cannot be imported ({type(error).__name__}: {first_line(error)}); mend it."


def checked_call(target: Callable[..., Any], arguments: dict[str, Any]) -> str:
    """What stands against calling ``target`` with these arguments; empty where nothing does.

    Examples
    --------
    >>> checked_call(lambda channels: channels, {})
    "missing a required argument: 'channels'"
    """
    try:
        signature = inspect.signature(target)
    except ValueError:  # written in C
        return ""
    try:
        signature.bind(**arguments)
    except TypeError as error:
        return str(error)
    return ""
