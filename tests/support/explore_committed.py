"""A committed pixel of Explore and services for it, for the tests of what the server answers."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
from dash import Patch
from flask import Flask
from PIL import Image

from dashboard.service.saliency_service import SaliencyService
from tests.support.explore_requests import NETWORK, PAIR, PIXEL
from tests.support.waiting import until

AT: Any = {
    "pair": PAIR,
    "network": NETWORK,
    "row": PIXEL[0],
    "col": PIXEL[1],
    "window": 11,
    "gamma1": 0.4,
    "gamma2": 0.6,
    "display": "magnitude",
    "colormap": "cividis",
    "color": False,
    "light": False,
    "serial": 7,
}


def pixels(figure):
    """The picture of a figure's first trace, decoded."""
    source = figure.data[0].source
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))


def patched(patch):
    """What a patch sets, by place."""
    assert isinstance(patch, Patch)
    return {
        ".".join(map(str, each["location"])): each["params"]["value"]
        for each in patch.to_plotly_json()["operations"]
    }


def finish(service, fused_pair):
    """Wait for a view's guidance; returns both images."""
    snapshot = until(lambda: (found := service.guidance(fused_pair)).failure or (found.is_complete and found))
    assert not snapshot.failure
    return snapshot.images


def fresh(settings, cache):
    """A service that has computed nothing yet."""
    return SaliencyService(replace(settings, cache=cache), Flask("fresh"))
