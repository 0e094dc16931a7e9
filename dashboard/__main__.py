"""``python -m dashboard``: open the FuseVis screen in a browser on this computer."""

from __future__ import annotations

import sys

from dashboard.cli.dashboard_commands import DASHBOARD, FIGURES, REPORT
from fusion.cli.running import execute, run
from fusion.cli.subcommands import Formatter, Parser

PROG = "python -m dashboard"


def main(arguments: list[str] | None = None) -> int:
    """Serve the dashboard until interrupted; see `fusion.cli.running.run` for the exit codes.

    With ``report`` or ``figures`` as first argument it writes files instead.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] in ([REPORT.name], [FIGURES.name]):
        return run(PROG, "Export figures, values and reports without a browser.", (REPORT, FIGURES), given)
    parser = Parser(
        prog=PROG,
        description=DASHBOARD.description,
        formatter_class=Formatter,
        epilog=f"Figures, values and reports without a browser: see `{PROG} report --help` and "
        f"`{PROG} figures --help`.",
    )
    DASHBOARD.add_arguments(parser)
    return execute(PROG, DASHBOARD, parser.parse_args(given))


if __name__ == "__main__":
    sys.exit(main())
