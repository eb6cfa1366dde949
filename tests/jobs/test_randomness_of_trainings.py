"""Tests of randomness in the training loop: another seed, epoch or step draws anew, and the same one repeats.

Statistics over seeds assume that seeds give different draws. These tests record the draws in the loop itself, purpose
by purpose. Parts that a recipe declares fixed must not depend on the seed.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
import torch
from torch import Tensor
from training_draws import BATCH, EPOCHS, STEPS, Draws, trained

DRAWN = {"crops": True, "flips": True, "colour_std": 0.1, "mean": "same_offset"}
FIXED = {"crops": False, "flips": False, "colour_std": 0.0, "mean": "same_offset"}
JITTERED = {"crops": True, "flips": True, "colour_std": 0.0, "mean": "centre_crop", "jitter": [240, 320]}
WAYS = {"once": DRAWN, "jittered": JITTERED}
PURPOSES = ("order", "crops", "reflections", "colours", "jitter", "dropout")

Trained = dict[str, dict[int, Draws]]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train two seeds of a recipe that draws everything but jitter, and of one that jitters."""
    folder = tmp_path_factory.mktemp("drawn")
    return {way: trained(folder / way, augmentation) for way, augmentation in WAYS.items()}


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Draws]:
    """Train two seeds of a recipe with fixed views and units."""
    return trained(tmp_path_factory.mktemp("fixed"), FIXED, dropout=0.0)


def of(drawn: Trained, purpose: str) -> dict[int, Draws]:
    """Return the trainings that draw for a purpose."""
    return drawn["jittered" if purpose == "jitter" else "once"]


def any_alike(one: list[Tensor], other: list[Tensor]) -> bool:
    """Return whether two lists of draws agree at any position."""
    assert len(one) == len(other) > 0
    return any(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    """Return whether two lists of draws agree at every position."""
    return len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("purpose", ["weights", *PURPOSES])
def test_another_seed_has_other_draws(drawn: Trained, purpose: str) -> None:
    """Another seed has other draws at every step, and other first weights in every layer."""
    seeds = of(drawn, purpose)
    assert seeds.keys() == {0, 1}
    assert not any_alike(getattr(seeds[0], purpose), getattr(seeds[1], purpose))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_another_epoch_has_other_draws(drawn: Trained, purpose: str) -> None:
    """Another epoch has other draws at the same step."""
    for draws in of(drawn, purpose).values():
        for one, other in combinations(draws.of_epochs(purpose), 2):
            assert not any_alike(one, other)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_another_step_has_other_draws(drawn: Trained, purpose: str) -> None:
    """Another step of the same epoch has other draws, and so have the two dropout layers of a net."""
    for draws in of(drawn, purpose).values():
        for epoch in draws.of_epochs(purpose):
            assert not any(torch.equal(one, other) for one, other in combinations(epoch, 2))


@pytest.mark.parametrize("way", ["once", "jittered"])
def test_the_same_seed_has_the_same_bits(drawn: Trained, way: str, tmp_path: Path) -> None:
    """The same seed gives the same draws and views in a second run in another store."""
    again = trained(tmp_path, WAYS[way])
    for seed, draws in drawn[way].items():
        for purpose in ("weights", *PURPOSES, "seen"):
            assert same(getattr(draws, purpose), getattr(again[seed], purpose)), purpose


@pytest.mark.parametrize("way", ["once", "jittered"])
def test_a_training_that_is_taken_up_again_draws_the_same(drawn: Trained, way: str, tmp_path: Path) -> None:
    """A resumed training has the same draws, whatever the state of torch's generators."""
    stopped = trained(tmp_path, WAYS[way], stopping=True)
    for seed, draws in drawn[way].items():
        for purpose in (*PURPOSES, "seen"):
            assert same(getattr(draws, purpose), getattr(stopped[seed], purpose)), purpose


@pytest.mark.parametrize("way", ["once", "jittered"])
def test_no_two_draws_share_a_generator(drawn: Trained, way: str) -> None:
    """No two draws share a generator: first weights, orders, dropout, augmentation and jitter of both seeds."""
    numbers = [number for draws in drawn[way].values() for number in draws.generators]
    a_step = 2 if way == "once" else 3
    assert len(numbers) == 2 * (1 + EPOCHS * (1 + STEPS * a_step))
    assert len(set(numbers)) == len(numbers)


def test_every_epoch_sees_every_image_once(drawn: Trained) -> None:
    """Every epoch sees every image once, and both seeds see the same images."""
    seen = []
    for draws in drawn["once"].values():
        for epoch in draws.of_epochs("order"):
            images = sorted(image.numpy().tobytes() for image in torch.cat(epoch))
            assert len(images) == BATCH * STEPS
            seen.append(images)
    assert len(seen) == 2 * EPOCHS
    assert all(images == seen[0] for images in seen)


def test_draws_are_of_the_declared_kind(drawn: Trained) -> None:
    """Draws have the declared distribution: 25 corners, half mirrored, half dropped, sides from 17 to 23."""
    draws = drawn["once"][0]
    assert set(torch.cat(draws.crops).tolist()) == set(range(25))
    assert 0.4 < torch.cat(draws.reflections).double().mean() < 0.6
    assert 0.45 < torch.cat([mask.flatten() for mask in draws.dropout]).mean() < 0.55
    assert 0.08 < torch.cat(draws.colours).std() < 0.12
    assert set(torch.cat(drawn["jittered"][0].jitter)[:, 0].tolist()) == set(range(17, 24))


def test_what_is_declared_fixed_is_the_central_view_whatever_the_seed(fixed: dict[int, Draws]) -> None:
    """Parts declared fixed do not depend on the seed: central views without reflection, noise or dropout."""
    for draws in fixed.values():
        assert same(draws.seen, draws.centres)
        assert draws.dropout == []
    assert not any_alike(fixed[0].order, fixed[1].order)
    assert not any_alike(fixed[0].weights, fixed[1].weights)


def test_reflections_alone_are_drawn_where_crops_are_fixed(drawn: Trained, tmp_path: Path) -> None:
    """Reflections are the same whether crops are drawn or fixed."""
    flipped = trained(tmp_path, {**FIXED, "flips": True})
    for seed, draws in flipped.items():
        assert all(len(set(corner.tolist())) == 1 for corner in draws.crops)
        assert same(draws.reflections, drawn["once"][seed].reflections)
