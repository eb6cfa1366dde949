"""A training step as one CUDA graph: forward, loss, backward and update are launched together.

A small net's step launches some hundred kernels of a few microseconds each, so most of its time is launching. The graph
computes the same numbers as the plain step. Shapes are fixed; a smaller last batch is taken by a plain step. Dropout
draws from the device's generator, which is seeded before each step and whose state a replay reads. Steps are plain on a
CPU, for batches in parts or shared with other processes, and where the capture fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from harness.jobs.training.sgd import SGD
from harness.jobs.training.step import Step

Taken = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""A function that takes a step, like `Step`."""

WARM_UP = 3
"""Steps before the capture, in which libraries choose kernels and allocate workspaces."""


class Stepping:
    """Takes the steps of a training and, on a GPU, captures the first; a checkpoint may be loaded before that."""

    def __init__(self, step: Step, say: Callable[[str], None]) -> None:
        self._plain, self._say = step, say
        self._taken: Taken | None = None

    def __call__(self, views: Tensor, target: Tensor, batch: int | None = None) -> tuple[Tensor, Tensor]:
        """Take one step on float views and their labels. The next step may overwrite the returned tensors.

        `batch` counts the images over all processes; give it where a batch may be smaller than the others.
        """
        if batch is not None and batch != self._plain.batch:
            return self._plain(views, target, batch)
        if self._taken is None:
            self._taken = captured(self._plain, views, target, self._say)
        return self._taken(views, target)


_lost: list[torch.cuda.CUDAGraph] = []
"""Graphs whose capture failed. torch's allocator still refers to them, so they are kept; no other is captured."""


def captured(step: Step, views: Tensor, target: Tensor, say: Callable[[str], None]) -> Taken:
    """Return the step captured for batches of this shape, or the plain step; weights and generators stay unchanged."""
    if not views.is_cuda or not step.undivided:
        return step
    if _lost:
        say("steps are launched kernel by kernel, for a capture failed earlier in this process")
        return step
    with unchanged(step.network, step.optimiser, views.device):
        try:
            return CapturedStep(step, views, target)
        except RuntimeError as error:
            cause = error.__context__ or error  # the cause of the failure, not the error at the end of the capture
            say(f"steps are launched kernel by kernel, for they could not be captured: {str(cause).splitlines()[0]}")
    return step


class CapturedStep:
    """A step recorded once on buffers for a batch, and replayed on data copied into them."""

    def __init__(self, step: Step, views: Tensor, target: Tensor) -> None:
        self.views, self.target = views.clone(), target.clone()
        self.graph = torch.cuda.CUDAGraph()
        hold_rate(step.optimiser, views.device)
        stream = torch.cuda.Stream(views.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(views.device))
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                step(self.views, self.target)
        step.optimiser.zero_grad()  # the graph has to write its own gradients, not add to existing ones
        with surviving(self.graph, views.device), torch.cuda.graph(self.graph, stream=stream):
            self.loss, self.wrong = step(self.views, self.target)
        torch.cuda.current_stream(views.device).wait_stream(stream)

    def __call__(self, views: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step. The next step overwrites the returned tensors."""
        self.views.copy_(views, non_blocking=True)
        self.target.copy_(target, non_blocking=True)
        self.graph.replay()
        return self.loss, self.wrong


@contextmanager
def surviving(graph: torch.cuda.CUDAGraph, device: torch.device) -> Iterator[None]:
    """Restore torch's state if a capture fails within the `with` block, so that plain steps still work.

    Without this, the stream of the capture stays the current one and the generator still counts as being captured.
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
    """Restore all state after the `with` block: weights, buffers, velocities and the device's generator.

    Tensors are restored in place, because a graph refers to their memory.
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
    """Set missing velocities to zero, so that the first step does the same as every later one.

    The numbers do not change, because momentum times zero adds nothing.
    """
    for group in optimiser.param_groups:
        for parameter in group["params"] if group["momentum"] else ():
            if optimiser.state[parameter].get("momentum_buffer") is None:
                optimiser.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)


def hold_rate(optimiser: SGD, device: torch.device) -> None:
    """Hold the learning rate in a float32 tensor on the device, so that `set_rate` can change it under a graph."""
    for group in optimiser.param_groups:
        group["lr"] = torch.tensor(float(group["lr"]), device=device)


def _changing(network: nn.Module, optimiser: SGD) -> Iterator[Tensor]:
    yield from network.buffers()
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            yield parameter
            if group["momentum"]:
                yield optimiser.state[parameter]["momentum_buffer"]
