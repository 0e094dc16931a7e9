"""Printed figures, opened again: the pictures' pixels, the text, the fonts, the pages."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg
from PIL import Image
from pypdf import PdfReader

import saliency
from dashboard.imaging.encoding import colored, to_bytes
from dashboard.option_values import FORMATS, HOSPITAL, PAPER
from dashboard.report.export_request import parse_export
from dashboard.report.legend import nice_length
from dashboard.report.number_table import NumberTable, table_csv
from dashboard.report.page_canvas import INCH, LARGEST, SMALL, PageCanvas, house_style
from dashboard.report.provenance import NOTICE
from dashboard.report.tables import table_figure
from saliency.measures.display import shared_limit
from tests.support.report_helpers import DAY, PAIR, PIXEL, file, views

ROOT = Path(__file__).resolve().parents[3]

NETWORKS = ("Weighted Averaging", "DeepFuse")
BOTH = (PIXEL, (5, 60))
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def embedded(svg):
    """The pictures of an SVG, decoded, the largest first."""
    import base64

    root = ElementTree.fromstring(svg)
    sources = [each.get(LINK) for each in root.iter(f"{SVG}image")]
    images = [np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))) for source in sources]
    return sorted(images, key=lambda image: -image.shape[0] * image.shape[1])


def words_of(svg):
    return " ".join("".join(each.itertext()).strip() for each in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def pages_of(pdf):
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def holds(images, expected):
    """Whether a picture lies unchanged among the embedded ones; Matplotlib stores them upside down or not."""
    return any(
        image.shape[:2] == expected.shape[:2]
        and any(np.array_equal(turned[..., :3], expected) for turned in (image, image[::-1]))
        for image in images
    )


@pytest.mark.parametrize("display", ["magnitude", "signed", "fusevis"])
def test_a_jacobian_is_embedded_pixel_by_pixel_in_the_colours_of_the_page(service, world, display):
    J = saliency.jacobian(world.networks["DeepFuse"], world.pairs[PAIR], PIXEL)
    expected = colored(J.full()[1], shared_limit(J.first, J.second, display), 0.4, display, "cividis")
    svg = file(service, "panel", "svg", panel="p", gamma1=0.4, display=display, colormap="cividis")
    assert holds(embedded(svg), expected)


def test_a_zoom_holds_the_window_alone(service, world):
    pair = world.pairs[PAIR]
    svg = file(service, "panel", "svg", panel="b", window=21)
    grey = np.repeat(to_bytes(pair.first[10:31, 21:42])[..., None], 3, axis=-1)
    assert holds(embedded(svg), grey)


def test_a_zoom_at_the_border_keeps_its_scale_and_leaves_the_outside_empty(service, world):
    png = file(service, "panel", "png", panel="m", window=21, pixels=[(0, 0)], dpi=300)
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    red = (np.abs(image.astype(int) - [224, 49, 49]).max(axis=-1) < 40).nonzero()
    top, bottom, left, right = red[0].min(), red[0].max(), red[1].min(), red[1].max()
    side = (bottom - top) / 21
    assert right - left == pytest.approx(bottom - top, abs=3)
    levels = to_bytes(world.pairs[PAIR].second)
    for row, col in ((3, 4), (9, 9), (1, 8)):
        at = round(top + (row + 10.5) * side), round(left + (col + 10.5) * side)
        assert abs(int(image[at][0]) - int(levels[row, col])) <= 1
    assert (image[round(top + 4.5 * side), round(left + 4.5 * side)] == 255).all()


def test_a_png_shows_every_pixel_as_a_sharp_block_at_its_resolution(service, world):
    png = file(service, "panel", "png", panel="g", dpi=600)
    opened = Image.open(io.BytesIO(png))
    assert opened.info["dpi"] == pytest.approx((600, 600), abs=0.1)
    assert opened.size[0] == pytest.approx(85 / 25.4 * 600, abs=1)
    image = np.asarray(opened.convert("RGB")).astype(int)
    fused = to_bytes(saliency.fused_image(world.networks["DeepFuse"], world.pairs[PAIR]))
    scale, (left, top) = 83 / 72 / 25.4 * 600, (1 / 25.4 * 600, (1 + 3.6 + 1) / 25.4 * 600)
    for row, col in ((1, 2), (47, 0), (12, 70), (40, 33)):
        block = [
            image[int(top + (row + a) * scale), int(left + (col + b) * scale)]
            for a in (0.3, 0.7)
            for b in (0.3, 0.7)
        ]
        assert np.abs(np.array(block) - int(fused[row, col])).max() <= 1, (row, col)


def test_every_scale_says_its_derivatives_and_the_line_where_it_comes_from(service, world):
    words = words_of(file(service, "explore", "svg"))
    J = saliency.jacobian(world.networks["DeepFuse"], world.pairs[PAIR], PIXEL)
    assert f"{shared_limit(J.first, J.second, 'magnitude'):.3g}" in words
    for piece in (
        "Jacobian |∂y/∂x|, γ1 = 0.3",
        "Guidance |∂y/∂x|, γ2 = 0.5",
        "20 pixels",
        "Fused, DeepFuse",
        "pixel row 20, column 31",
        "window 31 × 31",
        "2026-11-21",
        NOTICE,
        f"weights {service.network_pool.get('DeepFuse').weights[:8]}",
        "torch 2.",
    ):
        assert piece in words, piece
    for letter in "abcdefghijklmnopq":
        assert f" {letter} " in f" {words} ", letter


@pytest.fixture(scope="module")
def printed(service):
    """A figure or report of both networks, the paper's at two pixels, printed once for the tests that read it."""
    return cache(lambda what, kind: file(service, what, kind, NETWORKS, BOTH if what in PAPER else BOTH[:1]))


