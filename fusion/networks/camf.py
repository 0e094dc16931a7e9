"""CAMF: an auto-encoder whose features are weighed by what a modality classifier found telling."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fusion.errors import InputError
from fusion.layers.blocks import FusionNetwork
from fusion.layers.feature_rules import FEATURE_RULES
from fusion.method.inner_views import InnerView, pictures
from fusion.method.registry import register

STRIDE = 4
"""The features are this much coarser than the images."""
CHANNELS = 128
"""Feature maps of each image in the paper's network."""
MARGIN = 2
"""Pixels of border that the decoder's two unpadded convolutions use up."""
OWN_RULE = "class activation"
"""What CAMF's own way to merge features is called beside the hand-made rules."""


@register(
    name="CAMF",
    reference="Tang et al., IEEE TMM 2023, doi 10.1109/TMM.2023.3326296",
    summary="Weighs each deep feature by how well it tells MRI from PET or SPECT; shows the features and weights.",
    order=50,
    bounds=(0.0, 1.0),
    trainer="fusion.cli.train_camf",
)
class CAMF(FusionNetwork):
    """Auto-encoder, modality classifier, and a fusion rule made of the classifier's weights.

    The features of image k are multiplied by w_k = ½·tanh(d_k) + ½, where d_k is the column of the
    classifier's dense layer for class k, divided by its mean over channels; both are added and decoded. The
    weights belong to the trained network and not to the picture, so a fused pixel depends on a bounded
    neighbourhood, on a grid of stride 4.

    Any size of one pixel or more: the images are continued by their border values to a multiple of 4, and
    the result is cut to the exact size.

    Parameters
    ----------
    channels : int
        Feature maps of each image; trained weights have the paper's 128.

    Attributes
    ----------
    rule : str
        How the two sets of features are merged: ``"class activation"`` or a name of
        `fusion.layers.feature_rules.FEATURE_RULES`.
    """

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.rule = OWN_RULE
        self.encoder = nn.Sequential(
            *_layer(1, 16),
            *_layer(16, 32, stride=2),
            *_layer(32, 64, stride=2),
            *_layer(64, channels),
            *_layer(channels, channels),
            *_layer(channels, channels),
        )
        self.decoder = nn.Sequential(
            *_layer(channels, channels),
            *_layer(channels, channels),
            Doubled(),
            *_layer(channels, 64),
            Doubled(),
            *_layer(64, 32, padding=0),
            *_layer(32, 32, padding=0),
            nn.Conv2d(32, 1, 1),
            nn.Tanh(),
        )
        self.classifier = ModalityClassifier(channels)
        _initialise(self.encoder)
        _initialise(self.decoder)

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W) inputs; the result lies in [0, 1]."""
        return self.decode(self.merged(self.encode(first), self.encode(second)), first.shape)

    def encode(self, image: Tensor) -> Tensor:
        """Features (N, C, ⌈H/4⌉ + 1, ⌈W/4⌉ + 1) of an image (N, 1, H, W) in [0, 1]."""
        height, width = image.shape[-2:]
        if not height or not width:
            raise InputError(f"CAMF takes images of at least 1 × 1 pixel; this one has {height} × {width}.")
        bottom, right = (MARGIN + -length % STRIDE for length in (height, width))
        continued = F.pad(2 * image - 1, (MARGIN, right, MARGIN, bottom), mode="replicate")
        features: Tensor = self.encoder(continued)
        return features

    def decode(self, features: Tensor, shape: torch.Size) -> Tensor:
        """The image (N, 1, H, W) in [0, 1] that features of an image of ``shape`` stand for."""
        height, width = shape[-2:]
        decoded: Tensor = self.decoder(features)[..., :height, :width]
        return (decoded + 1) / 2

    def reconstruct(self, image: Tensor) -> Tensor:
        """What the auto-encoder alone makes of an image (N, 1, H, W) in [0, 1]; the same shape and range."""
        return self.decode(self.encode(image), image.shape)

    def merged(self, first: Tensor, second: Tensor) -> Tensor:
        """Both images' features as one set, by ``rule``."""
        if self.rule in FEATURE_RULES:
            return FEATURE_RULES[self.rule](first, second)
        weight_first, weight_second = self.channel_weights()
        merged: Tensor = weight_first[:, None, None] * first + weight_second[:, None, None] * second
        return merged

    def channel_weights(self) -> Tensor:
        """How much each channel counts for each image: (2, C), above 0, each row's mean 1."""
        weights = 0.5 * torch.tanh(self.classifier.dense.weight) + 0.5
        return weights / weights.mean(dim=1, keepdim=True)

    def with_rule(self, rule: str) -> CAMF:
        """Take another rule: a network of the same weights that merges features in that way.

        Raises
        ------
        InputError
            No rule goes by that name.

        Examples
        --------
        >>> CAMF().with_rule("maximum").rule
        'maximum'
        """
        known = (OWN_RULE, *FEATURE_RULES)
        if rule not in known:
            raise InputError(f"CAMF merges features by {', '.join(known)}; there is no rule {rule!r}.")
        other = copy.copy(self)  # layers and weights are shared
        other.rule = rule
        return other

    def variants(self) -> Mapping[str, CAMF]:
        """The same features merged by hand-made rules, by what a table calls them.

        Examples
        --------
        >>> list(CAMF().variants())
        ['mean of features', 'addition of features', 'maximum of features', 'ℓ1-norm of features']
        """
        return {f"{rule} of features": self.with_rule(rule) for rule in FEATURE_RULES}

    def inside(self, first: Tensor, second: Tensor) -> tuple[InnerView, ...]:
        """The feature maps of both images with their weights, and the pictures other rules would give."""
        weights = self.channel_weights()
        return (
            _feature_view("first", self.encode(first), weights[0]),
            _feature_view("second", self.encode(second), weights[1]),
            self._rules_view(first, second),
        )

    def _rules_view(self, first: Tensor, second: Tensor) -> InnerView:
        rules = (OWN_RULE, *FEATURE_RULES)
        fused = [self.with_rule(rule)(first, second) for rule in rules]
        return InnerView(
            title="The same features, merged by other rules",
            meaning="The fused picture by class activation weights, and what the same encoder and decoder make "
            "of hand-made rules. What differs between them is the rule alone.",
            images=pictures(torch.cat(fused)),
            labels=rules,
            common_scale=True,
        )


