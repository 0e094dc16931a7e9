"""Words that processes with one cache tell each other through others' hands: under the cache's seal, as JSON."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dashboard.cache.sealed_files import seal_key

LONGEST = 4096
"""Characters of what is opened at all."""


class SealedWords:
    """Seals and opens; only who reads the cache's key can do either.

    Parameters
    ----------
    folder : Path
        Of the caches.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> words = SealedWords(Path(mkdtemp()))
    >>> told = words.sealed("greeting", {"said": "hello"})
    >>> words.opened("greeting", told), words.opened("order", told), words.opened("greeting", told + " ")
    ({'said': 'hello'}, None, {'said': 'hello'})
    """

    def __init__(self, folder: Path) -> None:
        with suppress(OSError):  # whoever comes first has to leave the others a key
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._key = seal_key(folder)

    def name_of(self, what: str) -> str:
        """What stands for something whose name should not stand there: 64 hexadecimal digits."""
        return self._seal("name", what)

    def sealed(self, kind: str, words: Mapping[str, str]) -> str:
        """The words, and their seal as words of that kind."""
        return json.dumps({"words": words, "seal": self._seal(kind, _plain(words))})

    def opened(self, kind: str, content: object) -> dict[str, str] | None:
        """The words of that kind; None for what nobody with the key has sealed as such."""
        try:
            if not isinstance(content, str | bytes) or len(content) > LONGEST:
                return None
            told = json.loads(content)
            words, seal = told["words"], told["seal"]
            is_sealed = hmac.compare_digest(self._seal(kind, _plain(words)), seal)
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        is_plain = isinstance(words, dict) and all(isinstance(each, str) for each in words.values())
        return words if is_sealed and is_plain else None

    def _seal(self, kind: str, text: str) -> str:
        told = f"words|{len(kind)}|{kind}|{text}"
        return hmac.new(self._key, told.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _plain(words: Mapping[str, str]) -> str:
    return json.dumps(words, sort_keys=True)
