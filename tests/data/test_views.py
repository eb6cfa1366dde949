"""The fixed views of a test."""

from __future__ import annotations

import pytest
import torch

from harness.data.declared import VIEWS
from harness.data.views import central, fixed_views


def index_image(height: int, width: int) -> torch.Tensor:
    """One image whose every pixel is its own number."""
    return torch.arange(height * width, dtype=torch.uint8).view(1, 1, height, width)


def zeros(height: int, width: int) -> torch.Tensor:
    """A mean image of zeros."""
    return torch.zeros(1, height, width)


@pytest.mark.parametrize("name", VIEWS)
def test_number_of_views_is_the_declared_one(name: str) -> None:
    """Plans count on it for their cost."""
    images = torch.zeros(4, 3, 9, 10, dtype=torch.uint8)
    views = fixed_views(images, torch.zeros(3, 9, 10), 6, name)
    assert (views.shape, views.dtype) == ((4, VIEWS[name], 3, 6, 6), torch.float32)


def test_ten_crop_is_where_section_4_1_says() -> None:
    """Top left pixels of four corners and the centre; in the reflections they are at the top right."""
    views = fixed_views(index_image(10, 12), zeros(10, 12), 6, "ten_crop")[0, :, 0]
    corners = [0, 6, 4 * 12, 4 * 12 + 6, 2 * 12 + 3]
    assert views[:5, 0, 0].tolist() == corners
    assert views[5:, 0, -1].tolist() == corners


def test_ten_crop_is_torchvisions() -> None:
    """The field's own function gives the same ten views, but takes the corners of the mirrored image left to right."""
    from torchvision.transforms.functional import ten_crop

    images = torch.randint(0, 256, (3, 3, 32, 40), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    theirs = torch.stack(ten_crop(images, [28, 28]), 1).float()
    ours = fixed_views(images, torch.zeros(3, 32, 40), 28, "ten_crop")
    assert torch.equal(ours[:, [0, 1, 2, 3, 4, 6, 5, 8, 7, 9]], theirs)


def test_centre_is_the_fifth_of_the_ten() -> None:
    """One notion of the central view, odd margins included."""
    image = index_image(11, 14)
    ten = fixed_views(image, zeros(11, 14), 6, "ten_crop")
    assert torch.equal(fixed_views(image, zeros(11, 14), 6, "centre")[:, 0], ten[:, 4])


@pytest.mark.parametrize("name", VIEWS)
def test_mean_is_subtracted_where_the_view_lies(name: str) -> None:
    """An image that is the mean image leaves nothing in any view."""
    image = index_image(10, 12)
    assert fixed_views(image, image[0].float(), 7, name).abs().max() == 0


@pytest.mark.parametrize("name", VIEWS)
def test_mean_of_another_size_is_subtracted_by_its_centre(name: str) -> None:
    """The same part from every view, and never reflected, as in training."""
    image, mean = index_image(10, 12), index_image(9, 9)[0].float()
    raw = fixed_views(image, zeros(10, 12), 7, name)
    assert torch.equal(fixed_views(image, mean, 7, name), raw - mean[:, 1:8, 1:8])


def test_central_square_is_that_of_the_central_view() -> None:
    """One notion of the centre, odd margins included."""
    image = index_image(11, 14)
    assert torch.equal(central(image, 6).float(), fixed_views(image, zeros(11, 14), 6, "centre")[:, 0])


def test_whole_image_is_its_own_crop() -> None:
    """A window of the image's size is ten times the image, five of them reflected."""
    image = index_image(6, 6)
    views = fixed_views(image, zeros(6, 6), 6, "ten_crop")[0]
    assert all(torch.equal(view, image[0].float()) for view in views[:5])
    assert all(torch.equal(view, image[0].float().flip(-1)) for view in views[5:])


@pytest.mark.parametrize(("crop", "name", "message"), [(11, "centre", "does not fit"), (5, "tencrop", "no views")])
def test_impossible_views_are_refused(crop: int, name: str, message: str) -> None:
    """A window too large, and a name there is not."""
    with pytest.raises(ValueError, match=message):
        fixed_views(index_image(10, 12), zeros(10, 12), crop, name)
