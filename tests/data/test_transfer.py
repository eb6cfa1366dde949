"""Sending to the device that computes; what only a GPU can show is in test_gpu."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from harness.data.images import InMemory, OnGpu
from harness.data.transfer import sent

CPU, ELSEWHERE = torch.device("cpu"), torch.device("meta")


def test_nothing_is_sent_to_where_it_is() -> None:
    """On a CPU a batch is used as it was made, without a copy."""
    batch = torch.arange(6)
    assert sent(batch, CPU) is batch


def test_nothing_on_a_gpu_is_sent_to_it_again() -> None:
    """Tensors say which GPU, and the device that a run chose does not; pinning what is there already would fail."""
    there = SimpleNamespace(device=torch.device("cuda", 0))
    assert sent(there, torch.device("cuda")) is there  # type: ignore[arg-type]


def test_what_is_sent_elsewhere_goes_from_pinned_memory_and_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch waits for a copy from memory that is not pinned, whatever it was asked."""
    asked: list[object] = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: asked.append("pinned") or tensor)
    whole = torch.Tensor.to
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *to, **how: asked.append(how) or whole(tensor, *to, **how))
    assert sent(torch.arange(6), ELSEWHERE).device == ELSEWHERE
    assert asked == ["pinned", {"non_blocking": True}]


def test_the_layout_travels() -> None:
    """Channels-last images stay so, for convolutions that want them so."""
    images = torch.empty(2, 3, 4, 4).to(memory_format=torch.channels_last)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
        assert sent(images, ELSEWHERE).stride() == images.stride()


def test_images_on_another_device_are_read_as_those_in_memory() -> None:
    """Indices may repeat, and come in any order; a part of them is read likewise."""
    images = torch.arange(5 * 3 * 2 * 2, dtype=torch.uint8).view(5, 3, 2, 2)
    ours, theirs = OnGpu(images), InMemory(images)
    assert torch.equal(ours.read(torch.tensor([4, 0, 4])), theirs.read(torch.tensor([4, 0, 4])))
    assert torch.equal(ours.only([3, 1]).read([1]), theirs.only([3, 1]).read([1]))
    assert (ours.sizes == theirs.sizes).all()


def test_images_in_memory_stay_there_for_a_cpu() -> None:
    """Nothing is copied."""
    pixels = InMemory(torch.zeros(2, 1, 3, 3, dtype=torch.uint8))
    assert pixels.on(CPU) is pixels
