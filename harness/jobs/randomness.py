"""Randomness as a function of (seed, what for, epoch, step), so that a run can be taken up at any step."""

from __future__ import annotations

import hashlib

import torch


def random_seed(seed: int, purpose: str, *position: int) -> int:
    """A 63-bit seed that no other purpose or position shares, the same on every machine."""
    text = ":".join([purpose, str(seed), *map(str, position)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, purpose: str, *position: int) -> torch.Generator:
    """A generator on the CPU at the start of that purpose and position."""
    return torch.Generator().manual_seed(random_seed(seed, purpose, *position))


def seed_step(seed: int, epoch: int, step: int) -> None:
    """Set torch's own generators, which dropout draws from, for one training step."""
    number = random_seed(seed, "step", epoch, step)
    torch.default_generator.manual_seed(number)  # torch.manual_seed takes longer than some layers
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed(number)


def epoch_batches(
    seed: int, epoch: int, count: int, batch: int, order: str = "shuffled", remainder: str = "dropped"
) -> tuple[torch.Tensor, ...]:
    """Indices of one epoch's batches: a new order of all `count` images, less the remainder.

    The order `fixed` is that of the first epoch every time; a remainder that is `trained` comes last, in a smaller
    batch.
    """
    images = torch.randperm(count, generator=generator(seed, "order", 0 if order == "fixed" else epoch))
    return torch.split(images if remainder == "trained" else images[: count - count % batch], batch)
