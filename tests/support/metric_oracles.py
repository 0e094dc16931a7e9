"""Metrics written out as their papers have them: plain loops and dense arrays in float64, slow and independent."""

import math

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.signal import convolve2d


def spatial_frequency(y):
    height, width = y.shape
    rows = [(y[r, c] - y[r, c - 1]) ** 2 for r in range(height) for c in range(1, width)]
    columns = [(y[r, c] - y[r - 1, c]) ** 2 for r in range(1, height) for c in range(width)]
    return math.sqrt(sum(rows) / len(rows) + sum(columns) / len(columns))


def average_gradient(y):
    def slope(line, at):
        low, high = max(at - 1, 0), min(at + 1, len(line) - 1)
        return (line[high] - line[low]) / (high - low)

    height, width = y.shape
    steps = [
        math.sqrt((slope(y[r], c) ** 2 + slope(y[:, c], r) ** 2) / 2) for r in range(height) for c in range(width)
    ]
    return sum(steps) / len(steps)


def edge_preservation(a, b, y):
    """Q^AB/F pixel by pixel: Sobel by hand on a frame of zeros, the constants of the paper's reference values."""

    def edge(image, r, c):
        frame = np.pad(image, 1)[r : r + 3, c : c + 3]
        across = frame[:, 0] @ [1, 2, 1] - frame[:, 2] @ [1, 2, 1]
        down = frame[2] @ [1, 2, 1] - frame[0] @ [1, 2, 1]
        return math.hypot(across, down), math.atan(down / across) if across else math.pi / 2

    def kept(source, fused):
        (g, alpha), (h, beta) = source, fused
        ratio = 1 if g == h else min(g, h) / max(g, h)
        aligned = 1 - abs(alpha - beta) / (math.pi / 2)
        return 0.9994 / (1 + math.exp(-15 * (ratio - 0.5))) * 0.9879 / (1 + math.exp(-22 * (aligned - 0.8)))

    above = below = 0.0
    for r, c in np.ndindex(y.shape):
        fused = edge(y, r, c)
        for image in (a, b):
            source = edge(image, r, c)
            above += kept(source, fused) * source[0]
            below += source[0]
    return above / below


def visual_fidelity(x, y):
    """VIF of one input by full two-dimensional convolutions, case by case as its authors' program decides."""
    kept = there = 0.0
    for scale in range(1, 5):
        side = 2 ** (5 - scale) + 1
        offsets = np.arange(side) - side // 2
        window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * (side / 5) ** 2))
        window /= window.sum()

        def seen(image, window=window):
            return convolve2d(image, window, mode="valid")

        if scale > 1:
            x, y = seen(x)[::2, ::2], seen(y)[::2, ::2]
        mx, my = seen(x), seen(y)
        vx, vy, vxy = seen(x * x) - mx * mx, seen(y * y) - my * my, seen(x * y) - mx * my
        for place in np.ndindex(mx.shape):
            s, t, u = max(vx[place], 0), max(vy[place], 0), vxy[place]
            g = u / (s + 1e-10)
            v = t - g * u
            if s < 1e-10:
                g, v, s = 0, t, 0
            if t < 1e-10:
                g, v = 0, 0
            if g < 0:
                g, v = 0, t
            kept += math.log(1 + g * g * s / (max(v, 1e-10) + 2))
            there += math.log(1 + s / 2)
    return kept / there


def multiscale_similarity(x, y):
    """MS-SSIM of one input: scipy's Gaussian filter, pictures halved by means of 2×2 (odd ones padded by 0)."""
    product = 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):

        def smooth(image):
            return gaussian_filter(image, 1.5, truncate=5 / 1.5)[5:-5, 5:-5]

        mx, my = smooth(x), smooth(y)
        vx, vy, vxy = smooth(x * x) - mx**2, smooth(y * y) - my**2, smooth(x * y) - mx * my
        pattern = (2 * vxy + 58.5225) / (vx + vy + 58.5225)
        if scale == 4:
            pattern = pattern * (2 * mx * my + 6.5025) / (mx**2 + my**2 + 6.5025)
        product *= max(pattern.mean(), 0) ** weight
        x, y = halved(x), halved(y)
    return product


def halved(image):
    rows, columns = image.shape[0] % 2, image.shape[1] % 2
    image = np.pad(image, ((rows, 0), (columns, 0)))[: image.shape[0] + rows, : image.shape[1] + columns]
    return (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2]) / 4


def feature_information(a, b, y):
    """FMI patch by patch, with dense 9×9 joint distributions from the Fréchet bounds."""
    total = []
    for r, c in np.ndindex(y.shape[0] - 2, y.shape[1] - 2):
        fused = y[r : r + 3, c : c + 3].T.ravel()
        total += [patch_information(image[r : r + 3, c : c + 3].T.ravel(), fused) for image in (a, b)]
    return sum(total) / len(total)


def patch_information(one, other):
    if (one == other).all():
        return 1.0
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    p, q = ((patch - patch.min()) / (patch - patch.min()).sum() for patch in (one, other))
    hp, hq = bits(p), bits(q)
    if hp + hq == 0:
        return float((p == q).all())
    likeness = np.corrcoef(p, q)[0, 1]
    F, G = np.cumsum(p), np.cumsum(q)
    bound = np.empty((9, 9))
    for i, j in np.ndindex(9, 9):
        bound[i, j] = min(F[i], G[j]) if likeness >= 0 else max(F[i] + G[j] - 1, 0)
    extreme = np.diff(np.diff(np.pad(bound, ((1, 0), (1, 0))), axis=0), axis=1)
    covariance = sum(bound[i, j] - F[i] * G[j] for i, j in np.ndindex(9, 9))  # Hoeffding's identity
    places = np.arange(9)
    spread = math.sqrt(max(p @ places**2 - (p @ places) ** 2, 0) * max(q @ places**2 - (q @ places) ** 2, 0))
    share = min(likeness * spread / covariance, 1) if abs(covariance) > 1e-12 and spread > 1e-12 else 0
    joint = share * extreme + (1 - share) * np.outer(p, q)
    return 2 * (hp + hq - bits(joint.ravel())) / (hp + hq)


def bits(p):
    held = p[p > 0]
    return -float(held @ np.log2(held))
