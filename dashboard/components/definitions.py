"""What each picture and number of a report means, in a reader's words."""

from __future__ import annotations

DEFINITIONS: tuple[tuple[str, str], ...] = (
    (
        "Fused image",
        "What the network makes of both inputs. Each input was made grey and scaled from its own minimum to "
        "its own maximum; the fused image is shown on the same scale from 0 (black) to 1 (white), values "
        "beyond it cut off.",
    ),
    (
        "Principal pixel",
        "The one fused pixel that is questioned: the centre of the red box, itself framed in the zooms. Rows "
        "and columns are counted from 0 at the top left.",
    ),
    (
        "Jacobian images",
        "For the principal pixel: how much its fused value changes when one input pixel changes a little, for "
        "every pixel of each input. Bright places are those that made it. They are exact derivatives, "
        "computed by backpropagation through the network.",
    ),
    (
        "Guidance images",
        "For every pixel of the fused image: how much it changes when the input pixel at its own place "
        "changes a little. An overview of where the network listens to which input; what comes from "
        "neighbours is not in it.",
    ),
    (
        "Guidance RGB",
        "Both guidance images and the fused image laid over each other in red, green and blue. Each is "
        "stretched from its own minimum to its own maximum, so red and green tell where each input leads, not "
        "which is stronger.",
    ),
    (
        "Scatterplot",
        "The two guidance images against each other, one dot a pixel. Falling together from the upper left to "
        "the lower right means that one input gains where the other loses. Green: the pixels of the red box. "
        "Red ring: the principal pixel.",
    ),
    (
        "Derivative display",
        "Magnitude shows how strong an influence is, either way. Signed shows in red what raises the fused "
        "pixel and in blue what lowers it. FuseVis shows negative influence as none, as the paper's tool did.",
    ),
    (
        "γ1, γ2",
        "Exponents of the colour scales of the Jacobian and of the guidance images. Below 1 they lift faint "
        "values. They change colours only: colour bars are marked with the derivatives themselves.",
    ),
    (
        "Shared scale, own scale",
        "Both inputs always share one colour scale, so their colours compare. Several networks share it too, "
        "unless each picture says its own maximum; then colours compare within one network only.",
    ),
    (
        "x, y, ∂y/∂x",
        "At the principal pixel: the value of each input, of the fused image, and the derivative of the one "
        "by the other.",
    ),
    (
        "Σ |∂y/∂x| and share",
        "The sum of all sizes in a Jacobian image: how far the fused pixel could move if every pixel of that "
        "input moved by one unit. The share is its part of the sum over both inputs.",
    ),
    (
        "Share, 1 px off",
        "How far the first input's share changes for one pixel of misregistration: the largest change where "
        "the second input is moved by a pixel to each of its eight neighbouring places, from exact Jacobians "
        "of these eight pairs, in percentage points.",
    ),
    (
        "Changed pair",
        "What if the second input lay elsewhere, or an input were scaled from other values? The moved image "
        "is resampled linearly, turned about its centre and then moved; beyond its border its lowest value "
        "stands. Values beyond a fixed window are clipped. Everything is computed anew for a changed pair, "
        "which says what it is.",
    ),
    (
        "r (90 %)",
        "The radius around the principal pixel, in pixels, that holds 90 % of that sum: from how far around "
        "the input is mixed in.",
    ),
    (
        "Pearson, Spearman",
        "Correlation of the two guidance images over the pixels named: linear, and by rank. +1: they rise "
        "together; −1: one rises as the other falls; undefined where one of them is constant.",
    ),
    (
        "Weights, images",
        "The first digits of the SHA-256 of the network's weights and of both images: equal digits mean that "
        "the same weights and the same pictures were used.",
    ),
)
FILE_DEFINITIONS: tuple[tuple[str, str], ...] = (
    (
        "Secondary Capture, Parametric Map, NIfTI",
        "What a hospital takes. A Secondary Capture is a DICOM picture, to be looked at: as it is drawn, with its "
        "origin below it. A Parametric Map is DICOM with the values themselves at their place in the patient; "
        "NIfTI is the same for research programs.",
    ),
)
"""What files are; of no use in a report, which is one."""

MORE_DEFINITIONS: tuple[tuple[str, str], ...] = (
    (
        "Series",
        "The slices of one case. The guidance of all of them can be computed in the background: it is the same as "
        "that of each slice by itself, is kept, goes on when pages are closed and after a restart, and waits "
        "wherever somebody looks at something else. A slice that cannot be computed is named, and passed over. "
        "A region along the slices is the same pixels in each of them (of a threshold, those that it takes in "
        "there); its figures in a slice are those that Regions shows of that slice.",
    ),
    (
        "Leakage",
        "Of a region: the part of both inputs' influence on its fused pixels that comes from pixels outside it. A "
        "single pixel has none.",
    ),
    (
        "Contrast kept",
        "How distinct a region is from the ring around it in the fused image, as a part of how distinct it is in "
        "the functional image. 1: as distinct; below 0: inverted.",
    ),
    (
        "Trust card",
        "Three checks that the derivatives at a pixel could fail: against central differences in float64, under a "
        "little noise, and against a network with random weights, which must give another picture.",
    ),
    (
        "Range of the derivative",
        "How far the input pixel may change, either way, before the derivative is off by more than a tenth of the "
        "fused pixel's real change.",
    ),
    (
        "Ring",
        "The pixels around a region, as wide as is chosen, that its contrast is held against.",
    ),
    (
        "Proportions",
        "Where rows lie further apart than columns, or closer, as in slices across those of a scanner, each pixel "
        "is drawn so much higher or wider. Zooms, disks, rings and radii are counted in pixels all the same, and "
        "look longer that way; a turn of a changed pair is a turn in the patient.",
    ),
    (
        "Receptive field",
        "The square of input pixels that a fused pixel can depend on at all, measured by what a single undefined "
        "input pixel reaches. A network of which it is the whole image has no small window.",
    ),
    (
        "Window, level",
        "Which grey levels of a picture are spread over the screen's: the width of their range and its middle. It "
        "changes what is shown, never what a network is given.",
    ),
    (
        "Hatched",
        "Not computed yet: what has no value has no colour of a scale.",
    ),
)
"""Further words of the pages, which a report does not use."""
