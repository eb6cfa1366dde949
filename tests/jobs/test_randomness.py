"""Tests of randomness as a function of seed, purpose, epoch and step."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.randomness import epoch_batches, generator, random_seed, seed_step

seeds, epochs = st.integers(0, 1000), st.integers(0, 200)


@given(seeds, epochs, st.integers(1, 300), st.integers(1, 40))
def test_an_epoch_is_a_permutation_less_the_remainder(seed, epoch, count, batch):
    """An epoch holds whole batches of different images, as many as there are."""
    batches = epoch_batches(seed, epoch, count, batch)
    seen = [index for one in batches for index in one.tolist()]
    assert [len(one) for one in batches if len(one)] == [batch] * (count // batch)
    assert len(set(seen)) == len(seen)
    assert set(seen) <= set(range(count))


def test_the_remainder_is_of_the_epochs_own_order():
    """The remainder varies with the epoch's order, so that every image is seen over a few epochs."""
    seen = set(torch.cat([epoch_batches(0, epoch, 10, 8)[0] for epoch in range(20)]).tolist())
    assert seen == set(range(10))


def test_an_order_depends_on_seed_and_epoch_alone():
    """An order depends only on seed and epoch, whatever was drawn before."""
    first = order(3, 5)
    torch.manual_seed(99)
    torch.rand(7)
    assert torch.equal(order(3, 5), first)
    assert not torch.equal(order(4, 5), first)
    assert not torch.equal(order(3, 6), first)


def order(seed, epoch, **how):
    """Return all images of an epoch with ten batches of ten."""
    return torch.cat(epoch_batches(seed, epoch, 100, 10, **how))


def test_a_fixed_order_is_that_of_every_epoch():
    """A fixed order is the same in every epoch, and differs between seeds."""
    fixed = order(3, 7, order="fixed")
    assert torch.equal(fixed, order(3, 0))
    assert torch.equal(fixed, order(3, 8, order="fixed"))
    assert not torch.equal(fixed, order(4, 7, order="fixed"))


@given(seeds, epochs, st.integers(1, 300), st.integers(1, 40))
def test_a_remainder_that_is_trained_comes_last_and_leaves_no_image_out(seed, epoch, count, batch):
    """A trained remainder is a batch of its own after the same whole batches."""
    whole, more = (epoch_batches(seed, epoch, count, batch, remainder=how) for how in ("dropped", "trained"))
    assert sorted(torch.cat(more).tolist()) == list(range(count))
    assert all(torch.equal(one, two) for one, two in zip(whole, more, strict=False) if len(one))
    assert [len(one) for one in more] == [batch] * (count // batch) + [count % batch] * (count % batch > 0)


def test_seeds_are_the_same_on_every_machine():
    """Seeds have the recorded values, so that earlier runs can be repeated on any machine."""
    assert random_seed(0, "order", 0) == 5322647907970258854


def test_positions_that_read_alike_when_joined_differ():
    """Positions that look alike when joined differ: epoch 1, step 23 and epoch 12, step 3."""
    found = {random_seed(0, "step", 1, 23), random_seed(0, "step", 12, 3), random_seed(0, "steps", 1, 23)}
    assert len(found) == 3


@given(seeds, st.sampled_from(["order", "step", "weights", "augmentation"]), epochs, epochs)
def test_seeds_fit_torch(seed, purpose, epoch, step):
    """Seeds have 63 bits, which every generator of torch accepts."""
    assert 0 <= random_seed(seed, purpose, epoch, step) < 2**63


def test_purposes_draw_different_numbers():
    """Different purposes draw different numbers."""
    assert not torch.equal(
        torch.rand(4, generator=generator(0, "weights")), torch.rand(4, generator=generator(0, "order"))
    )


def test_a_step_draws_the_same_dropout_whatever_came_before():
    """A step draws the same dropout whatever came before it."""
    seed_step(1, 2, 3)
    first = torch.rand(5)
    torch.rand(100)
    seed_step(1, 2, 3)
    assert torch.equal(torch.rand(5), first)
    seed_step(1, 2, 4)
    assert not torch.equal(torch.rand(5), first)
