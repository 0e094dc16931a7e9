"""Flicker and blend on Compare: what stands on the canvases while a key is held and a slider is moved."""

import numpy as np
import pytest


def live(compare, network, image):
    """The canvas on the screen, cross-hair and all."""
    return compare.picture(
        f"document.querySelector(\".column[data-network='{network}'] "
        f".panel[data-image={image}][data-zoom='0'] canvas.live\")"
    ).astype(int)


def slide(compare, percent):
    compare.page.get_by_role("slider", name="each network with the reference").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", percent
    )


@pytest.mark.parametrize("image", ["fused", "guidance1"])
def test_a_held_key_shows_the_reference_s_picture_in_place(compare, image):
    compare.hover("DeepFuse", "fused", (30, 30))
    reference, own = live(compare, "DeepFuse", image), live(compare, "FunFuseAn", image)
    assert np.abs(reference - own).max() > 40
    compare.page.keyboard.down("x")
    held = live(compare, "FunFuseAn", image)
    compare.page.keyboard.up("x")
    assert np.abs(held - reference).max() <= 1
    assert np.abs(live(compare, "FunFuseAn", image) - own).max() == 0


def test_a_slider_blends_with_the_reference(compare):
    compare.hover("DeepFuse", "fused", (30, 30))
    reference, own = live(compare, "DeepFuse", "fused"), live(compare, "FunFuseAn", "fused")
    slide(compare, 50)
    blended = live(compare, "FunFuseAn", "fused")
    assert np.abs(live(compare, "DeepFuse", "fused") - reference).max() == 0  # the reference itself stays
    slide(compare, 0)
    assert np.abs(blended - (reference + own) / 2).max() <= 2
    assert np.abs(live(compare, "FunFuseAn", "fused") - own).max() == 0


def test_the_inputs_flicker_with_each_other(compare):
    def first():
        return compare.picture("document.querySelector('.row-heads [data-image=first] canvas.live')").astype(int)

    def second():
        return compare.picture("document.querySelector('.row-heads [data-image=second] canvas.live')").astype(int)

    compare.hover("DeepFuse", "fused", (30, 30))
    before = first(), second()
    assert np.abs(before[0] - before[1]).max() > 40
    compare.page.keyboard.down("x")
    held = first(), second()
    compare.page.keyboard.up("x")
    assert [np.abs(one - other).max() for one, other in zip(held, before[::-1], strict=True)] == [0, 0]


def test_the_inputs_lie_over_each_other_and_say_so(compare):
    def first():
        return compare.picture("document.querySelector('.row-heads [data-image=first] canvas.live')").astype(int)

    compare.hover("DeepFuse", "fused", (30, 30))
    before, look = first(), compare.page.locator(".input-look select")
    look.select_option(label="Checkerboard")
    changed = np.abs(first() - before).max(axis=-1) > 0
    assert 0.2 < changed.mean() < 0.6
    panel = compare.page.locator(".row-heads [data-image=first] .plot")
    assert panel.get_attribute("aria-label") == "checkerboard of MRI and PET"
    assert panel.locator(".overlaid").inner_text() == "checkerboard of MRI and PET"
    look.select_option(label="Apart")
    assert np.abs(first() - before).max() == 0
