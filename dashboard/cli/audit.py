"""Say whether an audit is as it was written."""

from __future__ import annotations

import argparse

from dashboard.access.audit_log import verify


def run(args: argparse.Namespace) -> None:
    """Print how far it goes.

    Raises
    ------
    InputError
        A line was changed, removed or put in.
    """
    end = verify(args.file)
    print(f"{end.count:,} lines, each of which follows from the one before. SHA-256 of the last: {end.last}")
