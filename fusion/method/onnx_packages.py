"""The packages that read, run and convert ONNX files: the extra ``onnx``, imported when such a file is named."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from types import ModuleType
from typing import Any, NoReturn

from fusion.errors import InputError

NEEDED = ("onnx", "onnxruntime", "onnx2pytorch")
UNUSED = ("torchvision", "torchvision.ops", "torchvision.io")
"""What onnx2pytorch imports for operators that find objects and decode pictures; no fusion network has them."""

_lock = RLock()


@dataclass(frozen=True)
class OnnxPackages:
    """The packages of the extra ``onnx``.

    Attributes
    ----------
    onnx, onnxruntime : module
    convert : callable
        From a model to a torch.nn.Module; alters the model.
    """

    onnx: ModuleType
    onnxruntime: ModuleType
    convert: Callable[[Any], Any]


def onnx_packages(title: str) -> OnnxPackages:
    """The packages, imported.

    Raises
    ------
    InputError
        They are not installed; the sentence says how they are.
    """
    try:
        with _lock, _without_torchvision():
            onnx, onnxruntime, onnx2pytorch = map(importlib.import_module, NEEDED)
    except ImportError as error:
        raise InputError(
            f"{title} needs packages that are not installed ({error.name or error}); "
            "install them by pip install 'fusevis[onnx]'."
        ) from error
    # It warns of what may come out otherwise than in onnxruntime; that is compared.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"onnx2pytorch\.")
    return OnnxPackages(onnx, onnxruntime, onnx2pytorch.ConvertModel)


class _StandIn(ModuleType):
    """In the place of a module of which nothing is ever called."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(name)

        def refused(*_: object, **__: object) -> NoReturn:
            raise NotImplementedError(f"{self.__name__}.{name}")

        return refused


@contextmanager
def _without_torchvision() -> Iterator[None]:
    """Let ``import torchvision`` succeed without it.

    It takes a build that goes with torch's own (CPU or CUDA) and else fails when it is imported, in a way that no
    second try mends; it also takes longer to import than everything here.
    """
    names = [name for name in UNUSED if name not in sys.modules]
    if len(names) < len(UNUSED) or NEEDED[-1] in sys.modules:  # it is there, or was needed before
        yield
        return
    sys.modules.update({name: _StandIn(name) for name in names})
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
