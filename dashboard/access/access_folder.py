"""Where users, the key of their sessions and the audit are kept, for the owner of the program only."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from fusion import InputError

KEY_BYTES = 32


@dataclass(frozen=True)
class AccessFolder:
    """A folder of mode 0700.

    Attributes
    ----------
    path : Path
    """

    path: Path

    @property
    def users(self) -> Path:
        """Users, their sessions and failures: a database of SQLite."""
        return self.path / "users.sqlite"

    @property
    def audit(self) -> Path:
        """The audit."""
        return self.path / "audit.jsonl"

    def make(self) -> None:
        """Make it where it is not there, and close it to others; InputError where that fails."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.chmod(0o700)
        except OSError as error:
            raise InputError(
                f"The folder {self.path} for users and audit cannot be made ({error.strerror}); "
                "choose one with --access."
            ) from error

    def key(self) -> bytes:
        """The secret that all workers share, made where there is none; InputError where it cannot be used."""
        path = self.path / "session.key"
        part = path.with_name(f"{secrets.token_hex(8)}.part")
        try:
            if not path.exists():
                with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(secrets.token_bytes(KEY_BYTES))
                try:
                    os.link(part, path)  # whole, and the first of several workers decides
                except FileExistsError:
                    pass
                finally:
                    part.unlink()
            path.chmod(0o600)
            key = path.read_bytes()
        except OSError as error:
            raise InputError(f"The key {path} of sessions cannot be used ({error.strerror}).") from error
        if len(key) != KEY_BYTES:
            raise InputError(f"The key {path} of sessions is damaged; remove it, and everybody signs in anew.")
        return key
