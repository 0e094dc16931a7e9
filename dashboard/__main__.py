"""``python -m dashboard``: open the FuseVis screen in a browser on this computer."""

from __future__ import annotations

import sys

from dashboard.cli.access_commands import AUDIT, USERS
from dashboard.cli.dashboard_commands import CASE_FILE, DASHBOARD, FIGURES, REPORT, WORKER
from fusion.cli.running import execute, run
from fusion.cli.subcommands import Formatter, Parser

PROG = "python -m dashboard"


def main(arguments: list[str] | None = None) -> int:
    """Serve the dashboard until interrupted; see `fusion.cli.running.run` for the exit codes.

    With ``report``, ``figures`` or ``casefile`` as first argument it writes files instead, with ``users`` or
    ``audit`` it looks after those, with ``worker`` it computes what another dashboard hands out.
    """
    given = sys.argv[1:] if arguments is None else arguments
    others = (REPORT, FIGURES, CASE_FILE, USERS, AUDIT, WORKER)
    if given and given[0] in [each.name for each in others]:
        return run(PROG, "Export without a browser; look after users, the audit and jobs.", others, given)
    parser = Parser(
        prog=PROG,
        description=DASHBOARD.description,
        formatter_class=Formatter,
        epilog=f"Figures, values and reports without a browser: see `{PROG} report --help` and "
        f"`{PROG} figures --help`. Users and the audit: `{PROG} users --help` and `{PROG} audit --help`.",
    )
    DASHBOARD.add_arguments(parser)
    return execute(PROG, DASHBOARD, parser.parse_args(given))


if __name__ == "__main__":
    sys.exit(main())
