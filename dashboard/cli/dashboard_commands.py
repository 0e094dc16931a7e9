"""The subcommands of ``python -m dashboard``: names and arguments; what runs them is loaded when it is run."""

from __future__ import annotations

import argparse
from pathlib import Path

from dashboard.option_values import (
    CACHE_GIGABYTES,
    COLORMAPS,
    FORMATS,
    IDLE_MINUTES,
    LOG_LEVELS,
    PAPER_METHODS,
    PICTURES,
    SIGN_ON,
    WINDOWS,
)
from fusion.cli.arguments import add_outgoing, add_own_networks, integer
from fusion.cli.pair_arguments import add_pair, add_same_space
from fusion.cli.subcommands import Subcommand
from saliency.cli.saliency_commands import add_within, pixel
from saliency.defaults import MODES


def _add_dashboard(parser: argparse.ArgumentParser) -> None:
    _add_folders(parser)
    parser.add_argument("--port", type=int, default=8050, help="where the page is served")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; others need --expose")
    parser.add_argument(
        "--expose",
        action="store_true",
        help="allow a --host or --trusted-host that other computers can reach without --sign-on: there is no "
        "password on the page then",
    )
    _add_intranet(parser)
    _add_sign_on(parser)
    _add_oidc(parser)
    parser.add_argument(
        "--uploads",
        action=argparse.BooleanOptionalAction,
        help="whether pictures may be dropped on the page; else where only this computer reaches it",
    )
    add_own_networks(parser)
    parser.add_argument(
        "--jobs",
        metavar="ADDRESS",
        help="hand out series and cohorts, slice by slice, to workers (see `fusevis worker`) by a Redis server, "
        "as redis://127.0.0.1:6379/0; FUSEVIS_JOBS says the same where other users see command lines",
    )


def _add_folders(parser: argparse.ArgumentParser) -> None:
    """Take what a dashboard and its workers both need: where pairs, weights and what is computed lie; the log."""
    parser.add_argument(
        "--pairs",
        action="append",
        type=Path,
        metavar="DIR",
        help="a folder of your own pairs, such as mri/1.png beside pet/1.png, or of volumes (DICOM series, NIfTI, "
        "stacks); give it again for more",
    )
    add_same_space(parser)
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where computed guidance is kept")
    parser.add_argument(
        "--cache-size",
        type=float,
        default=CACHE_GIGABYTES,
        metavar="GB",
        help=f"disk that it may take there, {CACHE_GIGABYTES:g} GB unless told otherwise; what was not used for "
        "longest goes first",
    )
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="trained weights, else the shipped ones")
    parser.add_argument("--log-level", choices=LOG_LEVELS, default="info", help="what is logged on standard error")
    parser.add_argument("--log-json", action="store_true", help="log each line as a JSON object")
    parser.add_argument(
        "--log-requests",
        action="store_true",
        help="log each request with its route, outcome and time; of a moving pointer's the slow and failed ones",
    )


def _add_worker(parser: argparse.ArgumentParser) -> None:
    _add_folders(parser)
    parser.add_argument(
        "--jobs", metavar="ADDRESS", help="the Redis server that the dashboard was given, else FUSEVIS_JOBS"
    )


def _add_intranet(parser: argparse.ArgumentParser) -> None:
    """Take what is needed behind a proxy."""
    parser.add_argument(
        "--intranet",
        action="store_true",
        help="serve everything, the pointer's connection too, on one port for a proxy such as nginx",
    )
    parser.add_argument(
        "--prefix",
        default="",
        metavar="PATH",
        help="path below which the proxy has the page, such as /fusevis/; it hands it on as it is",
    )
    parser.add_argument(
        "--trusted-host",
        action="append",
        metavar="NAME",
        help="a name under which the page is opened; others are refused. Give it again for more",
    )
    parser.add_argument(
        "--trusted-hops",
        type=int,
        default=0,
        metavar="N",
        help="proxies between browser and dashboard, each of which sets X-Forwarded-For, -Proto and -Host",
    )


