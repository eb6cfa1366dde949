"""Tests of random views and colour noise."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.data.augment import ColourNoise, components, random_views
from harness.data.share import Share
from harness.data.spec import Augmentation

SIDE, CROP = 12, 7
SETTINGS = {"crops": True, "flips": True, "colour_std": 0.0}


def augmentation(**changes: object) -> Augmentation:
    """Return an augmentation with crops and flips and some changes."""
    return Augmentation(**(SETTINGS | changes))


def seeded(seed: int = 0) -> torch.Generator:
    """Return a generator at its start."""
    return torch.Generator().manual_seed(seed)


def index_images(count: int, channels: int = 1) -> torch.Tensor:
    """Return images whose pixels hold their own index, 0 to 143, in every channel."""
    return torch.arange(SIDE * SIDE, dtype=torch.uint8).view(1, 1, SIDE, SIDE).repeat(count, channels, 1, 1)


def nothing(channels: int = 1) -> torch.Tensor:
    """Return a mean image of zeros."""
    return torch.zeros(channels, SIDE, SIDE)


def corners(views: torch.Tensor) -> list[tuple[int, int, bool]]:
    """Read (top, left, flipped) of views of index images from their first row."""
    found = []
    for view in views[:, 0].long():
        flipped = bool(view[0, 0] > view[0, 1])
        first = int(view[0, -1] if flipped else view[0, 0])
        found.append((first // SIDE, first % SIDE, flipped))
    return found


@given(st.integers(0, 2**31))
@settings(max_examples=20)
def test_every_view_is_a_window_of_its_own_image(seed: int) -> None:
    """Every view consists of whole rows and columns, mirrored or not, of the image at the same place of the batch."""
    images = torch.randint(0, 256, (6, 3, SIDE, SIDE), generator=seeded(seed)).to(torch.uint8)
    both = torch.cat([images, index_images(6, 3)], 1)
    views = random_views(both, nothing(6), CROP, augmentation(), seeded(seed))
    for image, view, (top, left, flipped) in zip(images, views, corners(views[:, 3:]), strict=True):
        window = image[:, top : top + CROP, left : left + CROP].float()
        assert torch.equal(view[:3], window.flip(-1) if flipped else window)


def test_both_ends_are_reached_and_nothing_beyond() -> None:
    """A window of 7 in 12 has 6 places each way, about equally often, and half of the views are mirrored."""
    views = random_views(index_images(7200), nothing(), CROP, augmentation(), seeded())
    counts: dict[tuple[int, int, bool], int] = {}
    for corner in corners(views):
        counts[corner] = counts.get(corner, 0) + 1
    assert set(counts) == {(top, left, flip) for top in range(6) for left in range(6) for flip in (False, True)}
    expected = 7200 / 72
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 120  # chi-square, 71 d.o.f., p 2e-4


def test_paper_sizes_give_33_places_each_way() -> None:
    """A 224-pixel window has 33 places in 256 pixels, both ends counted."""
    rows = torch.arange(256, dtype=torch.uint8).view(1, 1, 256, 1).expand(50, 1, 256, 256)
    draws = seeded()
    views = [random_views(rows, torch.zeros(1, 256, 256), 224, augmentation(), draws) for _ in range(6)]
    assert torch.cat(views)[:, 0, 0, 0].unique().tolist() == list(range(33))


def test_switched_off_crops_are_central() -> None:
    """Without crops every view is central, mirrored or not."""
    views = random_views(index_images(40), nothing(), CROP, augmentation(crops=False), seeded())
    assert {corner[:2] for corner in corners(views)} == {(2, 2)}
    assert {corner[2] for corner in corners(views)} == {False, True}


def test_one_part_switched_off_leaves_the_others_draws() -> None:
    """Switching off one part leaves the other draws unchanged."""
    full, still, straight = (
        corners(random_views(index_images(50), nothing(), CROP, augmentation(**change), seeded()))
        for change in ({}, {"crops": False}, {"flips": False})
    )
    assert [corner[2] for corner in still] == [corner[2] for corner in full]
    assert [corner[:2] for corner in straight] == [corner[:2] for corner in full]
    assert not any(corner[2] for corner in straight)


def test_mean_is_subtracted_where_the_view_was_taken() -> None:
    """If an image equals the mean image, every view of it is zero."""
    images = index_images(30, 3)
    assert random_views(images, images[0].float(), CROP, augmentation(), seeded()).abs().max() == 0


def test_centre_crop_of_the_mean_is_the_same_for_every_view() -> None:
    """With `centre_crop` every view loses the same central part, not mirrored, as in the authors' loader."""
    views = random_views(index_images(30), nothing(), CROP, augmentation(), seeded())
    mean = torch.rand(1, SIDE, SIDE, generator=seeded(1))
    subtracted = views - random_views(index_images(30), mean, CROP, augmentation(mean="centre_crop"), seeded())
    torch.testing.assert_close(subtracted, mean[:, 2:9, 2:9].expand(30, -1, -1, -1), rtol=0, atol=1e-5)


