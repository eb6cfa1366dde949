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
    """One process of `count`; alone, everything is as if there were no others, to the bit.

    Every process has to call each method as often as every other, in the same order.
    """

    rank: int = 0
    count: int = 1
    _asked: torch.Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.int64))
    _asking: Any = None
    """The exchange on whether to stop that is under way."""

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files and speaks."""
        return self.rank == 0

    def share(self, batch: int) -> Share | None:
        """What this process takes of a batch; None for all. Raises UsageError where there is not an image for each."""
        if batch < self.count:
            raise UsageError(f"{self.count} processes cannot share batches of {batch}; ask for fewer")
        return None if self.count == 1 else share(batch, self.rank, self.count)

    def part(self, batch: torch.Tensor) -> torch.Tensor:
        """Those of a whole batch that this process takes."""
        share = self.share(len(batch))
        return batch if share is None else batch[share.part]

    def summed(
        self, network: torch.nn.Module, loss: torch.Tensor, wrong: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Put the sum over all processes in the place of every gradient; gives that of the losses and mistakes.

        One exchange of all of it, in single precision; every process ends with the same bits.
        """
        if self.count == 1:
            return loss, wrong
        learned = [parameter for parameter in network.parameters() if parameter.grad is not None]
        flat = torch.empty(sum(parameter.numel() for parameter in learned) + 2, device=loss.device)
        for parameter, place in zip(learned, _places(flat, learned), strict=True):
            assert parameter.grad is not None
            place.copy_(parameter.grad)
            parameter.grad = place
        flat[-2], flat[-1] = loss, wrong  # a count below 2^24 is exact
        dist.all_reduce(flat)
        return flat[-2].clone(), flat[-1].long()

    def agree(self, stop: StopSignal) -> bool:
        """Whether to stop at this step, which all are told at the same one: if any was asked to a step ago.

        The answer is not waited for, so that a step costs no more than the exchange of its gradients.
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
        """The batches of a test that this process takes: dealt in turn, none of them twice."""
        return batches[self.rank :: self.count]

    def gathered(self, found: Iterable[torch.Tensor]) -> list[torch.Tensor]:
        """What all processes found in their batches of a test, in the order that these were dealt in.

        Raises Interrupted in all of them where one was asked to stop.
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
        """Wait until every process is here."""
        if self.count > 1:
            dist.all_reduce(torch.zeros(1))

    def record(self) -> dict[str, int]:
        """How many processes, for a result; nothing of one alone."""
        return {} if self.count == 1 else {"processes": self.count}

    def marks(self, batch: int) -> list[str]:
        """What a reader of a result has to know of a training whose batches were shared."""
        how = f"shared by {self.count} processes, gradients summed: other weights by rounding alone"
        return [] if self.count == 1 else [f"batches of {batch} images {how}"]

    def _settle(self) -> None:
        if self._asking is not None:
            self._asking.wait()
            self._asking = None


ALONE = Ranks()
_here = [ALONE]


def joined() -> Ranks:
    """The processes that this one works with; `ALONE` where it has not joined any."""
    return _here[-1]


@contextmanager
def joining(device: torch.device, about: Any) -> Iterator[Ranks]:
    """Meet the other processes, as torchrun's variables say; raises UsageError unless `about` is the same for all."""
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    ranks = Ranks(dist.get_rank(), dist.get_world_size())
    _here.append(ranks)
    try:
        told: list[Any] = [None] * ranks.count
        dist.all_gather_object(told, about)
        if any(other != told[0] for other in told):
            raise UsageError(f"the processes that share a batch have to be alike, and are {told}")
        yield ranks
        ranks._settle()  # noqa: SLF001 - its own module
    finally:
        _here.pop()
        dist.destroy_process_group()


def _places(flat: torch.Tensor, learned: Iterable[torch.nn.Parameter]) -> Iterator[torch.Tensor]:
    """Where the gradient of each parameter goes, laid out as it is itself."""
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