@pytest.mark.parametrize("what", ["explore", "compare", *PAPER])
def test_no_type_is_smaller_than_six_points(printed, what):
    svg = printed(what, "svg").decode()
    sizes = [float(part.split("px")[0]) for part in svg.split("font-size: ")[1:]]
    assert len(sizes) > 5
    assert min(sizes) >= SMALL - 0.01


@pytest.mark.slow
@pytest.mark.parametrize("what", [*PAPER, "compare", "explore"])
def test_a_pdf_has_its_text_as_text_in_truetype(printed, what):
    pdf = printed(what, "pdf")
    reader = PdfReader(io.BytesIO(pdf))
    (page,) = reader.pages
    fonts = [each.get_object() for each in page["/Resources"]["/Font"].values()]
    assert {font["/Subtype"] for font in fonts} == {"/Type0"}
    assert float(page.mediabox.width) / 72 * 25.4 == pytest.approx(180 if what == "explore" else 120, abs=60.1)
    (words,) = pages_of(pdf)
    assert NOTICE in words
    for name in NETWORKS[: 1 if what == "explore" else 2]:
        assert name in words
    if what in PAPER:
        assert "row 20, column 31 and row 5, column 60" in words


@pytest.mark.slow
def test_the_papers_figures_show_what_the_paper_shows(service, world):
    pair = world.pairs[PAIR]
    shown = {what: embedded(file(service, what, "svg", NETWORKS, window=11)) for what in PAPER}
    fused = to_bytes(saliency.fused_image(world.networks["DeepFuse"], pair))
    grey = lambda image: np.repeat(image[..., None], 3, axis=-1)  # noqa: E731
    around = np.s_[15:26, 26:37]
    for image in (to_bytes(pair.first), to_bytes(pair.second), fused):
        assert holds(shown["figure-4"], grey(image))
        assert holds(shown["figure-4"], grey(image[around]))
    guidance = {name: saliency.guidance(world.networks[name], pair) for name in NETWORKS}
    limit = max(shared_limit(G.first, G.second, "magnitude") for G in guidance.values())
    for G in guidance.values():
        for values in (G.first, G.second):
            assert holds(shown["figure-5"], colored(values[around], limit, 0.5, "magnitude", "viridis"))
    rgb = to_bytes(
        saliency.guidance_rgb(
            guidance["DeepFuse"].first,
            guidance["DeepFuse"].second,
            saliency.fused_image(world.networks["DeepFuse"], pair),
        )
    )
    assert holds(shown["figure-6"], rgb)
    assert holds(shown["figure-6"], rgb[around])
    jacobians = [saliency.jacobian(world.networks[name], pair, PIXEL) for name in NETWORKS]
    limit = max(shared_limit(J.first, J.second, "magnitude") for J in jacobians)
    for J in jacobians:
        assert holds(shown["figure-7"], colored(J.full()[0][around], limit, 0.3, "magnitude", "viridis"))


