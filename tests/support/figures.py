"""What a Plotly figure or a patch of one holds."""

import base64
import io

import numpy as np
from dash import Patch
from PIL import Image


def pixels(figure):
    source = patched(figure)["data"][0]["source"] if isinstance(figure, Patch) else figure.data[0].source
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))


def patched(patch):
    assert isinstance(patch, Patch)
    return {
        ".".join(map(str, each["location"])): each["params"]["value"]
        for each in patch.to_plotly_json()["operations"]
    }
