"""Tests of the fixed views of a test."""

from __future__ import annotations

import pytest
import torch

from harness.data.declared import VIEWS
from harness.data.views import central, fixed_views


def index_image(height: int, width: int) -> torch.Tensor:
    """Return one image whose pixels hold their own index."""
    return torch.arange(height * width, dtype=torch.uint8).view(1, 1, height, width)


def zeros(height: int, width: int) -> torch.Tensor:
    """Return a mean image of zeros."""
    return torch.zeros(1, height, width)


@pytest.mark.parametrize("name", VIEWS)
def test_number_of_views_is_the_declared_one(name: str) -> None:
    """The number of views is the declared one, on which plans rely."""
    images = torch.zeros(4, 3, 9, 10, dtype=torch.uint8)
    views = fixed_views(images, torch.zeros(3, 9, 10), 6, name)
    assert (views.shape, views.dtype) == ((4, VIEWS[name], 3, 6, 6), torch.float32)


def test_ten_crop_is_where_section_4_1_says() -> None:
    """Ten crops are the corners and the centre of section 4.1, and their mirror images."""
    views = fixed_views(index_image(10, 12), zeros(10, 12), 6, "ten_crop")[0, :, 0]
    corners = [0, 6, 4 * 12, 4 * 12 + 6, 2 * 12 + 3]
    assert views[:5, 0, 0].tolist() == corners
    assert views[5:, 0, -1].tolist() == corners


def test_ten_crop_is_torchvisions() -> None:
    """Ten crops equal torchvision's, which lists the corners of the mirrored image left to right."""
    from torchvision.transforms.functional import ten_crop

    images = torch.randint(0, 256, (3, 3, 32, 40), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    theirs = torch.stack(ten_crop(images, [28, 28]), 1).float()
    ours = fixed_views(images, torch.zeros(3, 32, 40), 28, "ten_crop")
    assert torch.equal(ours[:, [0, 1, 2, 3, 4, 6, 5, 8, 7, 9]], theirs)


def test_centre_is_the_fifth_of_the_ten() -> None:
    """The central view is the fifth of the ten, also with odd margins."""
    image = index_image(11, 14)
    ten = fixed_views(image, zeros(11, 14), 6, "ten_crop")
    assert torch.equal(fixed_views(image, zeros(11, 14), 6, "centre")[:, 0], ten[:, 4])


@pytest.mark.parametrize("name", VIEWS)
def test_mean_is_subtracted_where_the_view_lies(name: str) -> None:
    """If the image equals the mean image, every view of it is zero."""
    image = index_image(10, 12)
    assert fixed_views(image, image[0].float(), 7, name).abs().max() == 0


@pytest.mark.parametrize("name", VIEWS)
def test_mean_of_another_size_is_subtracted_by_its_centre(name: str) -> None:
    """A mean image of another size loses its centre to every view, never mirrored, as in training."""
    image, mean = index_image(10, 12), index_image(9, 9)[0].float()
    raw = fixed_views(image, zeros(10, 12), 7, name)
    assert torch.equal(fixed_views(image, mean, 7, name), raw - mean[:, 1:8, 1:8])


def test_central_square_is_that_of_the_central_view() -> None:
    """The central square is that of the central view, also with odd margins."""
    image = index_image(11, 14)
    assert torch.equal(central(image, 6).float(), fixed_views(image, zeros(11, 14), 6, "centre")[:, 0])


def test_whole_image_is_its_own_crop() -> None:
    """A window as large as the image gives the image ten times, five of them mirrored."""
    image = index_image(6, 6)
    views = fixed_views(image, zeros(6, 6), 6, "ten_crop")[0]
    assert all(torch.equal(view, image[0].float()) for view in views[:5])
    assert all(torch.equal(view, image[0].float().flip(-1)) for view in views[5:])


@pytest.mark.parametrize(("crop", "name", "message"), [(11, "centre", "does not fit"), (5, "tencrop", "no views")])
def test_impossible_views_are_refused(crop: int, name: str, message: str) -> None:
    """A window that is too large and an unknown name are refused."""
    with pytest.raises(ValueError, match=message):
        fixed_views(index_image(10, 12), zeros(10, 12), crop, name)
