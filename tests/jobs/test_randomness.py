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
    seen = [index for one in batches for index in one.tolist()]
    assert [len(one) for one in batches if len(one)] == [batch] * (count // batch)
    assert len(set(seen)) == len(seen)
    assert set(seen) <= set(range(count))


def test_the_remainder_is_of_the_epochs_own_order():
    """Over a few epochs every image is seen, though each epoch drops some."""
    seen = set(torch.cat([epoch_batches(0, epoch, 10, 8)[0] for epoch in range(20)]).tolist())
    assert seen == set(range(10))


def test_an_order_depends_on_seed_and_epoch_alone():
    """The same pair gives the same order whatever was drawn before; another pair gives another order."""
    first = order(3, 5)
    torch.manual_seed(99)
    torch.rand(7)
    assert torch.equal(order(3, 5), first)
    assert not torch.equal(order(4, 5), first)
    assert not torch.equal(order(3, 6), first)


def order(seed, epoch, **how):
    """All images of an epoch of ten batches of ten."""
    return torch.cat(epoch_batches(seed, epoch, 100, 10, **how))


def test_a_fixed_order_is_that_of_every_epoch():
    """As of images that were shuffled once, when their files were made; another seed has another."""
    fixed = order(3, 7, order="fixed")
    assert torch.equal(fixed, order(3, 0))
    assert torch.equal(fixed, order(3, 8, order="fixed"))
    assert not torch.equal(fixed, order(4, 7, order="fixed"))


@given(seeds, epochs, st.integers(1, 300), st.integers(1, 40))
def test_a_remainder_that_is_trained_comes_last_and_leaves_no_image_out(seed, epoch, count, batch):
    """In a batch of its own, after the same whole batches as without it."""
    whole, more = (epoch_batches(seed, epoch, count, batch, remainder=how) for how in ("dropped", "trained"))
    assert sorted(torch.cat(more).tolist()) == list(range(count))
    assert all(torch.equal(one, two) for one, two in zip(whole, more, strict=False) if len(one))
    assert [len(one) for one in more] == [batch] * (count // batch) + [count % batch] * (count % batch > 0)


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
