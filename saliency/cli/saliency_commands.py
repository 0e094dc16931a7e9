"""The subcommands of ``python -m saliency``: their words and arguments. What runs them lies in a file each."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from fusion.cli.arguments import (
    add_checkpoints,
    add_method,
    add_outgoing,
    add_own_networks,
    add_threads,
    integer,
    listed,
    positive,
)
from fusion.cli.pair_arguments import add_pair, add_same_space
from fusion.cli.subcommands import Subcommand
from saliency.defaults import (
    BASELINES,
    BOUND,
    COHORT_PIXELS,
    EXAMINATION_MINUTES,
    FIRST_BLUR,
    GAMMA_RANGE,
    MODES,
    MOST_STEPS,
    NOISE,
    RING,
    SAMPLES,
)

WAYS: Mapping[str, str] = {
    "integrated": "integrated gradients",
    "smooth": "SmoothGrad",
    "local": "local attribution map",
}
"""What ``--by`` takes, and what each is called."""
METHOD = "which fusion method, e.g. masknet"
"""What ``--method`` takes."""
SHAPES = ("label", "mask", "outline", "rectangle", "disk")
"""The flags of ``region`` that each describe one."""


def pixel(text: str) -> tuple[int, int]:
    """Read ``ROW,COL``.

    Examples
    --------
    >>> pixel("128, 100")
    (128, 100)
    """
    try:
        row, col = map(int, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no pixel; write ROW,COL such as 128,100") from None
    return row, col


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Take what every command that writes a picture needs: a method, a pair, how to show it and where to."""
    add_method(parser, METHOD)
    add_pair(parser)
    parser.add_argument(
        "--display", choices=MODES, default="signed", help="signed values, their size, or positive ones only"
    )
    low, high = GAMMA_RANGE
    parser.add_argument(
        "--gamma", type=float, default=1.0, help=f"exponent of the colour scale, {low} to {high:g}"
    )
    add_checkpoints(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="STEM", help="writes STEM.npz and STEM.png")


def add_region(parser: argparse.ArgumentParser) -> None:
    """Take one region in any of its shapes."""
    parser.add_argument("--label", metavar="NAME", help='a labelled region of a phantom, e.g. "necrotic core"')
    parser.add_argument("--mask", type=Path, metavar="FILE", help="a picture of the pair's size, black outside")
    parser.add_argument("--outline", metavar="ROW,COL,…", help="the corners of a closed outline, three or more")
    parser.add_argument("--rectangle", metavar="ROW,COL,ROW,COL", help="two opposite corners, both included")
    parser.add_argument("--disk", metavar="ROW,COL,RADIUS", help="centre and radius in pixels")


def add_pixel(parser: argparse.ArgumentParser) -> None:
    """Take the one fused pixel that is asked about."""
    parser.add_argument(
        "--pixel",
        type=pixel,
        required=True,
        metavar="ROW,COL",
        help="the fused pixel, counted from 0 at the top left, e.g. 128,100",
    )


def percent(text: str) -> float:
    """Read a number above 0, up to 100.

    Examples
    --------
    >>> percent("3")
    3.0
    """
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 100:
        raise argparse.ArgumentTypeError(f"give a number above 0 and up to 100, such as 3, not {text!r}")
    return found


def _add_jacobian(parser: argparse.ArgumentParser) -> None:
    add_choice(parser)
    _add_outgoing_maps(parser)
    add_pixel(parser)


def _add_guidance(parser: argparse.ArgumentParser) -> None:
    add_choice(parser)
    _add_outgoing_maps(parser)
    add_within(parser)
    parser.add_argument(
        "--every-slice",
        action="store_true",
        help="of two volumes all slices, as STEM-001 and so on; those that are there already are passed over",
    )


def _add_outgoing_maps(parser: argparse.ArgumentParser) -> None:
    """Take which files for a hospital are written besides."""
    parser.add_argument(
        "--dicom",
        action="store_true",
        help="also write STEM-seen.dcm (Secondary Capture: the picture) and, with --reference, STEM-first.dcm and "
        "STEM-second.dcm (Parametric Maps: the values at their place)",
    )
    parser.add_argument(
        "--nifti", action="store_true", help="also write STEM-first.nii.gz and STEM-second.nii.gz, the values"
    )
    add_outgoing(parser)


