"""A part of a net, or all of it, that is easier said in torch: a module with its declaration beside it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Buffer, Layer, Parameter, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class TorchModule(Layer):
    """What `module:function` builds for the shapes of its inputs, with all that the rest of the program asks of it.

    `harness.models.declaring.declared` writes the declaration down. It holds the digest of the function's file, so that
    a module that is changed without it is an error when the net is planned, which imports nothing of it; and when the
    net is built, the module's tensors and its output have to be those declared.
    """

    mixes_images: ClassVar[bool] = True
    """As far as anybody can tell from outside, so that its batches are never divided."""

    name: str
    builds: str
    """`package.module:function`, called with the shapes of the inputs."""
    sha256: str
    """Of the file of that function."""
    gives: Shape
    learned: tuple[Parameter, ...]
    state: tuple[Buffer, ...] = ()
    costs: int = 0
    """Multiply-adds of one image, forward."""

    def output(self, *_shapes: Shape) -> Shape:
        """As declared; raises ValueError where the file is not there or is not that of the declaration."""
        found = source_sha256(self.builds)
        if found != self.sha256:
            raise ValueError(
                f"layer {self.name}: the file of {self.builds} is not the one that was declared; declare it anew "
                f"(sha256 {self.sha256[:12]} -> {found[:12]})"
            )
        return self.gives

    def parameters(self, *_shapes: Shape) -> tuple[Parameter, ...]:
        """As declared."""
        return self.learned

    def buffers(self, *_shapes: Shape) -> tuple[Buffer, ...]:
        """As declared."""
        return self.state

    def multiply_adds(self, *_shapes: Shape) -> int:
        """As declared."""
        return self.costs

    def module(self, *shapes: Shape) -> nn.Module:
        """What the function builds; raises ValueError where another shape comes out of it than is declared."""
        import torch  # noqa: PLC0415 - networks are planned without torch

        module = builder(self.builds)(*shapes)
        with torch.no_grad():
            images = [torch.empty(2, *shape, device="meta") for shape in shapes]
            given = tuple(module.to("meta").eval()(*images).shape[1:])
        if given != self.gives:
            raise ValueError(f"layer {self.name}: its module gives {given}, and it declares {self.gives}")
        return module.train()


def source_sha256(builds: str) -> str:
    """The digest of the file in which a function stands; raises ValueError where there is none."""
    module = builds.partition(":")[0]
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        spec = None
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no module {module!r} that could build it")
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()


def builder(builds: str) -> Callable[..., nn.Module]:
    """The function itself; raises ValueError where the module has none of that name."""
    module, _, function = builds.partition(":")
    found: Callable[..., nn.Module] | None = getattr(importlib.import_module(module), function, None)
    if found is None:
        raise ValueError(f"{module} has no function {function!r}")
    return found
