"""The arithmetic of a dense test."""

from __future__ import annotations

import pytest

from harness.models.layers import trace
from harness.models.rectifier import PreluLarge, PreluSmall, Vgg
from harness.models.sliding import Sliding

LARGE = PreluLarge(variant="a")
CROP = (3, 224, 224)


def cut(net: PreluLarge | PreluSmall | Vgg = LARGE, crop: tuple[int, int, int] = CROP) -> Sliding:
    """A net after its last map."""
    assert net.last_map is not None
    return Sliding.cut(net.layers(1000), net.last_map, crop)


@pytest.mark.parametrize(
    ("net", "window"), [(LARGE, 14), (PreluSmall(), 18), (Vgg(variant="vgg19", levels=(7, 3, 2, 1)), 14)]
)
def test_window_is_the_last_map_of_a_view(net: PreluLarge, window: int) -> None:
    """14 x 14 for the large models (PReLU, section 3), 18 x 18 for model E (Table 1)."""
    assert cut(net).window() == window


def test_cut_loses_no_layer() -> None:
    """Convolutions, the pyramid and the rest are the chain."""
    parts = cut()
    assert (*parts.maps, parts.pyramid, *parts.rest) == LARGE.layers(1000)
    assert parts.maps[-1].name == LARGE.last_map


def test_windows_are_counted_one_step_apart() -> None:
    """A last map of 16 x 21 has 3 x 8 windows of 14; one view has one."""
    assert cut().positions(14, (3, 256, 341)) == 3 * 8
    assert cut().positions(14, CROP) == 1


def test_image_smaller_than_a_window_is_refused() -> None:
    """The message has the size of the maps."""
    with pytest.raises(ValueError, match="a window of 14 does not fit in a last map of 12 x 16"):
        cut().positions(14, (3, 192, 256))


def test_one_window_costs_one_view() -> None:
    """The multiply-adds of the plain chain, which the papers' complexities are counted in."""
    whole = sum(layer.multiply_adds for layer in trace(LARGE.layers(1000), CROP))
    assert cut().multiply_adds(14, CROP) == whole


def test_convolutions_cost_once_and_the_rest_for_every_window() -> None:
    """What dense testing saves: 24 windows share one pass of the convolutions."""
    image = (3, 256, 341)
    once = sum(layer.multiply_adds for layer in trace(cut().maps, image))
    fc = 63 * 512 * 4096 + 4096 * 4096 + 4096 * 1000
    assert cut().multiply_adds(14, image) == once + 24 * fc


def test_map_that_is_no_square_has_no_window_of_its_own() -> None:
    """Only squares slide."""
    with pytest.raises(ValueError, match="14 x 16, no square"):
        cut(crop=(3, 224, 256)).window()