def add_within(parser: argparse.ArgumentParser) -> None:
    """Take the error that is allowed where exact guidance takes a pass for each pixel."""
    parser.add_argument(
        "--within",
        type=percent,
        metavar="PERCENT",
        help="of a network that sees the whole image estimate guidance in far fewer passes, to within so much of "
        "its largest value; how far it is off is measured and told",
    )


def _add_region(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--methods", type=listed, default=(), metavar="NAMES", help="methods, e.g. masknet,deepfuse"
    )
    add_own_networks(parser)
    add_pair(parser)
    add_region(parser)
    parser.add_argument("--ring", type=positive, default=RING, metavar="WIDTH", help="of the ring, in pixels")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="also write the figures as a table")
    add_checkpoints(parser)


def _add_trust(parser: argparse.ArgumentParser) -> None:
    add_method(parser, METHOD)
    add_pair(parser)
    add_pixel(parser)
    add_checkpoints(parser)


def _add_attribution(parser: argparse.ArgumentParser) -> None:
    add_choice(parser)
    parser.add_argument("--by", choices=tuple(WAYS), default="integrated", help="which attribution method")
    parser.add_argument(
        "--pixel", type=pixel, metavar="ROW,COL", help="the fused pixel, counted from 0 at the top left"
    )
    add_region(parser)
    parser.add_argument("--baseline", choices=BASELINES, default="black", help="where integrated gradients start")
    parser.add_argument(
        "--sigma",
        type=positive,
        metavar="SIZE",
        help=f"smooth: noise as a part of the range, {NOISE} by default; "
        f"local: first blur in pixels, {FIRST_BLUR}",
    )
    parser.add_argument("--samples", type=integer(1), default=SAMPLES, help="smooth: noisy copies")
    parser.add_argument("--seed", type=integer(0), default=0, help="smooth: of the noise")
    parser.add_argument(
        "--bound", type=positive, default=BOUND, help="largest error of completeness, in the fused image's unit"
    )
    parser.add_argument(
        "--steps", type=integer(1), default=MOST_STEPS, metavar="N", help="gradients along a path at most"
    )


def _add_examine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "network",
        metavar="NETWORK",
        help="a method's name such as masknet, or a network of your own: FILE.py:CLASS, package.module:factory",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="the weights of your own network: .safetensors, .pth or .pt"
    )
    parser.add_argument(
        "--minutes", type=positive, default=EXAMINATION_MINUTES, help="how long it may take in all"
    )
    parser.add_argument(
        "--gigabytes",
        type=positive,
        metavar="SIZE",
        help="memory it may take beside its start; by default three quarters of what is available",
    )
    add_checkpoints(parser)


def _add_receptive_field(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--methods", type=listed, default=(), metavar="NAMES", help="methods with commas; by default all"
    )
    parser.add_argument("--write", action="store_true", help="put it on the methods' cards")
    add_checkpoints(parser)


def _add_cohort(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="folders of pairs or volumes")
    parser.add_argument(
        "--networks",
        type=listed,
        required=True,
        metavar="NAMES",
        help="methods with commas, e.g. masknet,deepfuse",
    )
    parser.add_argument(
        "--cases",
        type=listed,
        metavar="CASES",
        help="which cases, with commas, or the word all; by default those that no network has learned from",
    )
    parser.add_argument("--per-case", type=integer(1), metavar="N", help="so many slices a case, evenly spaced")
    parser.add_argument(
        "--pixels", type=integer(2), default=COHORT_PIXELS, metavar="N", help="fused pixels drawn of each place"
    )
    parser.add_argument("--seed", type=integer(0), default=0, help="of the pixels, the noise and the bootstrap")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="where results and tables go; a re-run goes on",
    )
    add_same_space(parser)
    add_threads(parser)
    add_checkpoints(parser)


