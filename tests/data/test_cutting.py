"""Tests of views cut on a CPU, against those gathered on any device."""

from __future__ import annotations

import os
import signal
import warnings

import numpy as np
import pytest
import torch

from harness.data import augment, cutting
from harness.data.augment import Spots, gathered

HEIGHT, WIDTH = 12, 15


def seeded(seed: int) -> torch.Generator:
    """Return a generator at its start."""
    return torch.Generator().manual_seed(seed)


def cut_out(images: torch.Tensor, mean: torch.Tensor, spots: Spots, crop: int, *, moving: bool) -> torch.Tensor:
    """Cut views as `random_views` does on a CPU."""
    less = cutting.Subtracted.of(np.ascontiguousarray(mean.permute(1, 2, 0).numpy()), moving=moving)
    return augment.cut_out(images, less, spots, crop)


def drawn(count: int, crop: int) -> Spots:
    """Draw places and reflections of views."""
    top, left, flip = (
        torch.randint(size, (count,), generator=seeded(size)) for size in (HEIGHT - crop + 1, WIDTH - crop + 1, 2)
    )
    return top, left, flip


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("moving", [True, False])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("crop", [7, HEIGHT])
@pytest.mark.parametrize("least", [1, 2**62], ids=["singly", "together"])
def test_views_are_those_gathered(
    monkeypatch: pytest.MonkeyPatch,
    channels: int,
    moving: bool,  # noqa: FBT001 - pytest's way
    layout: torch.memory_format,
    crop: int,
    least: int,
) -> None:
    """Cut views equal gathered ones to the bit, one by one or together, in either layout of the images."""
    monkeypatch.setattr(cutting, "SINGLY", least)
    images = torch.randint(0, 256, (40, channels, HEIGHT, WIDTH), generator=seeded(0)).to(torch.uint8)
    size = (HEIGHT, WIDTH) if moving else (crop, crop)
    mean, spots = 255 * torch.rand(channels, *size, generator=seeded(1)), drawn(40, crop)
    ours = cut_out(images.to(memory_format=layout), mean, spots, crop, moving=moving)
    theirs = gathered(images.to(memory_format=layout), mean, spots, crop, moving=moving)
    assert torch.equal(ours, theirs)
    for views in (ours, theirs):
        assert views.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("moving", [True, False])
@pytest.mark.parametrize("least", [1, 2**62], ids=["singly", "together"])
@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_no_view(
    monkeypatch: pytest.MonkeyPatch,
    moving: bool,  # noqa: FBT001 - pytest's way
    least: int,
    threads: int,
) -> None:
    """Several threads give the views of one."""
    monkeypatch.setattr(cutting, "SINGLY", least)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    images = torch.randint(0, 256, (21, 3, HEIGHT, WIDTH), generator=seeded(0)).to(torch.uint8)
    size = (HEIGHT, WIDTH) if moving else (7, 7)
    mean, spots = 255 * torch.rand(3, *size, generator=seeded(1)), drawn(21, 7)
    assert torch.equal(cut_out(images, mean, spots, 7, moving=moving), gathered(images, mean, spots, 7, moving=moving))


def test_a_forked_child_cuts_with_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has none of its parent's, and would wait for them without end."""
    monkeypatch.setattr(cutting, "SINGLY", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    images = torch.randint(0, 256, (21, 3, HEIGHT, WIDTH), generator=seeded(0)).to(torch.uint8)
    mean, spots = torch.zeros(3, HEIGHT, WIDTH), drawn(21, 7)
    expected = cut_out(images, mean, spots, 7, moving=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forking beside threads
        child = os.fork()
    if child == 0:
        signal.alarm(60)
        os._exit(0 if torch.equal(cut_out(images, mean, spots, 7, moving=True), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_images_and_mean_stay_as_they_were() -> None:
    """Views are copies: images and mean stay unchanged."""
    images = torch.randint(0, 256, (6, 3, HEIGHT, WIDTH), generator=seeded(0)).to(torch.uint8)
    mean = torch.rand(3, HEIGHT, WIDTH, generator=seeded(1))
    before = images.clone(), mean.clone()
    cut_out(images, mean, drawn(6, 7), 7, moving=True).zero_()
    assert torch.equal(images, before[0])
    assert torch.equal(mean, before[1])
