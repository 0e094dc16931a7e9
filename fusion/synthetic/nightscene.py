"""Registered visible–infrared pairs: a street at night with warm bodies in it, every region labelled.

One street is drawn and met by the rays of one camera position at twice the asked resolution; light is computed for
the visible camera, temperature is read off for the infrared one. Both look through the same window, so the pair
is registered to the pixel.
"""

from __future__ import annotations

import numpy as np

from fusion.data.color import luminance
from fusion.data.pairs import ImagePair
from fusion.data.picture import to_unit_range
from fusion.synthetic.night.backdrop import paint_backdrop
from fusion.synthetic.night.cameras import photograph, thermograph, through_lens
from fusion.synthetic.night.lighting import haze, lit
from fusion.synthetic.night.people_and_cars import paint_figures
from fusion.synthetic.night.scene_canvas import Camera, Canvas, Surface
from fusion.synthetic.night.street import Street
from fusion.synthetic.raster import OVERSAMPLING, check_whole, regions_of, to_pixels

SHAPE = 240, 320
"""Rows and columns, those of a common uncooled thermal camera."""


def nightscene(seed: int, shape: tuple[int, int] = SHAPE) -> ImagePair:
    """Draw street number `seed` at night as a registered pair: visible light first, infrared second.

    The visible camera sees what lamps, headlights, shops and lit rooms shine on: paint, plaster and clothes in
    colour, their mirror images on wet asphalt, light scattered by damp air. Its lens spreads the light of an
    oncoming car over whoever walks in front of it, its sensor saturates there, and is all noise where no
    lamp reaches. The infrared camera (8 to 14 µm) sees each surface's own warmth and no light at all: skin, then
    clothes, engines, tyres that have rolled, lamp heads; lit rooms behind their panes; asphalt still warm
    from the day; and, cold, a clear sky with all that mirrors it: puddles, dark panes, the roof of a parked car.
    Two persons walk under lamps; of the other two, one is lost in glare, one in the dark.

    Parameters
    ----------
    seed : int
        0 or more; equal seeds give equal pairs.
    shape : two int
        Rows and columns, 64 to 1024 each. The street keeps its place; a wider picture sees more of the walls.

    Returns
    -------
    ImagePair
        Both images float32 (H, W) from exactly 0 to exactly 1, the visible one's colours beside it, and eight
        disjoint regions: "person" (both under lamps), "person in glare", "person in the dark", "vehicle", "lamp",
        "road", "building", "sky".

    Raises
    ------
    InputError
        If the seed is not a non-negative integer, or the shape is not two whole numbers from 64 to 1024.

    Examples
    --------
    >>> pair = nightscene(3, shape=(90, 121))
    >>> pair.title, pair.names, pair.shape
    ('Night scene 3', ('Visible', 'Infrared'), (90, 121))
    >>> warm, cold = pair.regions["person in the dark"], pair.regions["sky"]
    >>> bool(pair.second[warm].min() > pair.second[cold].max())
    True
    """
    check_whole("The night scene's seed", seed, 0)
    rows, columns = shape
    check_whole("The night scene's number of rows", rows, 64, 1024)
    check_whole("The night scene's number of columns", columns, 64, 1024)
    rng = np.random.default_rng(int(seed))
    street = Street.draw(rng)
    fine = Camera(rows * OVERSAMPLING, columns * OVERSAMPLING, street.camera_x, street.camera_height)
    coarse = Camera(rows, columns, street.camera_x, street.camera_height)
    canvas = Canvas.blank(fine)
    paint_backdrop(canvas, fine, street)
    paint_figures(canvas, fine, street)
    radiance = to_pixels(lit(canvas, fine, street)) + haze(coarse, street)
    color = photograph(through_lens(radiance, coarse.focal), rng)
    warmth = thermograph(to_pixels(canvas.celsius) - street.air, coarse.focal, rng)
    return ImagePair(
        first=to_unit_range(luminance(color)).astype(np.float32),
        second=to_unit_range(warmth).astype(np.float32),
        title=f"Night scene {seed}",
        names=("Visible", "Infrared"),
        first_color=color,
        regions=regions_of(canvas.surface, {_name(surface): [surface] for surface in Surface}),
    )


def _name(surface: Surface) -> str:
    return surface.name.lower().replace("_", " ")
