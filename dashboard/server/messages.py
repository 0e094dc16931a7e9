"""Binary answers of the fast path: a JSON header, padded to four bytes, then raw little-endian arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def packed(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """One message: uint32 length of the header, the header, the arrays one after the other.

    The header is ``about`` and, under ``arrays``, each array's name, dtype (``f4`` or ``u1``), shape and
    offset in bytes from the end of the header; every offset is a multiple of four.

    Examples
    --------
    >>> message = packed({"row": 3}, {"x": np.zeros((1, 2), dtype=np.float32)})
    >>> about, arrays = unpacked(message)
    >>> about["row"], arrays["x"].tolist()
    (3, [[0.0, 0.0]])
    """
    entries, parts, offset = [], [], 0
    for name, array in arrays.items():
        data = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False)).tobytes()
        kind = f"{array.dtype.kind}{array.dtype.itemsize}"
        entries.append({"name": name, "dtype": kind, "shape": array.shape, "offset": offset})
        padded = data + b"\0" * (-len(data) % 4)
        parts.append(padded)
        offset += len(padded)
    header = json.dumps({**about, "arrays": entries}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 4)
    return b"".join((len(header).to_bytes(4, "little"), header, *parts))


def unpacked(message: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The inverse of `packed`; the browser's is ``js/data/wire.js``."""
    length = int.from_bytes(message[:4], "little")
    about = json.loads(message[4 : 4 + length])
    arrays = {}
    for entry in about.pop("arrays"):
        count = int(np.prod(entry["shape"]))
        start = 4 + length + entry["offset"]
        values = np.frombuffer(message, dtype=f"<{entry['dtype']}", count=count, offset=start)
        arrays[entry["name"]] = values.reshape(entry["shape"])
    return about, arrays
