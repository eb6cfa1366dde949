"""Layer kind: modules that are easier to write in torch: a module with its declaration beside it."""

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
    """The module that `module:function` builds, with a declaration of everything the rest of the program asks of it.

    `harness.models.declaring.declared` writes the declaration, which includes the digest of the function's file. So a
    module that changed without its declaration is an error when the net is planned, without importing the module. When
    the net is built, the module's tensors and output must match the declaration.
    """

    mixes_images: ClassVar[bool] = True
    """True, because the layer's inside is unknown: its batches are never divided."""

    name: str
    builds: str
    """The function, as `package.module:function`. It is called with the shapes of the inputs."""
    sha256: str
    """sha256 of the function's file."""
    gives: Shape
    learned: tuple[Parameter, ...]
    state: tuple[Buffer, ...] = ()
    costs: int = 0
    """Multiply-adds of one image, forward."""

    def output(self, *_shapes: Shape) -> Shape:
        """Return the declared shape. Raises ValueError if the function's file is missing or has changed."""
        found = source_sha256(self.builds)
        if found != self.sha256:
            raise ValueError(
                f"layer {self.name}: the file of {self.builds} is not the one that was declared; declare it anew "
                f"(sha256 {self.sha256[:12]} -> {found[:12]})"
            )
        return self.gives

    def parameters(self, *_shapes: Shape) -> tuple[Parameter, ...]:
        """Return the declared parameters."""
        return self.learned

    def buffers(self, *_shapes: Shape) -> tuple[Buffer, ...]:
        """Return the declared buffers."""
        return self.state

    def multiply_adds(self, *_shapes: Shape) -> int:
        """Return the declared multiply-adds."""
        return self.costs

    def module(self, *shapes: Shape) -> nn.Module:
        """Return the module that the function builds. Raises ValueError if its output has an undeclared shape."""
        import torch  # noqa: PLC0415 - networks are planned without torch

        module = builder(self.builds)(*shapes)
        with torch.no_grad():
            images = [torch.empty(2, *shape, device="meta") for shape in shapes]
            given = tuple(module.to("meta").eval()(*images).shape[1:])
        if given != self.gives:
            raise ValueError(f"layer {self.name}: its module gives {given}, and it declares {self.gives}")
        return module.train()


def source_sha256(builds: str) -> str:
    """Return the digest of the file that holds a function. Raises ValueError if there is none."""
    module = builds.partition(":")[0]
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        spec = None
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no module {module!r} that could build it")
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()


def builder(builds: str) -> Callable[..., nn.Module]:
    """Import and return a function. Raises ValueError if its module has no such function."""
    module, _, function = builds.partition(":")
    found: Callable[..., nn.Module] | None = getattr(importlib.import_module(module), function, None)
    if found is None:
        raise ValueError(f"{module} has no function {function!r}")
    return found
