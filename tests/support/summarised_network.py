"""A small network with pair summaries."""

import torch
from torch import nn

from fusion.method.pair_summaries import SummaryTerm
from saliency.receptive_field.locality import Locality, remember
from tests.support.networks import frozen

WHOLE = Locality(0, is_local=False, reason="It sees everything.")


class Summarised(nn.Module):
    """Fuses by how bright what is above ½ is on average in either image, and by the pixels around."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.layer = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.SiLU(), nn.Conv2d(3, 1, 1))
        self.summary_count, self.summary_steps = 3, 2
        self.begun = []

    def held_maps(self, first, second):
        return (first > second).to(first).detach()

    def summary_terms(self, step, first, second, maps):
        self.begun.append(step)
        image = (first, second)[step]
        yield SummaryTerm(step, (image * maps).mean())
        yield SummaryTerm(2, (image**2).mean())  # of both

    def fuse_with(self, first, second, maps, summaries):
        one, other, both = summaries[0]
        return self.layer(torch.cat((first * one.exp() + maps, second * other), 1)) * both

    def forward(self, first, second):
        maps = self.held_maps(first, second)
        ones, others = (image.flatten(1) for image in (first * maps, second * maps))
        squares = (first**2 + second**2).mean((1, 2, 3))
        summaries = torch.stack((ones.mean(1), others.mean(1), squares), 1)
        return torch.cat([self.fuse_with(*each) for each in self.singly(first, second, maps, summaries)])

    def singly(self, *batches):
        return ([batch[place : place + 1] for batch in batches] for place in range(len(batches[0])))


def ready(net, dtype=torch.float64):
    net = frozen(net).to(dtype)
    remember(net, WHOLE)
    return net
