"""Measurement of a network's size: parameters, neurons, multiply-adds, depth, and the memory that training takes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, Self

from pydantic import PositiveInt, model_validator

from harness.jobs.measures.net import OfNet
from harness.jobs.measures.quantity import Bound, Computed, Number, flat
from harness.models.initialisation import learnable
from harness.models.layers import Traced, size
from harness.strict import Grown

FLOAT32_BYTES = 4


class Network(OfNet, Computed, Grown):
    """Counts of one network, in total and by learned layer.

    Neurons are the outputs of convolutions and fully connected layers, logits included, as the paper counts them
    (AlexNet section 3.5). Dense weights are those of fully connected layers between the same sizes (section 1).

    Memory is in float32. `training_bytes` is the least that back-propagation with momentum holds at once: each
    parameter with its gradient and velocity and, for a batch, the images and the output of every layer. Activations and
    dropout overwrite their input. `separate_training_bytes` gives those layers outputs of their own, and every output a
    gradient. Neither counts the workspace of convolutions or buffers for data.
    """

    what: Literal["network"]
    batch: PositiveInt = 128  # AlexNet section 5, PReLU section 3
    """Batch size of the training step whose memory is counted."""
    blocks: tuple[str, ...] = ()
    """Parts of the net to sum over: each holds the layer of its name and those whose names begin with it and a dot."""

    @model_validator(mode="after")
    def _blocks_have_weights(self) -> Self:
        names = [one.name for one in learnable(self.net.traced())]
        for block in self.blocks:
            if not any(_within(name, block) for name in names):
                raise ValueError(f"blocks: no layer with weights in {block!r}; there are {', '.join(names)}")
        return self

    def numbers(self) -> dict[str, Number]:
        """Return every count."""
        traced = self.net.traced()
        return {
            **_sizes(traced),
            **_work(traced),
            **_memory(traced, self.batch),
            **_by_layer(traced),
            **_by_block(traced, self.blocks),
        }

    def bounds(self) -> dict[str, Bound]:
        """Return the counts of memory as lower bounds, because they leave out workspaces and buffers."""
        return {"training_bytes": "lower", "separate_training_bytes": "lower"}


def _sizes(traced: tuple[Traced, ...]) -> dict[str, Number]:
    learned = list(learnable(traced))
    convs, dense, local = (_of(family, traced) for family in ("convolution", "dense", "local"))
    total = _parameters(traced)
    conv_percents = [_percent(one.parameters, total) for one in convs]
    return {
        "parameters": Number(total, "", "parameters"),
        "weights": Number(sum(one.weights for one in traced), "", "weights"),
        "biases": Number(sum(one.biases for one in traced), "", "biases"),
        "slopes": Number(sum(one.slopes for one in traced), "", "PReLU coefficients"),
        **_normalisation(traced),
        "conv_slopes": Number(_slopes(traced, maps=True), "", "PReLU coefficients of convolutional layers"),
        "fc_slopes": Number(_slopes(traced, maps=False), "", "PReLU coefficients of fully connected layers"),
        "conv_parameters": Number(_parameters(convs), "", "parameters of convolutions"),
        "fc_parameters": Number(_parameters(dense), "", "parameters of fully connected layers"),
        "conv_percent": Number(sum(conv_percents), "%", "share of the parameters in convolutions"),
        "largest_conv_percent": Number(max(conv_percents, default=0), "%", "largest share of one convolution"),
        "input_numbers": Number(math.prod(traced[0].input), "", "numbers of an image"),
        "neurons": Number(sum(one.units for one in learned), "", "neurons"),
        "conv_layers": Number(len(convs), "", "convolutional layers"),
        "local_layers": Number(len(local), "", "convolutions without shared weights"),
        "fc_layers": Number(len(dense), "", "fully connected layers"),
        "depth": Number(len(learned), "", "learned layers"),
    }


def _work(traced: tuple[Traced, ...]) -> dict[str, Number]:
    convs, dense = (sum(one.multiply_adds for one in _of(kind, traced)) for kind in ("convolution", "dense"))
    total = sum(one.multiply_adds for one in traced)
    slopes = sum(one.units for one in traced if one.slopes)
    weights, between = sum(one.weights for one in traced), sum(map(_dense_weights, learnable(traced)))
    return {
        "multiply_adds": Number(total, "", "multiply-adds of one image, forward"),
        "conv_multiply_adds": Number(convs, "", "multiply-adds of convolutions"),
        "fc_multiply_adds": Number(dense, "", "multiply-adds of fully connected layers"),
        "fc_share_percent": Number(_percent(dense, total), "%", "share of fully connected layers in them"),
        "slope_multiplies": Number(slopes, "", "multiplications by PReLU coefficients, at most"),
        "slope_percent": Number(_percent(slopes, total), "%", "those against the multiply-adds"),
        "dense_weights": Number(between, "", "weights of dense layers between the same sizes"),
        "dense_ratio": Number(between / max(1, weights), "", "those against the weights there are"),
    }


def _memory(traced: tuple[Traced, ...], batch: int) -> dict[str, Number]:
    learned = 3 * _parameters(traced)
    image, outputs = math.prod(traced[0].input), sum(one.units for one in traced)
    least = sum(one.units for one in traced if not one.layer.overwrites)
    numbers = {
        "parameter_bytes": (learned, "parameters, their gradients and velocities"),
        "training_bytes": (learned + batch * (image + least), "memory of training, outputs overwritten"),
        "separate_training_bytes": (learned + batch * (image + 2 * outputs), "memory of training, outputs apart"),
    }
    return {name: Number(FLOAT32_BYTES * count, "bytes", label) for name, (count, label) in numbers.items()}


def _by_layer(traced: tuple[Traced, ...]) -> dict[str, Number]:
    total, found = _parameters(traced), {}
    for one in learnable(traced):
        name, layer = flat(one.name), one.name
        found[f"{name}_parameters"] = Number(one.parameters, "", f"{layer}, parameters")
        found[f"{name}_percent"] = Number(_percent(one.parameters, total), "%", f"{layer}, share of the parameters")
        found[f"{name}_neurons"] = Number(one.units, "", f"{layer}, neurons")
        found[f"{name}_multiply_adds"] = Number(one.multiply_adds, "", f"{layer}, multiply-adds")
        found[f"{name}_dense_weights"] = Number(_dense_weights(one), "", f"{layer}, weights if it were dense")
    return found


def _by_block(traced: tuple[Traced, ...], blocks: Iterable[str]) -> dict[str, Number]:
    found = {}
    for block in blocks:
        layers = [one for one in traced if _within(one.name, block)]
        costs = sum(one.multiply_adds for one in layers)
        found[f"{flat(block)}_block_parameters"] = Number(_parameters(layers), "", f"{block} in all, parameters")
        found[f"{flat(block)}_block_multiply_adds"] = Number(costs, "", f"{block} in all, multiply-adds")
    return found


def _within(name: str, block: str) -> bool:
    return name == block or name.startswith(f"{block}.")


def _parameters(traced: Iterable[Traced]) -> int:
    return sum(one.parameters for one in traced)


def _slopes(traced: Iterable[Traced], *, maps: bool) -> int:
    return sum(one.slopes for one in traced if (len(one.output) > 1) == maps)


def _normalisation(traced: tuple[Traced, ...]) -> dict[str, Number]:
    """Return counts that only nets with normalisation or shortcuts have; zero counts are left out."""
    found = {
        "scales": (sum(one.count("scale") for one in traced), "scales of normalisations"),
        "shifts": (sum(one.count("shift") for one in traced), "shifts of normalisations"),
        "buffers": (sum(size(buffer.shape) for one in traced for buffer in one.buffers), "running statistics"),
        "joins": (sum(one.layer.several for one in traced), "layers that take several others, such as sums"),
    }
    return {name: Number(count, "", label) for name, (count, label) in found.items() if count}


def _of(family: str, traced: Iterable[Traced]) -> list[Traced]:
    return [one for one in traced if one.layer.family == family and one.weighted]


def _dense_weights(one: Traced) -> int:
    return math.prod(one.input) * one.units


def _percent(part: int, whole: int) -> float:
    return 100 * part / max(1, whole)
