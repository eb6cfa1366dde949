"""Tests of the arithmetic of dense tests."""

from __future__ import annotations

import pytest

from harness.models.layers import trace
from harness.models.rectifier import PreluLarge, PreluSmall, Vgg
from harness.models.sliding import Sliding

LARGE = PreluLarge(variant="a")
CROP = (3, 224, 224)


def cut(net: PreluLarge | PreluSmall | Vgg = LARGE, crop: tuple[int, int, int] = CROP) -> Sliding:
    """Return a net cut after its last map."""
    assert net.last_map is not None
    return Sliding.cut(net.layers(1000), net.last_map, crop)


@pytest.mark.parametrize(
    ("net", "window"), [(LARGE, 14), (PreluSmall(), 18), (Vgg(variant="vgg19", levels=(7, 3, 2, 1)), 14)]
)
def test_window_is_the_last_map_of_a_view(net: PreluLarge, window: int) -> None:
    """The window is the last map of a view: 14 x 14 in large models (PReLU section 3), 18 x 18 in model E (Table 1)."""
    assert cut(net).window() == window


def test_cut_loses_no_layer() -> None:
    """Convolutions, pyramid and rest together are the chain."""
    parts = cut()
    assert (*parts.maps, parts.pyramid, *parts.rest) == LARGE.layers(1000)
    assert parts.maps[-1].name == LARGE.last_map


def test_windows_are_counted_one_step_apart() -> None:
    """Windows are one position apart: a last map of 16 x 21 has 3 x 8 windows of 14, and a view has one."""
    assert cut().positions(14, (3, 256, 341)) == 3 * 8
    assert cut().positions(14, CROP) == 1


def test_image_smaller_than_a_window_is_refused() -> None:
    """An image smaller than a window is refused with the size of its maps."""
    with pytest.raises(ValueError, match="a window of 14 does not fit in a last map of 12 x 16"):
        cut().positions(14, (3, 192, 256))


def test_one_window_costs_one_view() -> None:
    """One window costs the multiply-adds of the plain chain."""
    whole = sum(layer.multiply_adds for layer in trace(LARGE.layers(1000), CROP))
    assert cut().multiply_adds(14, CROP) == whole


def test_convolutions_cost_once_and_the_rest_for_every_window() -> None:
    """Convolutions cost once and the rest for each of 24 windows."""
    image = (3, 256, 341)
    once = sum(layer.multiply_adds for layer in trace(cut().maps, image))
    fc = 63 * 512 * 4096 + 4096 * 4096 + 4096 * 1000
    assert cut().multiply_adds(14, image) == once + 24 * fc


def test_map_that_is_no_square_has_no_window_of_its_own() -> None:
    """A map that is not square has no window of its own."""
    with pytest.raises(ValueError, match="14 x 16, no square"):
        cut(crop=(3, 224, 256)).window()
