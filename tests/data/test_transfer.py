"""Tests of sending tensors to the device that computes; tests that need a GPU are in test_gpu."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from harness.data.images import InMemory, OnGpu
from harness.data.transfer import sent

CPU, ELSEWHERE = torch.device("cpu"), torch.device("meta")


def test_nothing_is_sent_to_where_it_is() -> None:
    """On a CPU a tensor is used without a copy."""
    batch = torch.arange(6)
    assert sent(batch, CPU) is batch


def test_nothing_on_a_gpu_is_sent_to_it_again() -> None:
    """A tensor on a GPU is not sent there again, although its device has an index and the run's has none."""
    there = SimpleNamespace(device=torch.device("cuda", 0))
    assert sent(there, torch.device("cuda")) is there  # type: ignore[arg-type]


def test_what_is_sent_elsewhere_goes_from_pinned_memory_and_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors are sent from pinned memory without waiting, because torch waits for any other copy."""
    asked: list[object] = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: asked.append("pinned") or tensor)
    whole = torch.Tensor.to
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *to, **how: asked.append(how) or whole(tensor, *to, **how))
    assert sent(torch.arange(6), ELSEWHERE).device == ELSEWHERE
    assert asked == ["pinned", {"non_blocking": True}]


def test_the_layout_travels() -> None:
    """Channels-last tensors keep their layout."""
    images = torch.empty(2, 3, 4, 4).to(memory_format=torch.channels_last)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
        assert sent(images, ELSEWHERE).stride() == images.stride()


def test_images_on_another_device_are_read_as_those_in_memory() -> None:
    """Images on another device are read like those in memory, with repeated indices in any order."""
    images = torch.arange(5 * 3 * 2 * 2, dtype=torch.uint8).view(5, 3, 2, 2)
    ours, theirs = OnGpu(images), InMemory(images)
    assert torch.equal(ours.read(torch.tensor([4, 0, 4])), theirs.read(torch.tensor([4, 0, 4])))
    assert torch.equal(ours.only([3, 1]).read([1]), theirs.only([3, 1]).read([1]))
    assert (ours.sizes == theirs.sizes).all()


def test_images_in_memory_stay_there_for_a_cpu() -> None:
    """On a CPU, images in memory are not copied."""
    pixels = InMemory(torch.zeros(2, 1, 3, 3, dtype=torch.uint8))
    assert pixels.on(CPU) is pixels
