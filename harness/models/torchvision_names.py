"""Names of the tensors in torchvision's files of weights, by the net of the vocabulary that takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.models.googlenet import MODULES, GoogLeNetTorchvision
from harness.models.rectifier import Vgg
from harness.models.registered import Net

NORMALISED = ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked")
"""Tensors of one of torchvision's convolutions with batch normalisation."""

BRANCHES = {
    "conv1": "branch1",
    "reduce3": "branch2.0",
    "conv3": "branch2.1",
    "reduce5": "branch3.0",
    "conv5": "branch3.1",
    "project": "branch4.1",
}
"""Convolutions of an inception module: our name -> torchvision's."""


def torchvision_names(model: Net) -> Mapping[str, str | None]:
    """Return {theirs: ours} for every tensor of torchvision's net; None for a tensor that the net leaves out.

    Only auxiliary classifiers are left out, as torchvision itself does outside training. Raises ValueError for a net
    that is not one of torchvision's: these are `vgg` as VGG-16 or VGG-19 in torchvision's pixels, with ReLU, rescaled
    dropout and no pyramid other than pool5, and `googlenet_torchvision`.
    """
    if isinstance(model, GoogLeNetTorchvision) and model.pixels == "torchvision" and not model.without_pools:
        return dict(_of_googlenet())
    if isinstance(model, Vgg) and _as_torchvision(model):
        return dict(_of_vgg(model))
    raise ValueError(
        f"{model.name} as declared is no net of torchvision's; these are googlenet_torchvision, and vgg with variant "
        "vgg16 or vgg19, `pixels: torchvision` and `dropout_form: rescaled`"
    )


def _as_torchvision(model: Vgg) -> bool:
    own = model.variant != "vgg_b" and model.activation == "relu" and model.pixels == "torchvision"
    return own and model.dropout_form == "rescaled" and model.levels in (None, (7,)) and not model.without_pools


def _of_vgg(model: Vgg) -> Iterator[tuple[str, str]]:
    """Yield the names of VGG's tensors: `features` counts convolutions, rectifiers and pools, `classifier` all."""
    place = 0
    for stage, (count, _) in enumerate(model.STAGES[model.variant], 1):
        for index in range(1, count + 1):
            yield from _pair(f"features.{place}", f"conv{stage}_{index}")
            place += 2
        place += 1
    for number, place in enumerate((0, 3, 6), 1):
        yield from _pair(f"classifier.{place}", f"fc{number}")


def _of_googlenet() -> Iterator[tuple[str, str | None]]:
    for theirs, ours in {"conv1": "conv1", "conv2": "conv2_reduce", "conv3": "conv2"}.items():
        yield from _normalised(theirs, ours)
    for module in MODULES:
        for ours, theirs in BRANCHES.items():
            yield from _normalised(f"inception{module}.{theirs}", f"inception_{module}_{ours}")
    yield from _pair("fc", "fc")
    for head in ("aux1", "aux2"):
        parts = [*(f"conv.{part}" for part in NORMALISED), "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
        yield from ((f"{head}.{part}", None) for part in parts)


def _pair(theirs: str, ours: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{theirs}.{part}", f"{ours}.{part}") for part in ("weight", "bias"))


def _normalised(theirs: str, ours: str) -> Iterator[tuple[str, str]]:
    for part in NORMALISED:
        kind, _, tensor = part.partition(".")
        yield f"{theirs}.{part}", f"{ours}.{tensor}" if kind == "conv" else f"{ours}_bn.{tensor}"
