"""A training step as one CUDA graph: forward, loss, backward and update are launched together, not kernel by kernel.

A small net's step is some hundred launches of microseconds' work each, so that launching is most of its time. The graph
does what the step does, on the same numbers: shapes are fixed, for every batch of a training is whole, and dropout
draws from the device's generator, which is seeded before each step and whose state a replay takes up. On a CPU, for a
batch in parts or shared with other processes, and where it cannot be captured, a step is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from harness.jobs.training.sgd import SGD
from harness.jobs.training.step import Step

Taken = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""What takes a step, as `Step` does."""

WARM_UP = 3
"""Steps before the capture, in which libraries choose their kernels and claim their workspaces."""


class Stepping:
    """Takes the steps of a training, on a GPU captured at the first of them; resuming may come in between."""

    def __init__(self, step: Step, say: Callable[[str], None]) -> None:
        self._plain, self._say = step, say
        self._taken: Taken | None = None

    def __call__(self, views: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Take one, on float views and labels; what is returned may be overwritten by the next."""
        if self._taken is None:
            self._taken = captured(self._plain, views, target, self._say)
        return self._taken(views, target)


_lost: list[torch.cuda.CUDAGraph] = []
"""Graphs whose capture failed: kept, for torch's allocator still knows them, and the last of this process."""


def captured(step: Step, views: Tensor, target: Tensor, say: Callable[[str], None]) -> Taken:
    """The step captured for batches like this one, or the step itself; weights and generators stay as they are."""
    if not views.is_cuda or not step.undivided:
        return step
    if _lost:
        say("steps are launched kernel by kernel, for a capture failed earlier in this process")
        return step
    with unchanged(step.network, step.optimiser, views.device):
        try:
            return CapturedStep(step, views, target)
        except RuntimeError as error:
            cause = error.__context__ or error  # what ended a capture, not the end of the capture
            say(f"steps are launched kernel by kernel, for they could not be captured: {str(cause).splitlines()[0]}")
    return step


class CapturedStep:
    """A step that was recorded once, on copies of a batch, and is replayed on what is written into them."""

    def __init__(self, step: Step, views: Tensor, target: Tensor) -> None:
        self.views, self.target = views.clone(), target.clone()
        self.graph = torch.cuda.CUDAGraph()
        hold_rate(step.optimiser, views.device)
        stream = torch.cuda.Stream(views.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(views.device))
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                step(self.views, self.target)
        step.optimiser.zero_grad()  # the graph's gradients are to be its own, and written, not added to
        with surviving(self.graph, views.device), torch.cuda.graph(self.graph, stream=stream):
            self.loss, self.wrong = step(self.views, self.target)
        torch.cuda.current_stream(views.device).wait_stream(stream)

    def __call__(self, views: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Take it; what is returned is overwritten by the next step."""
        self.views.copy_(views, non_blocking=True)
        self.target.copy_(target, non_blocking=True)
        self.graph.replay()
        return self.loss, self.wrong


@contextmanager
def surviving(graph: torch.cuda.CUDAGraph, device: torch.device) -> Iterator[None]:
    """Leave torch fit for plain steps where a capture fails, which torch itself does not.

    `torch.cuda.graph` then keeps its stream the current one, and the generator believes to be captured still.
    """
    stream = torch.cuda.current_stream(device)
    try:
        yield
    except RuntimeError:
        _lost.append(graph)
        torch.cuda.set_stream(stream)
        generator = torch.cuda.default_generators[device.index]
        generator.graphsafe_set_state(generator.clone_state())
        raise


@contextmanager
def unchanged(network: nn.Module, optimiser: SGD, device: torch.device) -> Iterator[None]:
    """Put all state back afterwards: weights, buffers, velocities and the device's generator.

    In place, for a graph knows their places.
    """
    start_velocities(optimiser)
    kept = [tensor.detach().clone() for tensor in _changing(network, optimiser)]
    drawn = torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, before in zip(_changing(network, optimiser), kept, strict=True):
                tensor.copy_(before)
        if device.type == "cuda":
            torch.cuda.set_rng_state(drawn, device)
        else:
            torch.set_rng_state(drawn)


def start_velocities(optimiser: SGD) -> None:
    """Velocities of zero where there are none yet: the first step then does what every later one does.

    It comes to the same numbers, for momentum times zero adds nothing.
    """
    for group in optimiser.param_groups:
        for parameter in group["params"] if group["momentum"] else ():
            if optimiser.state[parameter].get("momentum_buffer") is None:
                optimiser.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)


def hold_rate(optimiser: SGD, device: torch.device) -> None:
    """Keep the learning rate in a float32 tensor on the device, where `set_rate` changes it under a graph."""
    for group in optimiser.param_groups:
        group["lr"] = torch.tensor(float(group["lr"]), device=device)


def _changing(network: nn.Module, optimiser: SGD) -> Iterator[Tensor]:
    yield from network.buffers()
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            yield parameter
            if group["momentum"]:
                yield optimiser.state[parameter]["momentum_buffer"]
