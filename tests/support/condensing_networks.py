"""Small networks that condense whole maps to numbers, in the ways that researchers' networks do."""

import torch
from torch import nn


class Gate(nn.Module):
    """Squeeze and excitation (Hu et al. 2018)."""

    def __init__(self, channels):
        super().__init__()
        self.squeeze, self.excite = nn.Linear(channels, 2), nn.Linear(2, channels)

    def forward(self, features):
        weights = self.excite(torch.relu(self.squeeze(features.mean((2, 3)))))
        return features * torch.sigmoid(weights)[..., None, None]


class Attended(nn.Module):
    """Channels weighed by their average and their largest value, as CBAM does (Woo et al. 2018)."""

    def __init__(self, channels):
        super().__init__()
        self.average, self.most = nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1)
        self.weigh = nn.Conv2d(channels, channels, 1)

    def forward(self, features):
        both = self.weigh(self.average(features)) + self.weigh(self.most(features))
        return features * torch.sigmoid(both)


class Standardised(nn.Module):
    """Each channel by its own mean and spread, by hand."""

    def forward(self, features):
        variance, mean = torch.var_mean(features, dim=(2, 3), keepdim=True)
        return (features - mean) / (variance + 1e-3).sqrt() + features.std() * features.amax(
            (-2, -1), keepdim=True
        )


class Residual(nn.Module):
    """What it is given and what its layers make of that."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, features):
        return features + self.layers(features)


class Condensing(nn.Module):
    """Both inputs through layers that condense maps; on an odd grid of stride ``stride``, resized back."""

    def __init__(self, *layers, stride=1):
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1, stride=stride)
        self.layers = nn.Sequential(*layers)
        self.last = nn.Conv2d(4, 1, 3, padding=1)
        self.up = nn.Upsample(scale_factor=stride, mode="bilinear") if stride > 1 else nn.Identity()

    def forward(self, first, second):
        features = self.layers(torch.tanh(self.first(torch.cat((first, second), 1))))
        return self.up(self.last(features))[..., : first.shape[-2], : first.shape[-1]]


def condensing(kind, seed=0):
    """One of `KINDS` with random weights, in float64."""
    torch.manual_seed(seed)
    net = KINDS[kind]()
    for part in net.modules():
        if isinstance(part, nn.InstanceNorm2d | nn.GroupNorm) and part.weight is not None:
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias)
    return net.double().eval().requires_grad_(False)


KINDS = {
    "squeeze and excitation": lambda: Condensing(Gate(4)),
    "two in sequence": lambda: Condensing(Gate(4), nn.Conv2d(4, 4, 3, padding=1), nn.SiLU(), Gate(4)),
    "in a residual": lambda: Condensing(Residual(nn.Conv2d(4, 4, 3, padding=1), Gate(4))),
    "after a stride": lambda: Condensing(Gate(4), stride=2),
    "average and largest": lambda: Condensing(Attended(4)),
    "by hand": lambda: Condensing(Standardised()),
    "instance norm": lambda: Condensing(nn.InstanceNorm2d(4), nn.SiLU()),
    "affine instance norm": lambda: Condensing(nn.InstanceNorm2d(4, affine=True), nn.ReLU()),
    "group norm": lambda: Condensing(nn.GroupNorm(2, 4), nn.Tanh()),
    "norms in sequence": lambda: Condensing(
        nn.InstanceNorm2d(4), nn.Conv2d(4, 4, 3, padding=1), nn.SiLU(), nn.GroupNorm(1, 4)
    ),
}
"""Networks that are local but for the numbers they find of the whole picture."""
