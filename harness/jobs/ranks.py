"""The processes that share the batches of a training or the images of a test, as each of them sees the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist

from harness.data.share import Share, share
from harness.errors import Interrupted, UsageError
from harness.stop_signal import StopSignal


@dataclass
class Ranks:
    """One of `count` processes. A process that runs alone computes the same bits as without this class.

    Every process must call each method as often as the others, and in the same order.
    """

    rank: int = 0
    count: int = 1
    _asked: torch.Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.int64))
    _asking: Any = None
    """Handle of the exchange under way on whether to stop."""

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files and reports progress."""
        return self.rank == 0

    def share(self, batch: int) -> Share | None:
        """Return the part of a batch of `batch` images that this process takes; None for all of it.

        Raises UsageError if there are fewer images than processes.
        """
        if batch < self.count:
            raise UsageError(f"{self.count} processes cannot share batches of {batch}; ask for fewer")
        return None if self.count == 1 else share(batch, self.rank, self.count)

    def part(self, batch: torch.Tensor) -> torch.Tensor:
        """Return the elements of a whole batch that this process takes."""
        share = self.share(len(batch))
        return batch if share is None else batch[share.part]

    def summed(
        self, network: torch.nn.Module, loss: torch.Tensor, wrong: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Replace every gradient by its sum over all processes; return the sums of the losses and of the mistakes.

        A single exchange in single precision carries all of it. Every process ends with the same bits.
        """
        if self.count == 1:
            return loss, wrong
        learned = [parameter for parameter in network.parameters() if parameter.grad is not None]
        flat = torch.empty(sum(parameter.numel() for parameter in learned) + 2, device=loss.device)
        for parameter, place in zip(learned, _places(flat, learned), strict=True):
            assert parameter.grad is not None
            place.copy_(parameter.grad)
            parameter.grad = place
        flat[-2], flat[-1] = loss, wrong  # counts below 2^24 are exact
        dist.all_reduce(flat)
        return flat[-2].clone(), flat[-1].long()

    def agree(self, stop: StopSignal) -> bool:
        """Return whether to stop at this step: true if any process was asked to stop by the step before.

        All processes get the same answer at the same step. The exchange runs in the background, so a step costs no more
        time than the exchange of its gradients.
        """
        if self.count == 1:
            return stop.number is not None
        self._settle()
        asked = int(self._asked)
        self._asked = torch.tensor([stop.number or 0])
        self._asking = dist.all_reduce(self._asked, dist.ReduceOp.MAX, async_op=True)
        stop.number = asked or stop.number
        return bool(asked)

    def mine(self, batches: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        """Return the batches of a test that this process takes, dealt in turn."""
        return batches[self.rank :: self.count]

    def gathered(self, found: Iterable[torch.Tensor]) -> list[torch.Tensor]:
        """Collect the results of all processes for the batches of a test, in the order of the batches.

        Raises Interrupted in every process if one of them was asked to stop.
        """
        if self.count == 1:
            return list(found)
        everybody: list[Any] = [None] * self.count
        dist.all_gather_object(everybody, _until_stopped(found))
        for one in everybody:
            if isinstance(one, Interrupted):
                raise one
        total = sum(map(len, everybody))
        return [everybody[place % self.count][place // self.count] for place in range(total)]

    def meet(self) -> None:
        """Wait until every process arrives here."""
        if self.count > 1:
            dist.all_reduce(torch.zeros(1))

    def record(self) -> dict[str, int]:
        """Return the number of processes for a result's record; empty for one alone."""
        return {} if self.count == 1 else {"processes": self.count}

    def marks(self, batch: int) -> list[str]:
        """Return the notes for a result whose batches several processes shared; empty for one alone."""
        how = f"shared by {self.count} processes, gradients summed: other weights by rounding alone"
        return [] if self.count == 1 else [f"batches of {batch} images {how}"]

    def _settle(self) -> None:
        if self._asking is not None:
            self._asking.wait()
            self._asking = None


ALONE = Ranks()
_here = [ALONE]


def joined() -> Ranks:
    """Return the processes that this one works with; `ALONE` if it has joined none."""
    return _here[-1]


@contextmanager
def joining(device: torch.device, about: Any) -> Iterator[Ranks]:
    """Join the other processes, found through torchrun's environment variables, for the `with` block.

    Raises UsageError unless `about` is equal in all of them.
    """
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    ranks = Ranks(dist.get_rank(), dist.get_world_size())
    _here.append(ranks)
    try:
        told: list[Any] = [None] * ranks.count
        dist.all_gather_object(told, about)
        if any(other != told[0] for other in told):
            raise UsageError(f"the processes that share a batch have to be alike, and are {told}")
        yield ranks
        ranks._settle()  # noqa: SLF001 - same module
    finally:
        _here.pop()
        dist.destroy_process_group()


def _places(flat: torch.Tensor, learned: Iterable[torch.nn.Parameter]) -> Iterator[torch.Tensor]:
    """Yield the view of `flat` that holds each parameter's gradient, in the gradient's own memory layout."""
    start = 0
    for parameter in learned:
        assert parameter.grad is not None
        yield flat.as_strided(parameter.grad.shape, parameter.grad.stride(), start)
        start += parameter.numel()


def _until_stopped(found: Iterable[torch.Tensor]) -> list[torch.Tensor] | Interrupted:
    try:
        return list(found)
    except Interrupted as error:
        return error