def _add_sign_on(parser: argparse.ArgumentParser) -> None:
    """Take what says who may open the page."""
    parser.add_argument(
        "--sign-on",
        choices=SIGN_ON,
        default="none",
        help="who may open the page: whoever reaches it; users who sign in with a password (local, see `fusevis "
        "users`); whom a proxy names; whom a provider of OpenID Connect signs in (oidc)",
    )
    add_access(parser)
    parser.add_argument(
        "--idle-minutes",
        type=float,
        default=IDLE_MINUTES,
        metavar="N",
        help="with --sign-on local or oidc, after so long without a question somebody signs in anew",
    )
    parser.add_argument(
        "--monitor-secret",
        type=Path,
        metavar="FILE",
        help="file of the secret by which a program reads /ready and /metrics (Authorization: Bearer …); else "
        "only who has signed in",
    )
    parser.add_argument("--proxy-header", metavar="NAME", help="with proxy, the header in which it names the user")
    parser.add_argument(
        "--proxy-secret",
        type=Path,
        metavar="FILE",
        help="with proxy, the file of the secret that it sends as X-Fusevis-Secret",
    )
    parser.add_argument(
        "--proxy-peer",
        action="append",
        metavar="ADDRESS",
        help="with proxy, an address or network from which it connects; give it again for more",
    )


def _add_oidc(parser: argparse.ArgumentParser) -> None:
    """Take what a provider of OpenID Connect needs; the secret is in a file or the environment, no argument."""
    parser.add_argument(
        "--oidc-issuer", metavar="URL", help="with oidc, the provider's address, as it says itself"
    )
    parser.add_argument("--oidc-client", metavar="ID", help="with oidc, by which id it knows this dashboard")
    parser.add_argument(
        "--oidc-secret",
        type=Path,
        metavar="FILE",
        help="with oidc, the file of the client's secret, else FUSEVIS_OIDC_SECRET in the environment",
    )
    parser.add_argument(
        "--oidc-role",
        action="append",
        metavar="GROUP=ROLE",
        help="with oidc, what the members of a group may; others are not let in. Give it again for more",
    )
    parser.add_argument(
        "--oidc-name", metavar="CLAIM", help="with oidc, what users are called by, else preferred_username"
    )
    parser.add_argument("--oidc-groups", metavar="CLAIM", help="with oidc, what has their groups, else groups")
    parser.add_argument(
        "--oidc-scope", metavar="WORDS", help="with oidc, what is asked for, else 'openid profile'"
    )


