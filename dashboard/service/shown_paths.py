"""Sentences for visitors: a file is named from the folder on that was given to the program, not from the root."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fusion import InputError


def without_folders(sentence: str, folders: Iterable[Path]) -> str:
    """The sentence with what stands above each of ``folders`` left out of it.

    Examples
    --------
    >>> without_folders("/srv/ward/cases/mri/1.png is damaged.", [Path("/srv/ward/cases")])
    'cases/mri/1.png is damaged.'
    """
    above = {each.parent for folder in folders for each in (folder, folder.absolute(), folder.resolve())}
    above |= {Path(tempfile.gettempdir()), Path.home()}
    for each in sorted(above, key=lambda one: len(str(one)), reverse=True):
        if each.is_absolute() and each != Path(each.anchor):
            sentence = sentence.replace(f"{each}/", "").replace(f"{each}\\", "")
    return sentence


@contextmanager
def shown_without(folders: Iterable[Path]) -> Iterator[None]:
    """Let an `InputError` that leaves the block name files without what stands above ``folders``."""
    try:
        yield
    except InputError as error:
        error.args = (without_folders(str(error), folders),)
        raise
