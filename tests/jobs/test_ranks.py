"""Tests of two processes that share batches, connected by gloo on the CPU."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.distributed as dist
import two_processes

from harness.data.share import Share
from harness.errors import Interrupted, UsageError
from harness.jobs.ranks import ALONE, Ranks, joined, joining
from harness.stop_signal import StopSignal

CPU = torch.device("cpu")


def net() -> torch.nn.Module:
    """Return a net with a channels-last convolution, a linear layer, and a parameter without a gradient."""
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(2, 3), torch.nn.PReLU())
    return layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def with_gradients(rank: int) -> torch.nn.Module:
    """Return the net with the gradients of one rank."""
    network, draws = net(), torch.Generator().manual_seed(rank)
    for parameter in list(network.parameters())[:-1]:
        parameter.grad = torch.randn(parameter.shape, generator=draws).to(memory_format=torch.preserve_format)
    network[0].weight.grad = network[0].weight.grad.contiguous(memory_format=torch.channels_last)
    return network


def sums(ranks: Ranks) -> Any:
    """Return gradients, loss and mistakes after the exchange."""
    network = with_gradients(ranks.rank)
    loss, wrong = ranks.summed(network, torch.tensor(0.25 + ranks.rank), torch.tensor(3 + ranks.rank))
    found = [None if one.grad is None else one.grad.clone().numpy() for one in network.parameters()]
    return found, float(loss), int(wrong), wrong.dtype == torch.int64


def stops(ranks: Ranks) -> Any:
    """Return the step at which this process stops, if the second is asked to stop at step 3."""
    stop = StopSignal()
    for step in range(6):
        if step == 3 and ranks.rank == 1:
            stop.number = signal.SIGTERM
        if ranks.agree(stop):
            return step, stop.number
    return None


def dealt(ranks: Ranks) -> Any:
    """Return the batches of tests of 7, 2, 1 and no batches, each with its number and the rank that saw it."""
    found = []
    for count in (7, 2, 1, 0):
        mine = ranks.mine([torch.tensor([place]) for place in range(count)])
        seen = ranks.gathered(torch.cat([batch, torch.tensor([ranks.rank])]) for batch in mine)
        found.append([one.tolist() for one in seen])
    return found


def interrupted(ranks: Ranks) -> Any:
    """Return the error of this process if one is stopped during a test."""

    def found() -> Iterator[torch.Tensor]:
        yield torch.zeros(1)
        if ranks.rank == 1:
            raise Interrupted(signal.SIGTERM, "stopped")

    with pytest.raises(Interrupted) as caught:
        ranks.gathered(found())
    return caught.value.exit_code


def about(ranks: Ranks) -> Any:
    """Return the record and marks of a result, and whether this process writes."""
    return ranks.record(), ranks.marks(64), ranks.first, joined() is ranks, ranks.share(5)


def both(ranks: Ranks) -> dict[str, Any]:
    """Return all answers of one process."""
    return {ask.__name__: ask(ranks) for ask in (sums, stops, dealt, interrupted, about)}


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    """Return the answers of two processes."""
    return two_processes.answers(both)


def test_gradients_losses_and_mistakes_are_summed_alike_in_both(answers: list[dict[str, Any]]) -> None:
    """Gradients, losses and mistakes are summed to the same values in both processes, in any memory layout."""
    for gradients, loss, wrong, is_whole in (one["sums"] for one in answers):
        for found, *parts in zip(gradients, *(with_gradients(rank).parameters() for rank in (0, 1)), strict=True):
            if parts[0].grad is None:
                assert found is None
            else:
                assert torch.equal(torch.from_numpy(found), parts[0].grad + parts[1].grad)
        assert (loss, wrong, is_whole) == (1.5, 7, True)


def test_both_stop_at_the_same_step_though_one_was_asked(answers: list[dict[str, Any]]) -> None:
    """Both processes stop one step after either was asked, with the same signal."""
    assert [one["stops"] for one in answers] == [(4, signal.SIGTERM)] * 2


def test_every_batch_of_a_test_is_seen_once_and_comes_in_its_order(answers: list[dict[str, Any]]) -> None:
    """Every batch of a test is seen once and returned in order, even if there are fewer batches than processes."""
    turns = [[[place, place % 2] for place in range(count)] for count in (7, 2, 1, 0)]
    assert [one["dealt"] for one in answers] == [turns, turns]


def test_a_test_that_one_stops_is_stopped_in_both(answers: list[dict[str, Any]]) -> None:
    """A test that is stopped in one process is stopped in both."""
    assert [one["interrupted"] for one in answers] == [143, 143]


def test_one_writes_and_the_result_says_how_many_there_were(answers: list[dict[str, Any]]) -> None:
    """Only one process writes, the result counts the processes, and shares of an odd batch are disjoint."""
    mark = "batches of 64 images shared by 2 processes, gradients summed: other weights by rounding alone"
    assert answers[0]["about"] == ({"processes": 2}, [mark], True, True, Share(0, 2, 5))
    assert answers[1]["about"] == ({"processes": 2}, [mark], False, True, Share(2, 5, 5))


def unlike(ranks: Ranks) -> tuple[str, bool]:
    """Return the error of a process whose peer differs, and whether it has its former group afterwards."""
    dist.destroy_process_group()
    port = int(os.environ["MASTER_PORT"])
    two_processes.join(ranks.rank, port + 1)
    with pytest.raises(UsageError) as caught, joining(CPU, f"a GPU of kind {ranks.rank}"):
        pass
    found = str(caught.value), joined() is ranks
    two_processes.join(ranks.rank, port + 2)
    dist.init_process_group("gloo")
    return found


def test_processes_on_devices_that_are_not_alike_are_refused() -> None:
    """Processes on different kinds of devices are refused, and each has its former group afterwards."""
    says = "the processes that share a batch have to be alike, and are ['a GPU of kind 0', 'a GPU of kind 1']"
    assert two_processes.answers(unlike) == [(says, True)] * 2


def test_alone_nothing_is_exchanged_and_nothing_said() -> None:
    """A single process exchanges nothing and keeps every bit."""
    network = with_gradients(0)
    loss, wrong = torch.tensor(0.5), torch.tensor(1)
    assert ALONE.summed(network, loss, wrong) == (loss, wrong)
    before = [one.grad for one in with_gradients(0).parameters()]
    pairs = zip(before, (one.grad for one in network.parameters()), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs if one is not None)
    assert (ALONE.record(), ALONE.marks(64), ALONE.share(64), ALONE.first) == ({}, [], None, True)
    assert ALONE.agree(StopSignal(2))
    assert not ALONE.agree(StopSignal())
    assert joined() is ALONE


def test_a_batch_has_an_image_for_each() -> None:
    """A batch with fewer images than processes is refused."""
    with pytest.raises(UsageError, match="4 processes cannot share batches of 3; ask for fewer"):
        Ranks(0, 4).share(3)