def test_networks_side_by_side_have_the_inputs_in_front(service, world):
    pair = world.pairs[PAIR]
    svg = file(service, "compare", "svg", NETWORKS, window=11)
    grey = lambda image: np.repeat(to_bytes(image)[..., None], 3, axis=-1)  # noqa: E731
    around = np.s_[15:26, 26:37]
    for image in (pair.first, pair.second):
        assert holds(embedded(svg), grey(image))
        assert holds(embedded(svg), grey(image[around]))
    words = words_of(svg)
    assert words.index("MRI") < words.index("PET") < words.index("Weighted Averaging") < words.index("DeepFuse")


def test_networks_share_a_scale_or_have_their_own(service, world):
    J = saliency.jacobian(world.networks["DeepFuse"], world.pairs[PAIR], PIXEL)
    own = shared_limit(J.first, J.second, "magnitude")
    apart = file(service, "compare", "svg", NETWORKS, shared=0, window=11)
    expected = colored(J.full()[0][15:26, 26:37], own, 0.3, "magnitude", "viridis")
    assert holds(embedded(apart), expected)
    assert f"own max. {own:.3g}" in words_of(apart)
    assert "each network on its own scale" in words_of(apart)
    assert not holds(embedded(file(service, "compare", "svg", NETWORKS, window=11)), expected)


@pytest.mark.slow
def test_a_report_goes_from_provenance_to_definitions_with_a_footer_on_every_page(service, printed):
    pages = pages_of(printed("report", "pdf"))
    heads = (
        "how it was fused",
        "Guidance images",
        "Jacobian images",
        "side by side",
        "At row 20, column 31",
    )
    assert len(pages) >= len(heads)
    for number, page in enumerate(pages, 1):
        assert heads[min(number, len(heads)) - 1] in page or number > len(heads)
        assert f"page {number} of {len(pages)}" in page
        assert NOTICE in page
    assert service.catalogue.pair(PAIR).content_hash in pages[0].replace(" ", "")
    assert service.network_pool.get("DeepFuse").weights in pages[0].replace(" ", "")
    assert "Pearson" in pages[1]
    told = " ".join(pages[len(heads) - 1 :])
    assert "Fused images less that of Weighted Averaging" in told
    assert "What the pictures and numbers mean" in told
    assert "Principal pixel" in told


@pytest.mark.slow
def test_one_network_needs_no_comparison(service):
    assert len(pages_of(file(service, "report", "pdf"))) == 4


@pytest.mark.slow
def test_a_network_that_failed_leaves_the_others_standing(service):
    words = words_of(file(service, "compare", "svg", ("DeepFuse", "MaskNet")))
    assert "is not installed" in words
    assert "DeepFuse (weights" in words


@pytest.mark.slow
def test_two_threads_print_what_one_prints(service):
    requests = [parse_export("explore", "pdf", {}), parse_export("compare", "svg", {"display": "signed"})]
    found = [views(service, export_request, NETWORKS) for export_request in requests]
    from dashboard.report.render import rendered

    alone = [rendered(export_request, each, DAY) for export_request, each in zip(requests, found, strict=True)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda each: rendered(*each, DAY), 2 * list(zip(requests, found, strict=True))))
    assert together == 2 * alone


