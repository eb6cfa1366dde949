"""Randomness as a function of (seed, purpose, epoch, step), so that a training can resume at any step."""

from __future__ import annotations

import hashlib

import torch


def random_seed(seed: int, purpose: str, *position: int) -> int:
    """Derive a 63-bit seed for a purpose and a position within it, the same on every machine.

    No other purpose or position shares the seed.

    >>> random_seed(0, "order", 1) == random_seed(0, "order", 1)
    True
    >>> random_seed(0, "order", 1) == random_seed(0, "order", 2)
    False
    """
    text = ":".join([purpose, str(seed), *map(str, position)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, purpose: str, *position: int) -> torch.Generator:
    """Return a CPU generator seeded for a purpose and a position."""
    return torch.Generator().manual_seed(random_seed(seed, purpose, *position))


def seed_step(seed: int, epoch: int, step: int) -> None:
    """Seed torch's global generators, from which dropout draws, for one training step."""
    number = random_seed(seed, "step", epoch, step)
    torch.default_generator.manual_seed(number)  # torch.manual_seed takes longer than some layers
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed(number)


def epoch_batches(
    seed: int, epoch: int, count: int, batch: int, order: str = "shuffled", remainder: str = "dropped"
) -> tuple[torch.Tensor, ...]:
    """Return the image indices of every batch of one epoch: a random order of all `count` images, cut into batches.

    With the order `fixed`, every epoch has the order of the first. Images that fill no batch are left out, or with the
    remainder `trained` form a last, smaller batch.
    """
    images = torch.randperm(count, generator=generator(seed, "order", 0 if order == "fixed" else epoch))
    return torch.split(images if remainder == "trained" else images[: count - count % batch], batch)