class ModalityClassifier(nn.Module):
    """Tell from the C feature maps of an image which of the two modalities it is.

    Every layer before the dense one keeps the channels apart, so that a column of the dense layer says what
    each channel counts for a class (class activation mapping: Zhou et al. 2016).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stages = nn.Sequential(*(Branches(channels, stride) for stride in (1, 2, 1, 2)))
        self.dense = nn.Linear(channels, 2)

    def forward(self, features: Tensor) -> Tensor:
        """Scores (N, 2), the first image's modality first, of features (N, C, h, w)."""
        scores: Tensor = self.dense(self.stages(features).mean(dim=(2, 3)))
        return scores


class Branches(nn.Module):
    """The sum of four depthwise 3 × 3 convolutions, each with its own ReLU."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        depthwise = partial(nn.Conv2d, channels, channels, 3, stride, padding=1, groups=channels)
        self.branches = nn.ModuleList(depthwise() for _ in range(4))

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, h, w) to the same, or to half its size where the stride is 2."""
        return torch.stack([F.relu(branch(features)) for branch in self.branches]).sum(dim=0)


class Doubled(nn.Module):
    """Bilinear interpolation to exactly twice the size.

    Corners are not aligned: then the sampling grid does not depend on the size of the picture, and a crop
    is enlarged just as the whole picture is.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, h, w) to (N, C, 2h, 2w)."""
        return F.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)


def _layer(inputs: int, outputs: int, stride: int = 1, padding: int = 1) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(inputs, outputs, 3, stride, padding), nn.ReLU()


def _initialise(layers: nn.Sequential) -> None:
    """Start so that eleven layers of ReLU neither fade (He et al. 2015) nor drive the last tanh flat."""
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    for layer in convolutions:
        small = layer.out_channels == 1
        nn.init.kaiming_normal_(layer.weight, nonlinearity="linear" if small else "relu")
        nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # every one has a bias
        if small:
            layer.weight.data.mul_(0.1)


def _feature_view(input_name: str, features: Tensor, weights: Tensor) -> InnerView:
    order = weights.argsort(descending=True).tolist()
    return InnerView(
        title=f"Feature maps of the {input_name} image",
        meaning=f"What the encoder finds in the {input_name} image, the heaviest first. A weight above 1 says "
        "that the classifier takes this feature for typical of the modality, so the fused image keeps more of it.",
        images=pictures(features)[order],
        labels=tuple(f"channel {channel}" for channel in order),
        weights=tuple(weights[order].tolist()),
        weight_name="class activation weight",
        common_scale=True,
    )
