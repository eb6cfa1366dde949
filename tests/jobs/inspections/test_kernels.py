"""Tests that colourfulness and orientation selectivity of kernels have the values that their definitions give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from inspected_nets import ALEXNET, InspectedNet

from harness.jobs.inspections import parsed
from harness.jobs.inspections.on_device.kernels import BANDS, colour_of_groups, colourfulness, orientation_selectivity
from harness.models.alexnet import AlexNet

KERNELS = hnp.arrays(np.float64, (4, 3, 5, 5), elements=st.floats(-100, 100, width=16))


def wave(degrees: float, side: int = 11) -> np.ndarray:
    """Return a grating of one orientation whose frequency lies on no border of bands, [1, 1, side, side]."""
    rows, columns = np.mgrid[:side, :side] - side / 2
    angle = np.deg2rad(degrees)
    window = np.hanning(side + 2)[1:-1]
    phase = 2 * np.pi * 0.25 * (columns * np.cos(angle) + rows * np.sin(angle))
    return (np.cos(phase) * window[:, None] * window)[None, None]


def test_a_kernel_alike_for_all_colours_has_none():
    """A kernel equal in all colours has colourfulness 0."""
    grey = np.random.default_rng(0).standard_normal((6, 1, 5, 5)).repeat(3, axis=1)

    assert colourfulness(grey) == pytest.approx(np.zeros(6), abs=1e-12)


def test_a_kernel_whose_colours_add_to_nothing_is_all_colour():
    """A kernel whose colours cancel everywhere has colourfulness 1."""
    pattern = np.random.default_rng(0).standard_normal((6, 5, 5))
    opponent = np.stack([pattern, -pattern, np.zeros_like(pattern)], 1)

    assert colourfulness(opponent) == pytest.approx(np.ones(6))


def test_one_colour_alone_is_two_thirds():
    """A kernel of a single colour has colourfulness 2/3, as independent noise has on average."""
    red = np.zeros((1, 3, 5, 5))
    red[:, 0] = 1
    noise = np.random.default_rng(0).standard_normal((2000, 3, 5, 5))

    assert colourfulness(red) == pytest.approx([2 / 3])
    assert colourfulness(noise).mean() == pytest.approx(2 / 3, abs=0.01)


@given(KERNELS)
def test_colourfulness_is_a_share(kernels):
    """Colourfulness lies between 0 and 1 for any weights and depends neither on their scale nor on their position."""
    found = colourfulness(kernels)

    assert ((found >= 0) & (found <= 1)).all()
    assert colourfulness(-3 * kernels[:, :, ::-1]) == pytest.approx(found, abs=1e-9)


def test_groups_are_the_halves_of_the_kernels():
    """The first half of the kernels is the first group; shuffled groups differ less."""
    found = colour_of_groups(np.array([0.0] * 8 + [1.0] * 8), 2, np.random.default_rng(0))

    assert (found["group1_colourfulness"], found["group2_colourfulness"]) == (0, 1)
    assert found["colourfulness"] == 0.5
    assert found["colourfulness_difference"] == 1
    assert 0.1 < found["shuffled_difference"] < 0.3


def test_groups_that_differ_by_chance_alone():
    """For noise the difference of groups is about as large as the shuffled one."""
    random = np.random.default_rng(1)
    found = [colour_of_groups(random.random(96), 2, random) for _ in range(200)]
    ratio = np.mean([one["colourfulness_difference"] for one in found]) / np.mean(
        [one["shuffled_difference"] for one in found]
    )

    assert ratio == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("degrees", np.arange(BANDS) * 180 / BANDS)
def test_a_grating_is_selective_for_one_orientation(degrees):
    """Most energy of a grating lies in one of eight bands, for any orientation."""
    assert orientation_selectivity(wave(degrees))[0] > 0.6


def test_selectivity_is_least_where_no_orientation_is_stronger():
    """A ring of one frequency in all orientations has a selectivity near 1/8, and noise more."""
    rows, columns = np.mgrid[:31, :31] - 15
    ring = np.sinc(np.hypot(rows, columns) / 2)[None, None]
    noise = np.random.default_rng(0).standard_normal((200, 1, 11, 11))

    assert orientation_selectivity(ring)[0] < 0.2
    assert orientation_selectivity(ring)[0] < orientation_selectivity(noise).mean() < 0.5


@given(KERNELS)
def test_selectivity_is_a_share_of_eight(kernels):
    """Selectivity lies between 1/8 and 1 for any weights, and adding a constant to a colour does not change it."""
    found = orientation_selectivity(kernels)

    assert ((found >= 1 / BANDS - 1e-12) & (found <= 1 + 1e-12)).all()


def test_a_constant_has_no_orientation():
    """A constant kernel has the lowest selectivity."""
    assert orientation_selectivity(np.full((1, 3, 5, 5), 7.0)) == [1 / BANDS]


def test_turning_a_kernel_by_a_right_angle_keeps_its_selectivity():
    """Turning a kernel by a right angle keeps its selectivity."""
    kernels = np.random.default_rng(0).standard_normal((20, 3, 11, 11))

    assert orientation_selectivity(np.rot90(kernels, axes=(2, 3))) == pytest.approx(orientation_selectivity(kernels))


def test_grey_images_have_no_colours(tmp_path):
    """On grey images the numbers about colour are absent with a reason, and the others exist."""
    result, arrays = InspectedNet(tmp_path).inspected({"what": "kernels"})

    assert set(result["values"]) == {"orientation_selectivity", "random_orientation_selectivity"}
    assert set(result["absent"]) >= {"colourfulness_difference", "shuffled_difference", "group2_colourfulness"}
    assert "grey" in result["absent"]["colourfulness"]
    assert arrays["kernels"].shape == (4, 1, 5, 5)
    assert arrays["groups"] == 2


def test_small_kernels_have_no_orientation(tmp_path):
    """Kernels of one pixel have no orientation selectivity."""
    model = {**ALEXNET, "stem": {"kernel": 1, "stride": 1, "pad": [0, 0, 0, 0]}}

    result, _ = InspectedNet(tmp_path, model).inspected({"what": "kernels"})

    assert result["values"] == {}
    assert result["absent"]["orientation_selectivity"] == "kernels of 1 x 1 have no orientation"


def test_without_groups_there_is_no_difference():
    """A net without groups has no difference of groups unless the suite asks for groups."""
    layers = AlexNet(groups=1).full_size(10)

    assert "colourfulness_difference" not in parsed({"what": "kernels"}).quantities(layers, 10)
    assert "colourfulness_difference" in parsed({"what": "kernels", "groups": 2}).quantities(layers, 10)


def test_groups_that_do_not_divide_are_refused():
    """Groups that do not divide the 96 kernels are refused."""
    with pytest.raises(ValueError, match="5 groups do not divide the 96 kernels of conv1"):
        parsed({"what": "kernels", "groups": 5}).quantities(AlexNet().full_size(10), 10)