JACOBIAN = Subcommand(
    "jacobian",
    "which input pixels made one fused pixel, and how strongly",
    "Differentiate one fused pixel by every pixel of both inputs. STEM.npz holds both Jacobian images "
    "within the pixel's window (first, second), the window's top, bottom, left and right, the image's "
    "shape, the pixel, its fused value, and which method, weights and pair they belong to; outside the "
    "window every derivative is 0. STEM.png shows both on one colour scale.",
    _add_jacobian,
    "saliency.cli.saliency_maps:run_jacobian",
)
GUIDANCE = Subcommand(
    "guidance",
    "how strongly every fused pixel depends on its own input pixels",
    "Compute both guidance images: the derivative of each fused pixel by the input pixel at its own "
    "place. STEM.npz holds first, second and fused, and which method, weights and pair they belong to; "
    "STEM.png shows both on one colour scale, as red and green over the fused image in blue, and as a "
    "scatterplot with its correlations.",
    _add_guidance,
    "saliency.cli.guidance_slices:run_guidance",
)
REGION = Subcommand(
    "region",
    "who decides a region's fused pixels, and from where, for several methods",
    "Compute every row of the Jacobian for a region's fused pixels, exactly. Prints, for each method, each "
    "input's share of the influence, the leakage from outside the region, the guidance and the contrast "
    "against a ring; then the paper's four clinical requirements with each method's rank.",
    _add_region,
    "saliency.cli.region:run_region",
)
TRUST = Subcommand(
    "trust",
    "whether one Jacobian can be leaned on",
    "Hold the derivatives of one fused pixel against central differences, against noise in the inputs, and "
    "against a network whose weights are randomised layer by layer; say of each whether it passes, and how far "
    "the first input's share changes where the second is moved by a pixel.",
    _add_trust,
    "saliency.cli.region:run_trust",
)
ATTRIBUTION = Subcommand(
    "attribution",
    "how much each input pixel had to do with a fused pixel or region",
    "Share a fused pixel's value, or a region's mean, out over the input pixels: by integrated gradients "
    "from a baseline, by SmoothGrad, or by a local attribution map with its diffusion index. STEM.npz holds "
    "both images within the window (first, second), the window's top, bottom, left and right, the image's "
    "shape, the fused value, for a path also the baseline's value and the error of completeness, and which "
    "method, weights and pair they belong to. STEM.png shows both on one colour scale.",
    _add_attribution,
    "saliency.cli.attribution:run_attribution",
)
EXAMINE = Subcommand(
    "examine",
    "whether a network can be asked, how exact its maps are, and what they cost",
    "Examine a network in a process of its own, with limits on time and memory: weights, output, inputs, chance, "
    "batches, gradient, sizes, receptive field, slopes against central differences, Jacobians against float64 on "
    "whole images, crops of pictures, rearranged copies, cost. Prints RIGHT, LIMITED or FAILED for each and a "
    "sentence; ends with code 1 where one failed.",
    _add_examine,
    "saliency.cli.examine:run_examine",
)
RECEPTIVE_FIELD = Subcommand(
    "receptive-field",
    "how far a fused pixel of each method sees",
    "Measure how far a fused pixel sees, with NaN, and hold crops of that size against whole images in float64. "
    "With --write it stands on the model card from then on, for these weights and this code of the networks: the "
    "dashboard need not measure it. To be done after every training.",
    _add_receptive_field,
    "saliency.cli.receptive_field:run_receptive_field",
)

COHORT = Subcommand(
    "cohort",
    "what networks do to many slices: shares, leakage, trust and metrics over cases",
    "Measure every slice through every network: both shares, leakage, radii, correlations, the paper's four "
    "requirements, trust checks and fusion metrics, of the slice, its labelled regions and two that a rule finds. "
    "DIR/cohort.csv and cohort.parquet have a line for each place, outliers first; summary.json has medians and "
    "quartiles by network, and paired differences with intervals that draw whole cases. A re-run goes on; ends "
    "with code 1 where a slice was passed over.",
    _add_cohort,
    "saliency.cli.cohort_command:run_cohort",
    "what was measured so far is kept, and the same command goes on",
)

SUBCOMMANDS = (JACOBIAN, GUIDANCE, REGION, TRUST, COHORT, ATTRIBUTION, EXAMINE, RECEPTIVE_FIELD)
"""In the order the help lists them."""