def test_a_table_undefined_numbers_included(service):
    from dashboard.report.page_canvas import house_style, saved
    from dashboard.report.provenance import provenance

    export_request = parse_export("panel", "png", {"panel": "a"})
    origin = provenance(views(service, export_request), DAY)
    table = NumberTable(
        "Region", ("network", "share MRI", "leakage"), (("A", 0.25, None), ("B", 1e-7, -3.0)), ("A note.",)
    )
    with house_style():
        words = words_of(saved(table_figure(table, origin), "svg", 300, origin))
    for piece in ("Region", "share MRI", "0.25", "–", "1.0e−07", "−3", "A note.", NOTICE):
        assert piece in words, piece
    rows = [line for line in table_csv(table, origin).decode().splitlines() if not line.startswith("#")]
    assert rows == ["network,share MRI,leakage", "A,0.25,", "B,1e-07,-3.0"]


def test_text_keeps_within_its_width():
    canvas = PageCanvas(85, 20)
    words, size = canvas.fitted("a name that is far too long for the place where it has to stand " * 2, 40, 8)
    assert size == SMALL
    assert words.endswith("…")
    assert canvas.breadth(words, size) <= 40
    lines = canvas.wrapped(["unbroken" * 20, " and more"], 30, SMALL)
    assert "".join(lines).replace(" ", "") == "unbroken" * 20 + "andmore"
    assert all(canvas.breadth(line, SMALL) <= 30 for line in lines)


def test_a_line_is_as_wide_at_every_resolution():
    words = "study / unequal · axial / 1 (MRI 1, MRI 1; images 9dcbce49) · Axial slice 1 of 1"
    with house_style():
        canvas = PageCanvas(85, 20)
        canvas.text(0, 0, words, SMALL)
        for dpi in (72, 150, 600):
            canvas.figure.set_dpi(dpi)
            drawn = canvas.figure.texts[0].get_window_extent(RendererAgg(1, 1, dpi)).width / dpi * INCH
            assert drawn == pytest.approx(canvas.breadth(words, SMALL), rel=3e-3)


@pytest.mark.parametrize(("grain", "spacing"), [(0.1, None), (0.02, 1.2), (3.0, None), (0.4, 0.05)])
def test_a_scale_bar_is_as_long_as_it_says(grain, spacing):
    length, words = nice_length(grain, spacing, 12.0)
    number, unit = words.split()
    assert length / grain * (spacing or 1) == pytest.approx(float(number))
    assert unit.startswith("mm" if spacing else "pixel")
    assert length <= 12 or float(number) == 1


def test_a_png_too_large_to_draw_is_refused_with_a_way_out(service):
    from dashboard.report.page_canvas import check_size
    from fusion import InputError

    with pytest.raises(InputError, match=r"choose \d+ or fewer, or PDF") as refused:
        check_size(180, 250, 1200)
    most = int(str(refused.value).split("choose ")[1].split()[0])
    assert 180 * 250 / 25.4**2 * most**2 <= LARGEST
    check_size(180, 250, most)


@pytest.mark.slow
def test_nothing_of_pyplot_and_no_figure_before_one_is_asked_for():
    check = (
        "import sys, dashboard.app; before = 'matplotlib.figure' in sys.modules;"
        "from dashboard.report import grids, layouts, pdf_report, tables;"
        "print(before, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.slow
def test_every_format_of_everything_is_made(service, printed):
    signs = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "csv": b"# ", "npz": b"PK"}
    for what, kinds in FORMATS.items():
        for kind in set(kinds) - set(HOSPITAL):
            words = {"panel": "k"} if what == "panel" else {}
            made = file(service, what, kind, dpi=72, **words) if words or kind == "png" else printed(what, kind)
            assert made.startswith(signs[kind]), (what, kind)
