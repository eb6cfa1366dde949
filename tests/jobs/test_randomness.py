"""Randomness as a function of seed, purpose, epoch and step."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.randomness import epoch_batches, generator, random_seed, seed_step

seeds, epochs = st.integers(0, 1000), st.integers(0, 200)


@given(seeds, epochs, st.integers(1, 300), st.integers(1, 40))
def test_an_epoch_is_a_permutation_less_the_remainder(seed, epoch, count, batch):
    """Whole batches of different images of the split, as many as there are."""
    batches = epoch_batches(seed, epoch, count, batch)
    seen = batches.flatten().tolist()
    assert batches.shape == (count // batch, batch)
    assert len(set(seen)) == len(seen)
    assert set(seen) <= set(range(count))


def test_the_remainder_is_of_the_epochs_own_order():
    """Over a few epochs every image is seen, though each epoch drops some."""
    seen = set(torch.cat([epoch_batches(0, epoch, 10, 8).flatten() for epoch in range(20)]).tolist())
    assert seen == set(range(10))


def test_an_order_depends_on_seed_and_epoch_alone():
    """The same pair gives the same order whatever was drawn before; another pair gives another order."""
    first = epoch_batches(3, 5, 100, 10)
    torch.manual_seed(99)
    torch.rand(7)
    assert torch.equal(epoch_batches(3, 5, 100, 10), first)
    assert not torch.equal(epoch_batches(4, 5, 100, 10), first)
    assert not torch.equal(epoch_batches(3, 6, 100, 10), first)


def test_seeds_are_the_same_on_every_machine():
    """A golden value: were it to change, no earlier run could be repeated."""
    assert random_seed(0, "order", 0) == 5322647907970258854


def test_positions_that_read_alike_when_joined_differ():
    """Epoch 1, step 23 is not epoch 12, step 3; a purpose is not a part of another."""
    found = {random_seed(0, "step", 1, 23), random_seed(0, "step", 12, 3), random_seed(0, "steps", 1, 23)}
    assert len(found) == 3


@given(seeds, st.sampled_from(["order", "step", "weights", "augmentation"]), epochs, epochs)
def test_seeds_fit_torch(seed, purpose, epoch, step):
    """63 bits, which every generator takes."""
    assert 0 <= random_seed(seed, purpose, epoch, step) < 2**63


def test_purposes_draw_different_numbers():
    """The first weights tell nothing of the first order."""
    assert not torch.equal(
        torch.rand(4, generator=generator(0, "weights")), torch.rand(4, generator=generator(0, "order"))
    )


def test_a_step_draws_the_same_dropout_whatever_came_before():
    """So that a run can be taken up at any step."""
    seed_step(1, 2, 3)
    first = torch.rand(5)
    torch.rand(100)
    seed_step(1, 2, 3)
    assert torch.equal(torch.rand(5), first)
    seed_step(1, 2, 4)
    assert not torch.equal(torch.rand(5), first)
