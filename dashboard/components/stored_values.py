"""What a page's stores hold is sent back by the browser: its types are what `server.callback_bodies` lets pass."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, with_config

stored = with_config(ConfigDict(extra="forbid"))
"""Decorates a TypedDict that stands in a store: a word that it does not have is refused."""
PixelFields = Annotated[list[int | float | str | None], Field(min_length=2, max_length=2)]
"""The row and the column of a pixel as they are typed: empty, or no whole number, while somebody types."""
