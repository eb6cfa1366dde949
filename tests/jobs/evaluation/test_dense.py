"""Tests of dense testing."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.jobs.evaluation import dense
from harness.jobs.evaluation.dense import DenseNetwork, pyramid_windows
from harness.models.modules import PyramidPool
from harness.models.network import Network, build
from harness.models.rectifier import PreluSmall

SMALL = PreluSmall(width=0.1, stage2=1, stage3=2, levels=(3, 2, 1), dropout=0.5)
CROP, WINDOW = 62, 5
"""Side of training views in pixels, and of their last maps."""


@pytest.fixture(scope="module")
def network() -> Network:
    """Return a narrow model E with random weights."""
    torch.manual_seed(0)
    built = build(SMALL.layers(10), (3, CROP, CROP))
    for parameter in built.parameters():
        torch.nn.init.normal_(parameter, std=0.15)
    return built.eval()


@pytest.fixture
def cut(network: Network) -> DenseNetwork:
    """Return the net cut for windows to slide over its last maps."""
    return DenseNetwork.cut(network, SMALL.last_map, WINDOW)


def images(count: int, height: int, width: int) -> torch.Tensor:
    """Return noise images."""
    return 0.3 * torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(1))


def crops(maps: torch.Tensor, window: int) -> torch.Tensor:
    """Cut out every window of the maps, row by row: [N, windows, C, window, window]."""
    rows, columns = (side - window + 1 for side in maps.shape[2:])
    places = ((row, column) for row in range(rows) for column in range(columns))
    return torch.stack([maps[..., row : row + window, column : column + window] for row, column in places], 1)


@given(st.integers(1, 9), st.integers(0, 5), st.integers(0, 5), st.lists(st.integers(1, 9), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_pooled_windows_are_those_of_every_window_cut_out(
    window: int, more_rows: int, more_columns: int, levels: list[int]
) -> None:
    """Pooling all windows equals pooling each cut-out window bit for bit, also where levels do not divide it evenly."""
    levels = [min(level, window) for level in levels]
    shape = (2, 3, window + more_rows, window + more_columns)
    maps = torch.randn(shape, generator=torch.Generator().manual_seed(window))
    cut_out = crops(maps, window)
    expected = PyramidPool(tuple(levels))(cut_out.flatten(0, 1)).unflatten(0, cut_out.shape[:2])
    assert torch.equal(pyramid_windows(maps, tuple(levels), window), expected)


def test_papers_pyramid_on_its_window() -> None:
    """Levels 7, 3, 2, 1 over 14 x 14 (PReLU, section 2.3) give 63 bins a map; level 3 has bins of 5 and 6."""
    maps = torch.randn(1, 4, 16, 17, generator=torch.Generator().manual_seed(0))
    found = pyramid_windows(maps, (7, 3, 2, 1), 14)
    assert found.shape == (1, 3 * 4, 4 * 63)
    expected = PyramidPool((7, 3, 2, 1))(crops(maps, 14).flatten(0, 1))
    assert torch.equal(found[0], expected)


@pytest.mark.parametrize("flips", [False, True])
def test_scores_are_the_mean_over_windows_of_the_last_map(network: Network, cut: DenseNetwork, flips: bool) -> None:  # noqa: FBT001
    """Scores follow section 3: convolve the whole image, then pool, score and average every window."""
    seen = images(3, 90, 110)
    expected = []
    for view in [seen, seen.flip(-1)] if flips else [seen]:
        windows = crops(cut.maps(view), WINDOW)
        assert windows.shape[1] > 10
        _, rest = network.cut(list(cut.maps.sources)[-1])
        logits = [rest(windows[:, place]) for place in range(windows.shape[1])]
        expected.append(torch.stack(logits, 1).softmax(2).mean(1))
    torch.testing.assert_close(cut.scores(seen, flips=flips), torch.stack(expected).mean(0), rtol=1e-5, atol=1e-6)


def test_image_of_one_window_is_one_view(network: Network, cut: DenseNetwork) -> None:
    """An image as large as a training view has one window, and its score is the net's own."""
    seen = images(4, CROP, CROP)
    torch.testing.assert_close(cut.scores(seen, flips=False), network(seen).softmax(1), rtol=1e-5, atol=1e-6)


def test_reflected_images_score_alike_with_flips(cut: DenseNetwork) -> None:
    """With `flips` an image and its mirror image get the same score; without, they do not."""
    seen = images(3, 90, 110)
    torch.testing.assert_close(
        cut.scores(seen, flips=True), cut.scores(seen.flip(-1), flips=True), rtol=1e-5, atol=1e-6
    )
    assert not torch.allclose(cut.scores(seen, flips=False), cut.scores(seen.flip(-1), flips=False))


def test_scores_do_not_depend_on_memory_settings(cut: DenseNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking images and windows one at a time or all at once gives the same scores."""
    seen = images(5, 90, 100)
    whole = cut.scores(seen, flips=True)
    monkeypatch.setattr(dense, "PIXELS_AT_ONCE", 2 * 90 * 100)
    monkeypatch.setattr(dense, "NUMBERS_AT_ONCE", 1)
    torch.testing.assert_close(cut.scores(seen, flips=True), whole, rtol=1e-5, atol=1e-6)


def test_scores_are_probabilities(cut: DenseNetwork) -> None:
    """The scores of each image add up to one."""
    torch.testing.assert_close(cut.scores(images(3, 90, 110), flips=True).sum(1), torch.ones(3))