def test_centre_crop_of_the_mean_may_come_cut() -> None:
    """With `centre_crop` a mean image already cut to the size of a view gives the same views."""
    mean = torch.rand(1, SIDE, SIDE, generator=seeded(1))
    whole, cut = (
        random_views(index_images(30), part, CROP, augmentation(mean="centre_crop"), seeded())
        for part in (mean, mean[:, 2:9, 2:9])
    )
    assert torch.equal(whole, cut)


def test_draws_come_from_the_generator_alone() -> None:
    """Views depend only on the given generator, not on torch's own."""
    first, again = (random_views(index_images(20), nothing(), CROP, augmentation(), seeded(3)) for _ in range(2))
    assert torch.equal(first, again)
    before = torch.get_rng_state()
    random_views(index_images(20), nothing(), CROP, augmentation(), seeded(4))
    assert torch.equal(before, torch.get_rng_state())


def test_window_larger_than_the_image_is_refused() -> None:
    """A window larger than the image is refused."""
    with pytest.raises(ValueError, match="crop of 13 pixels does not fit in 12"):
        random_views(index_images(2), nothing(), 13, augmentation(), seeded())


COVARIANCE = torch.tensor([[900.0, 700.0, 500.0], [700.0, 800.0, 600.0], [500.0, 600.0, 1000.0]], dtype=torch.float64)


def test_components_of_standard_deviations_rebuild_the_covariance() -> None:
    """Components v sqrt(lambda) rebuild the covariance as the sum of their outer products."""
    rows = components(COVARIANCE, "sqrt_eigenvalues")
    torch.testing.assert_close(rows.T @ rows, COVARIANCE)


def test_components_of_eigenvalues_are_the_printed_formula() -> None:
    """Components v lambda equal the covariance times its eigenvectors."""
    rows = components(COVARIANCE, "eigenvalues")
    directions = rows / rows.norm(dim=1, keepdim=True)
    torch.testing.assert_close(directions @ COVARIANCE, rows)


def test_components_have_fixed_signs_and_order() -> None:
    """Eigenvectors of opposite signs give the same components in the same order."""
    rows = components(COVARIANCE, "sqrt_eigenvalues")
    assert (rows.gather(1, rows.abs().argmax(1, keepdim=True)) > 0).all()
    assert rows.norm(dim=1).argsort(descending=True).tolist() == [0, 1, 2]


def test_degenerate_covariance_gives_no_nan() -> None:
    """An eigenvalue rounded below zero counts as zero."""
    flat = torch.ones(3, 3, dtype=torch.float64)
    assert components(flat, "sqrt_eigenvalues").isfinite().all()