def add_access(parser: argparse.ArgumentParser) -> None:
    """Take the folder of users and audit."""
    parser.add_argument(
        "--access", type=Path, metavar="DIR", help="where users and audit are kept, else among the user's own data"
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_view(parser)
    parser.add_argument("--networks", default="MaskNet", metavar="NAMES", help="one to seven, with commas between")
    parser.add_argument("--what", choices=tuple(FORMATS), default="report", help="what is written")
    parser.add_argument("--panel", metavar="LETTER", help="which panel of Explore, a to q, for --what panel")
    parser.add_argument(
        "--format",
        help="png, svg, pdf, csv, npz; of what a hospital takes capture (DICOM, as it is seen), map (DICOM, the "
        "values of a panel) or nifti (the same); else what the name of --out ends with, .dcm for capture",
    )
    add_outgoing(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")


def _add_figures(parser: argparse.ArgumentParser) -> None:
    _add_view(parser)
    parser.add_argument(
        "--networks", default=",".join(PAPER_METHODS), metavar="NAMES", help="one to seven, with commas between"
    )
    parser.add_argument("--format", choices=PICTURES, default="pdf", help="of all five files")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write into")


def _add_case_file(parser: argparse.ArgumentParser) -> None:
    _add_named_pair(parser)
    parser.add_argument(
        "--networks", metavar="NAMES", help="one to seven, with commas between, e.g. masknet,deepfuse"
    )
    add_own_networks(parser)
    parser.add_argument(
        "--rectangle", metavar="ROW,COL,ROW,COL", help="two opposite corners: only the pixels between them"
    )
    parser.add_argument(
        "--reach",
        type=integer(0),
        metavar="N",
        help="pixels that a window reaches from its middle, else as far as the network sees; which part of the "
        "influence lies outside is then told for each pixel",
    )
    _add_folders_read(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.html", help="the file to write")


def _add_named_pair(parser: argparse.ArgumentParser) -> None:
    """Take a pair: of a folder, two files, or a generated one."""
    add_pair(parser)
    parser.add_argument("--pairs", type=Path, metavar="DIR", help="a folder of pairs, of which --pair names one")
    parser.add_argument("--pair", metavar="ID", help="its name there, or its id in the page's address")


def _add_folders_read(parser: argparse.ArgumentParser) -> None:
    """Take where weights lie, and what was computed before."""
    parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="trained weights, else the shipped ones")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where computed guidance is kept")


def _add_view(parser: argparse.ArgumentParser) -> None:
    """Take what both exports need: a pair, pixels, and how they are displayed."""
    _add_named_pair(parser)
    parser.add_argument(
        "--pixel",
        type=pixel,
        action="append",
        metavar="ROW,COL",
        help="the principal pixel, counted from 0 at the top left; else the centre; give it again for several in "
        "one of the paper's figures",
    )
    parser.add_argument("--dpi", default="300", help="dots per inch of a PNG and of scatterplots, 72 to 1200")
    parser.add_argument("--gamma1", default="0.3", help="γ of the Jacobian images, 0.1 to 2")
    parser.add_argument("--gamma2", default="0.5", help="γ of the guidance images, 0.1 to 2")
    parser.add_argument("--display", choices=MODES, default="magnitude", help="how derivatives are shown")
    parser.add_argument("--colormap", choices=COLORMAPS, default="viridis", help="colours of magnitudes")
    sides = ", ".join(map(str, WINDOWS))
    parser.add_argument("--window", default="31", help=f"side of the red box in pixels: {sides}")
    parser.add_argument("--color", action="store_true", help="pictures in the colours of their files")
    add_within(parser)
    parser.add_argument("--own-scales", action="store_true", help="a colour scale for each network")
    _add_folders_read(parser)


DASHBOARD = Subcommand(
    "dashboard",
    "open the FuseVis screen in a browser",
    "Open the FuseVis screen in a browser on this computer; Ctrl-C ends it.",
    _add_dashboard,
    "dashboard.cli.serving:run",
)
REPORT = Subcommand(
    "report",
    "a figure, its values, or a report of several pages",
    "Write one file: a report of several pages (PDF), the Explore screen, networks side by side (compare), "
    "one of Explore's panels, or one of the paper's figures, as picture or as values. Computed guidance is "
    "kept where the page keeps it, so nothing is computed twice.",
    _add_report,
    "dashboard.report.commands:run_report",
    "nothing more was written",
)
FIGURES = Subcommand(
    "figures",
    "the paper's Figures 4 to 8 for a pair",
    "Write figure-4 (fused images), figure-5 (guidance images), figure-6 (guidance RGB), figure-7 (Jacobians) "
    "and figure-8 (scatterplots) in the arrangement of Kumar & Gumhold 2020: methods as rows, a group of "
    "columns for each --pixel.",
    _add_figures,
    "dashboard.report.commands:run_figures",
    "nothing more was written",
)
CASE_FILE = Subcommand(
    "casefile",
    "every pixel's Jacobian in one HTML file, for a computer without FuseVis",
    "Write one HTML file of a pair through one to seven networks: pictures, guidance and every pixel's Jacobian, "
    "in a byte a derivative. It is opened from a disk, without a server or network, and says how far a byte is "
    "off. It names no patient and no file.",
    _add_case_file,
    "dashboard.report.case_file_command:run_case_file",
)
WORKER = Subcommand(
    "worker",
    "compute what a dashboard hands out (--jobs)",
    "Compute what a dashboard with --jobs hands out of slices (guidance, figures of cohorts), one at a time; "
    "start one for each core or machine, with the dashboard's --pairs, --checkpoints and --cache. Ctrl-C ends it.",
    _add_worker,
    "dashboard.cli.worker:run",
    "what was begun is left to other workers",
)
