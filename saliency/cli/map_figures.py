"""Jacobian and guidance images as printable figures: one shared scale, labelled, without pyplot."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from fusion.data.pairs import ImagePair
from saliency.attribution.result import Attribution
from saliency.derivatives.guidance_rgb import guidance_rgb
from saliency.derivatives.jacobian import Jacobian
from saliency.geometry.window import Window, whole
from saliency.measures.display import scaled, shared_limit
from saliency.measures.guidance_correlation import correlation

POINTS = 200_000
"""Points drawn in the scatterplot; of larger images every n-th pixel. Correlations use all."""


def jacobian_figure(J: Jacobian, pair: ImagePair, mode: str, gamma: float) -> Figure:
    """Both Jacobian images at the window, the principal pixel framed, on one colour scale."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    axes = figure.subplots(1, 2)
    drawn = _shared(axes, (J.first, J.second), J.area, mode, gamma, pair.aspect)
    for ax, name in zip(axes, pair.names, strict=True):
        ax.set_title(f"∂y / ∂{name}")
        ax.plot(J.pixel[1], J.pixel[0], "s", mfc="none", mec="black", ms=8)
    _color_bar(figure, drawn, axes, shared_limit(J.first, J.second, mode), gamma, mode)
    figure.suptitle(f"{pair.title}: pixel (row {J.pixel[0]}, column {J.pixel[1]}), y = {J.fused:.4f}")
    return figure


def attribution_figure(found: Attribution, pair: ImagePair, asked: str, mode: str, gamma: float) -> Figure:
    """Both inputs' attributions at the window on one colour scale; ``asked`` says of what."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    axes = figure.subplots(1, 2)
    images = found.first, found.second
    drawn = _shared(axes, images, found.area, mode, gamma, pair.aspect)
    for ax, name in zip(axes, pair.names, strict=True):
        ax.set_title(f"attribution to {name}")
    _color_bar(figure, drawn, axes, shared_limit(*images, mode), gamma, mode, symbol="a")
    figure.suptitle(f"{pair.title}: {asked}, y = {found.value:.4f}")
    return figure


def guidance_figure(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    fused: NDArray[np.float32],
    pair: ImagePair,
    mode: str,
    gamma: float,
    note: str = "",
) -> Figure:
    """Both guidance images on one scale, their overlay on the fused image, and their scatterplot.

    ``note`` says how far off they are where they were estimated: it stands behind the pair's title, and their
    frames are dashed.
    """
    figure = Figure(figsize=(10, 9), layout="constrained")
    axes = figure.subplots(2, 2)
    drawn = _shared(axes[0], (first, second), whole(pair.shape), mode, gamma, pair.aspect)
    for ax, name in zip(axes[0], pair.names, strict=True):
        ax.set_title(f"guidance of {name}: ∂y / ∂{name} at its own place")
    _color_bar(figure, drawn, axes[0], shared_limit(first, second, mode), gamma, mode)
    axes[1, 0].imshow(guidance_rgb(first, second, fused), aspect=pair.aspect)
    axes[1, 0].set_title(f"red {pair.names[0]}, green {pair.names[1]}, blue fused")
    _scatterplot(axes[1, 1], first, second, pair.names)
    axes[1, 1].set_title("no correlation of what is estimated" if note else str(correlation(first, second)))
    for spine in (spine for ax in axes.flat for spine in ax.spines.values() if note):
        spine.set(linestyle=(0, (5, 4)), linewidth=1.5)
    figure.suptitle(f"{pair.title} ({note})" if note else pair.title)
    return figure


def _shared(
    axes: NDArray[np.object_],
    images: tuple[NDArray[np.float32], NDArray[np.float32]],
    area: Window,
    mode: str,
    gamma: float,
    aspect: float,
) -> AxesImage:
    limit = shared_limit(*images, mode)
    least, colormap = (-1, "RdBu_r") if mode == "signed" else (0, "viridis")
    extent = (area.left - 0.5, area.right - 0.5, area.bottom - 0.5, area.top - 0.5)
    for ax, values in zip(axes, images, strict=True):
        drawn: AxesImage = ax.imshow(
            scaled(values, limit, gamma, mode), cmap=colormap, vmin=least, vmax=1, extent=extent, aspect=aspect
        )
        ax.set(xlabel="column", ylabel="row")
        ax.locator_params(integer=True)
    return drawn


def _color_bar(
    figure: Figure,
    drawn: AxesImage,
    axes: NDArray[np.object_],
    limit: float,
    gamma: float,
    mode: str,
    symbol: str = "∂y/∂x",
) -> None:
    """One bar for both images, its ticks labelled with their values, not with positions on the scale."""
    places = np.linspace(-1 if mode == "signed" else 0, 1, 5)
    values = np.sign(places) * limit * np.abs(places) ** (1 / gamma)
    bar = figure.colorbar(drawn, ax=list(axes), ticks=places.tolist())
    bar.ax.set_yticklabels([f"{value:.3g}" for value in values])
    bar.set_label({"signed": symbol, "magnitude": f"|{symbol}|", "fusevis": f"max({symbol}, 0)"}[mode])


def _scatterplot(
    ax: Axes, first: NDArray[np.float32], second: NDArray[np.float32], names: tuple[str, str]
) -> None:
    step = max(1, -(-first.size // POINTS))
    ax.scatter(first.ravel()[::step], second.ravel()[::step], s=2, c="0.25", linewidths=0, rasterized=True)
    ax.set(xlabel=f"guidance of {names[0]}", ylabel=f"guidance of {names[1]}")