def test_noise_is_one_colour_for_a_whole_image() -> None:
    """Noise shifts all pixels of an image alike, and differs between images."""
    noise = ColourNoise(augmentation(colour_std=0.1), COVARIANCE)
    shifts = noise.added_to(torch.zeros(5, 3, 4, 4), seeded())
    assert torch.equal(shifts, shifts[:, :, :1, :1].expand_as(shifts))
    assert len(shifts[:, 0, 0, 0].unique()) == 5


def test_noise_varies_as_the_colours_do() -> None:
    """The covariance of the noise is std squared times that of the pixels."""
    noise = ColourNoise(augmentation(colour_std=0.1), COVARIANCE)
    shifts = noise.added_to(torch.zeros(40_000, 3, 1, 1), seeded()).flatten(1).double()
    torch.testing.assert_close(shifts.T.cov(correction=0), 0.01 * COVARIANCE, rtol=0.05, atol=0)
    assert shifts.mean(0).abs().max() < 0.1


def test_noise_is_added_to_the_view() -> None:
    """Noise is added to the view."""
    noise = ColourNoise(augmentation(colour_std=0.1), COVARIANCE)
    views = torch.rand(4, 3, 5, 5, generator=seeded(1))
    shift = noise.added_to(torch.zeros_like(views), seeded())
    torch.testing.assert_close(noise.added_to(views, seeded()) - views, shift, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("std", "covariance"), [(0.0, COVARIANCE), (0.1, None)])
def test_without_noise_views_stay_and_nothing_is_drawn(std: float, covariance: torch.Tensor | None) -> None:
    """Without noise, or on grey images, views stay and nothing is drawn."""
    generator, views = seeded(), torch.rand(2, 1, 3, 3)
    before = generator.get_state()
    assert ColourNoise(augmentation(colour_std=std), covariance).added_to(views, generator) is views
    assert torch.equal(generator.get_state(), before)


def test_noise_is_the_same_in_either_layout() -> None:
    """Noise is the same in both memory layouts."""
    noise = ColourNoise(augmentation(colour_std=0.1), COVARIANCE)
    views = torch.rand(4, 3, 5, 6, generator=seeded(1))
    last = noise.added_to(views.to(memory_format=torch.channels_last), seeded())
    assert torch.equal(noise.added_to(views, seeded()), last)
    assert last.is_contiguous(memory_format=torch.channels_last)


@given(st.integers(1, 9), st.integers(1, 40))
@example(2, 11)
@settings(max_examples=20)
def test_neighbouring_images_share_their_view(shared: int, count: int) -> None:
    """Consecutive images share one place and reflection, also in a smaller last group."""
    views = random_views(index_images(count), nothing(), CROP, augmentation(shared=shared), seeded(3))
    seen = corners(views)
    chunks = [seen[start : start + shared] for start in range(0, count, shared)]
    assert all(len(set(chunk)) == 1 for chunk in chunks)


def test_chunks_draw_apart_and_a_part_of_a_batch_has_the_views_of_the_whole() -> None:
    """Groups draw apart, and a share of a batch has the views it has in the whole batch."""
    images, asked = index_images(80), augmentation(shared=8)
    views = random_views(images, nothing(), CROP, asked, seeded(3))
    assert len(set(corners(views))) > 3
    part = random_views(images[20:50], nothing(), CROP, asked, seeded(3), Share(20, 50, 80))
    assert torch.equal(part, views[20:50])


@pytest.mark.parametrize("covariance", [torch.eye(3), None], ids=["colour", "grey"])
def test_inputs_are_divided_while_there_is_noise(covariance: torch.Tensor | None) -> None:
    """With noise, and only if asked, image and noise are divided by 1.1."""
    views = torch.rand(4, 3 if covariance is not None else 1, CROP, CROP, generator=seeded()) * 100
    plain, divided, off = (
        ColourNoise(augmentation(colour_std=std, noise_divides=divides), covariance).added_to(views, seeded(1))
        for std, divides in ((0.1, False), (0.1, True), (0.0, True))
    )
    torch.testing.assert_close(divided, plain / 1.1)
    assert torch.equal(off, views)
