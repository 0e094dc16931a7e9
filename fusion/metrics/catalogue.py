"""Every metric: what it is called, what it means, where it misleads, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fusion.metrics.contrast import average_gradient, spatial_frequency, standard_deviation
from fusion.metrics.correlation import correlation, peak_signal_to_noise, sum_of_correlations_of_differences
from fusion.metrics.features import feature_mutual_information
from fusion.metrics.fidelity import visual_information_fidelity
from fusion.metrics.gradient import edge_preservation
from fusion.metrics.information import entropy, mutual_information, normalized_mutual_information
from fusion.metrics.levels import GreyLevels
from fusion.metrics.structure import multiscale_structural_similarity, structural_similarity

Formula = Callable[[GreyLevels, GreyLevels, GreyLevels], float]
"""(first, second, fused) -> figure, or `UndefinedError`."""


@dataclass(frozen=True)
class Metric:
    """What a reader has to know of a metric.

    Attributes
    ----------
    name : str
        What it is chosen by and what heads its column, e.g. ``"Qabf"``.
    title : str
        Its full name.
    symbol : str
        How papers write it.
    unit : str
        Of its figures; empty where there is none.
    better : str
        ``"higher"`` or ``"lower"``: what the field takes for better.
    paper : str
        Where it was defined, or first used for fused images.
    meaning : str
        One sentence: the question it answers.
    pitfalls : str
        What it does not see, and in what its printed figures differ between papers.
    formula : callable
        ``(first, second, fused) -> float`` over grey levels from 0 to 255; its docstring is the exact definition.
    """

    name: str
    title: str
    symbol: str
    unit: str
    better: str
    paper: str
    meaning: str
    pitfalls: str
    formula: Formula


def _alone(formula: Callable[[GreyLevels], float]) -> Formula:
    """A metric that looks at nothing but the fused image."""
    return lambda _first, _second, fused: formula(fused)


_ALL = (
    Metric(
        "EN",
        "Entropy",
        "EN",
        "bits",
        "higher",
        "Roberts, van Aardt & Ahmed 2008",
        "How evenly the fused image uses its grey levels.",
        "Noise raises it, a dark ground lowers it, and the inputs play no part.",
        _alone(entropy),
    ),
    Metric(
        "SD",
        "Standard deviation",
        "SD",
        "grey levels",
        "higher",
        "Rao 1997",
        "How far the fused image's grey levels are spread.",
        "Any stretch of contrast raises it; the inputs play no part.",
        _alone(standard_deviation),
    ),
    Metric(
        "SF",
        "Spatial frequency",
        "SF",
        "grey levels / pixel",
        "higher",
        "Eskicioglu & Fisher 1995",
        "How strongly neighbouring pixels of the fused image differ.",
        "Noise, ringing and a hard choice between the inputs raise it; the inputs play no part.",
        _alone(spatial_frequency),
    ),
    Metric(
        "AG",
        "Average gradient",
        "AG",
        "grey levels / pixel",
        "higher",
        "Cui, Feng, Xu, Li & Chen 2015",
        "How steep the fused image is on average.",
        "As of SF; other difference schemes give figures 1.2 to 1.4 times as large.",
        _alone(average_gradient),
    ),
    Metric(
        "MI",
        "Mutual information",
        "MI",
        "nats, sum over both inputs",
        "higher",
        "Qu, Zhang & Yan 2002",
        "How much the fused grey levels tell about those of both inputs.",
        "Papers print nats or bits (1.4427 times as many) and seldom say which. A copy gets all of its input's.",
        mutual_information,
    ),
    Metric(
        "NMI",
        "Normalised mutual information",
        "NMI",
        "sum over both inputs",
        "higher",
        "Hossny, Nahavandi & Creighton 2008",
        "Which part of the grey levels' entropy is shared with the inputs.",
        "Other normalisations carry the same name. A copy has 1 from its own input.",
        normalized_mutual_information,
    ),
    Metric(
        "SCD",
        "Sum of the correlations of differences",
        "SCD",
        "",
        "higher",
        "Aslantas & Bendes 2015",
        "Whether what was added to one input is what the other one shows.",
        "Undefined for a copy of an input. Highest for x1 + x2, however bright.",
        sum_of_correlations_of_differences,
    ),
    Metric(
        "CC",
        "Correlation coefficient",
        "CC",
        "mean over both inputs",
        "higher",
        "Deshmukh & Bhosale 2010",
        "Whether the fused image rises and falls with the inputs.",
        "The common dark ground makes it high; averaging is hard to beat.",
        correlation,
    ),
    Metric(
        "PSNR",
        "Peak signal-to-noise ratio",
        "PSNR",
        "dB",
        "higher",
        "no single source; peak 255",
        "How small the squared distance from both inputs is.",
        "Programs differ in the peak and in what they average. Mean fusion is its optimum, whatever the images.",
        peak_signal_to_noise,
    ),
    Metric(
        "VIF",
        "Visual information fidelity, pixel domain",
        "VIF",
        "sum over both inputs",
        "higher",
        "Sheikh & Bovik 2006",
        "How much of each input's visible information is left in the fused image.",
        "Exceeds 1 for an input whose contrast was raised. A copy has 1 from its own input.",
        visual_information_fidelity,
    ),
    Metric(
        "Qabf",
        "Edge preservation",
        "Q^AB/F",
        "",
        "higher",
        "Xydeas & Petrović 2000",
        "How much of the inputs' edges, in strength and direction, is found again.",
        "The sharper input decides: a copy of an MRI scores high beside a blurred PET.",
        edge_preservation,
    ),
    Metric(
        "SSIM",
        "Structural similarity",
        "SSIM",
        "sum over both inputs",
        "higher",
        "Wang, Bovik, Sheikh & Simoncelli 2004",
        "How alike local brightness, contrast and pattern are to the inputs'.",
        "Sum or mean over inputs, window and range differ between papers. A copy has 1 from its own input.",
        structural_similarity,
    ),
    Metric(
        "MS-SSIM",
        "Multi-scale structural similarity",
        "MS-SSIM",
        "sum over both inputs",
        "higher",
        "Wang, Simoncelli & Bovik 2003",
        "How alike the patterns are to the inputs' from fine to coarse.",
        "Needs 161 × 161 pixels. One scale of opposite patterns makes an input's part 0.",
        multiscale_structural_similarity,
    ),
    Metric(
        "FMI",
        "Feature mutual information",
        "FMI",
        "mean over both inputs",
        "higher",
        "Haghighat, Aghagolzadeh & Seyedarabi 2011; Haghighat & Razian 2014",
        "How much small patches of the fused image tell about those of the inputs.",
        "Other features give other figures under the same name; equal dark ground counts as perfect.",
        feature_mutual_information,
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
"""Every metric by name, in the order of tables."""
