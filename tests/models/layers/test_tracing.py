"""Tests of nets as graphs: who takes whose output, and every way in which a wrong net is refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.models.declaring import declared
from harness.models.layers import (
    Activation,
    Add,
    Auxiliary,
    AveragePool,
    BatchNorm,
    Buffer,
    Concat,
    Conv,
    Depthwise,
    Dropout,
    GlobalAveragePool,
    Layer,
    LayerNorm,
    Linear,
    Local,
    MaxPool,
    Parameter,
    PerMapScale,
    PyramidPool,
    ResponseNorm,
    Shape,
    SpatialNorm,
    ZeroPadded,
    nearest_levels,
    require_chain,
    trace,
    without,
)
from harness.models.network import build, child_name

SHAPE = (4, 8, 6)
SAME = (1, 1, 1, 1)

KINDS: dict[str, tuple[Layer, ...]] = {
    "conv": (Conv("one", 6, 3, 2, (0, 3, 1, 2), groups=2),),
    "conv_without_bias": (Conv("one", 6, 3, bias=False),),
    "depthwise": (Depthwise("one", 3, 2, SAME, multiplier=2),),
    "local": (Local("one", 3, 3, pad=SAME),),
    "linear": (Linear("one", 5),),
    "linear_without_bias": (Linear("one", 5, bias=False),),
    "relu": (Activation("relu", "one"),),
    "prelu_channel": (Activation("prelu_channel", "one", 0.25),),
    "prelu_shared": (Activation("prelu_shared", "one", 0.25),),
    "spatial_norm": (SpatialNorm("one", k=2.0, size=3, alpha=1e-4, beta=0.75),),
    "response_norm": (ResponseNorm("one", k=2.0, n=5, alpha=1e-4, beta=0.75, per_group=2),),
    "batch_norm": (BatchNorm("one"),),
    "batch_norm_of_units": (GlobalAveragePool("mean"), BatchNorm("one")),
    "layer_norm": (LayerNorm("one"),),
    "layer_norm_of_units": (GlobalAveragePool("mean"), LayerNorm("one")),
    "max_pool": (MaxPool("one", 3, 2, cover=True),),
    "max_pool_padded": (MaxPool("one", 3, 1, pad=1),),
    "per_map_scale": (PerMapScale("one", (2.0, 1.0, 0.5, 3.0), (0.0, 1.0, -1.0, 0.0)),),
    "average_pool": (AveragePool("one", 3, 2, cover=True),),
    "global_average_pool": (GlobalAveragePool("one"),),
    "pyramid_pool": (PyramidPool("one", (2, 1)),),
    "dropout": (Dropout("one", 0.5),),
    "add": (Conv("c", 4, 3, pad=SAME), Add("one", inputs=("c", "image"))),
    "concat": (Conv("c", 3, 3, pad=SAME), Concat("one", inputs=("image", "c", "image"))),
    "zero_padded": (ZeroPadded("one", 7, 2),),
}
"""A small net for every kind of layer but `torch_module`; its last layer is of that kind."""
NAMES = (*KINDS, "torch_module")


@cache
def net_of(kind: str) -> tuple[Layer, ...]:
    """Return a small net whose last layer is of a kind; declaring a module of torch imports much of torch."""
    if kind == "torch_module":
        return Conv("c", 3, 1), declared("one", "residual_nets:torch_body", (3, 8, 6), parameters={})
    return KINDS[kind]


def every_kind(above: type[Layer] = Layer) -> set[str]:
    """Return the names of all kinds of layers in the package."""
    ours = [kind for kind in above.__subclasses__() if kind.__module__.startswith("harness.")]
    return {kind.__name__ for kind in ours}.union(*map(every_kind, ours))


def test_no_kind_of_the_vocabulary_is_left_out_here() -> None:
    """Every kind of layer has a net above."""
    no_last = {"Auxiliary"}  # no net ends with one; test_auxiliary.py is about it
    assert {type(layers[-1]).__name__ for layers in map(net_of, NAMES)} == every_kind() - no_last


@pytest.mark.parametrize("name", NAMES)
def test_what_a_kind_declares_is_what_its_module_is(name: str) -> None:
    """Each module has the declared shape, parameters and buffers by name, size and type."""
    layers = net_of(name)
    network, traced = build(layers, SHAPE), list(trace(layers, SHAPE))
    module = network.get_submodule("one")
    assert tuple(network(torch.randn(3, *SHAPE)).shape) == (3, *traced[-1].output)
    assert {one.name: one.shape for one in traced[-1].learned} == {
        key: tuple(tensor.shape) for key, tensor in module.named_parameters()
    }
    assert {one.name: (one.shape, one.bytes) for one in traced[-1].buffers} == {
        key: (tuple(tensor.shape), tensor.nbytes) for key, tensor in module.named_buffers()
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_a_kind_says_of_a_batch_is_so(name: str) -> None:
    """In training an image's output does not depend on the batch, unless the kind says that it mixes images."""
    layers = net_of(name)
    network = build(layers, SHAPE).train()
    draws = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=draws)
    images = torch.randn(4, *SHAPE, generator=draws)
    if layers[-1].noise:
        network.eval()  # tests of steps cover its draws for batches in parts
    together, apart = network(images), torch.cat([network(part) for part in images.split(2)])
    assert torch.allclose(together, apart, atol=1e-5) != layers[-1].mixes_images


@pytest.mark.parametrize("name", ["conv", "conv_without_bias", "depthwise", "local", "linear", "linear_without_bias"])
def test_multiply_adds_are_connections_counted_one_by_one(name: str) -> None:
    """Multiply-adds equal the inputs that each output depends on, counted in the Jacobian."""
    layers = net_of(name)
    *_, one = trace(layers, SHAPE)
    network = build(layers, SHAPE).double()
    for parameter in network.parameters():
        torch.nn.init.ones_(parameter)
    wide = torch.nn.functional.pad(torch.zeros(1, *SHAPE, dtype=torch.float64), (0, 0))
    jacobian = torch.autograd.functional.jacobian(network, wide)
    reached = int((jacobian != 0).sum())
    edges = getattr(one.layer, "pad", (0, 0, 0, 0)) != (0, 0, 0, 0)
    assert reached <= one.multiply_adds
    assert edges or reached == one.multiply_adds
    assert one.multiply_adds == one.weighted[0].fan_in * one.units


def test_depthwise_kernels_see_one_map_each() -> None:
    """A depthwise convolution with two 3 x 3 kernels for each of 4 maps has 72 weights and 8 biases."""
    (one,) = trace((Depthwise("d", 3, pad=SAME, multiplier=2),), SHAPE)
    assert (one.weights, one.biases, one.output, one.weighted[0].fan_in) == (72, 8, (8, 8, 6), 9)


def test_layer_normalisation_is_by_hand() -> None:
    """Layer normalisation equals its formula: moments over all of an image, then a scale and shift for each map."""
    network = build((LayerNorm("n"),), SHAPE)
    torch.nn.init.normal_(network.get_parameter("n.weight"))
    torch.nn.init.normal_(network.get_parameter("n.bias"))
    x = torch.randn(3, *SHAPE) * 2 + 1
    mean, variance = x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), keepdim=True, correction=0)
    scale, shift = (network.get_parameter(f"n.{name}").view(-1, 1, 1) for name in ("weight", "bias"))
    torch.testing.assert_close(network(x), (x - mean) / (variance + 1e-5).sqrt() * scale + shift)


def test_a_zero_padded_shortcut_is_by_hand() -> None:
    """A zero-padded shortcut keeps every second row and column, and adds maps of zeros; sides are rounded up."""
    x = torch.randn(2, 4, 7, 6)
    y = build((ZeroPadded("z", 6, 2),), (4, 7, 6))(x)
    assert torch.equal(y[:, :4], x[:, :, ::2, ::2])
    assert not y[:, 4:].any()
    assert y.shape == (2, 6, 4, 3)


def test_an_output_is_let_go_after_its_last_use() -> None:
    """An output is released after its last use."""
    layers = (Conv("a", 4, 1), Conv("b", 4, 1), Add("c", inputs=("a", "b")), Conv("d", 4, 1), Conv("e", 4, 1))
    network = build(layers, SHAPE)
    assert network._spent == {"a": ["image"], "b": [], "c": ["a", "b"], "d": ["c"], "e": ["d"]}


@given(st.lists(st.sampled_from(["conv", "add", "concat"]), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_any_graph_computes_what_its_equations_say(kinds: list[str], random: Any) -> None:
    """Any graph computes the same as an evaluation by name, with the shapes of the trace."""
    layers: list[Layer] = []
    channels = {"image": 2}
    for number, kind in enumerate(kinds):
        known = list(channels)
        a, b = random.choice(known), random.choice(known)
        name = f"l{number}"
        if kind == "add" and channels[a] == channels[b]:
            layers.append(Add(name, inputs=(a, b)))
            channels[name] = channels[a]
        elif kind == "concat" and channels[a] + channels[b] < 40:
            layers.append(Concat(name, inputs=(a, b)))
            channels[name] = channels[a] + channels[b]
        else:
            layers.append(Conv(name, 2, 1, inputs=(a,)))
            channels[name] = 2
    taken = {source for layer in layers for source in layer.inputs}
    loose = [layer.name for layer in layers if layer.name not in taken]
    layers.append(Concat("all", inputs=(*loose, "image")))
    network = build(layers, (2, 3, 3))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(2, 2, 3, 3)
    held = {"image": x}
    for layer in layers:
        inputs = [held[name] for name in layer.inputs]
        held[layer.name] = (
            inputs[0] + inputs[1] if layer.kind_name == "add" else network.get_submodule(layer.name)(*inputs)
        )
    assert torch.equal(network(x), held["all"])
    assert [(2, *one.output) for one in trace(layers, (2, 3, 3))] == [tuple(held[one.name].shape) for one in layers]


@dataclass(frozen=True, slots=True)
class Squared(Layer):
    """A complete kind of layer defined outside the package."""

    mixes_images: ClassVar[bool] = False
    name: str

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the input."""
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return one scale for each map."""
        return (Parameter("scale", "scale", shapes[0][:1], 2.0),)

    def buffers(self, *_shapes: Shape) -> tuple[Buffer, ...]:
        """Return the count of batches seen."""
        return (Buffer("seen", (), 0.0, whole=True),)

    def module(self, *shapes: Shape) -> torch.nn.Module:
        """Return the module below."""
        return SquaredModule(shapes[0][0])


class SquaredModule(torch.nn.Module):
    """A module that squares, scales and counts batches."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.empty(maps))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scaled squares."""
        self.seen.add_(1)  # type: ignore[operator]
        return x.square() * self.scale.view(-1, 1, 1)


def test_a_new_kind_is_one_file() -> None:
    """A new kind defined in one file is built, trained and counted without any other change."""
    network = build((Squared("s"), Linear("fc", 2, bias=False)), SHAPE)
    x = torch.randn(3, *SHAPE)
    torch.testing.assert_close(network.cut("s")[0](x), 2 * x.square())
    assert [(kind, name) for kind, name, _ in network.kinds()] == [("scale", "s.scale"), ("weight", "fc.weight")]
    assert int(network.get_buffer("s.seen")) == 1


@dataclass(frozen=True, slots=True)
class Convolution:
    """A class that resembles a layer and is none."""

    name: str
    filters: int


@dataclass(frozen=True, slots=True)
class Silent(Layer):
    """A kind that answers no question."""

    name: str


@dataclass(frozen=True, slots=True)
class Uncounted(Squared):
    """A kind with weights and without multiply-adds."""

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return one weight for each map."""
        return (Parameter("scale", "weight", shapes[0][:1]),)


@dataclass(frozen=True, slots=True)
class Misnamed(Squared):
    """A kind with a parameter of unknown kind."""

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return one scale for each map, with its kind misspelt."""
        return (Parameter("scale", "scales", shapes[0][:1], 1.0),)  # type: ignore[arg-type]


REFUSED: dict[str, tuple[tuple[Any, ...], str]] = {
    "no layer": (
        (Convolution("c", 3),),
        r"layer c: Convolution \(.*test_tracing\.py\) is no kind of layer; did you mean 'Conv'",
    ),
    "text": (("conv",), r"layer: str \(builtins\) is no kind of layer"),
    "no answers": ((Silent("s"),), r"Silent \(.*test_tracing\.py\) does not answer output and module and mixes_images"),
    "no cost": ((Uncounted("u"),), r"layer u: Uncounted \(.*\) has weights and does not say its multiply_adds"),
    "no kind": ((Misnamed("m"),), r"layer m .*no kind of parameter 'scales'; did you mean 'scale'\?"),
    "unknown input": (
        (Conv("conv1", 4, 1), Add("a", inputs=("conv", "image"))),
        "no layer 'conv' before it; did you mean 'conv1'",
    ),
    "later input": ((Conv("a", 4, 1, inputs=("b",)), Conv("b", 4, 1)), "layer a: no layer 'b' before it"),
    "dropped shortcut": ((Conv("a", 4, 1), Add("sum")), "layer sum: it takes two inputs or more"),
    "shortcut left out": (
        (Conv("a", 4, 1), Conv("shortcut", 4, 1, inputs=("image",)), Linear("fc", 2, inputs=("a",))),
        "nothing takes the output of shortcut",
    ),
    "auxiliary last": ((Linear("fc", 2), Auxiliary("aux", 0.3)), "layer aux: an auxiliary classifier gives logits"),
    "auxiliary taken": ((Linear("fc", 2), Auxiliary("aux", 0.3), Linear("last", 2)), "layer aux: .* for no layer"),
    "other classes": (
        (Linear("fc", 3), Auxiliary("aux", 0.3), Linear("last", 2, inputs=("image",))),
        "layer aux: an auxiliary classifier gives logits as the last layer does",
    ),
    "wide padding": ((MaxPool("p", 3, 1, pad=2),), "layer p: pad is at most half the size of 3"),
    "covered padding": ((MaxPool("p", 3, 1, pad=1, cover=True),), "layer p: pad .* not with cover"),
    "other factors": ((PerMapScale("s", (1.0,), (0.0,)),), "layer s: 1 factors and 1 constants for 4 maps"),
    "two inputs": ((Conv("a", 4, 1), Conv("b", 4, 1, inputs=("a", "image"))), "layer b: it takes one input, not 2"),
    "same name": ((Conv("a", 4, 1), Conv("a", 4, 1)), "two layers are named 'a'"),
    "image": ((Conv("image", 4, 1),), "a layer named 'image'"),
    "other shapes": ((Conv("a", 5, 1), Add("sum", inputs=("a", "image"))), r"layer sum: \(5, 8, 6\) and \(4, 8, 6\)"),
    "other sides": ((Conv("a", 5, 3), Concat("c", inputs=("a", "image"))), "layer c: .* maps of different sides"),
    "vector": ((Linear("fc", 3), Conv("c", 3, 1)), "layer c: it takes maps, and its input is a vector of 3"),
    "groups of maps": ((ResponseNorm("n", 2, 5, 1e-4, 0.75, 3),), "layer n: 3 groups do not divide 4 maps"),
    "fewer maps": ((ZeroPadded("z", 2),), "layer z: 4 maps do not fit in 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_net_is_an_error_and_never_a_smaller_net(case: str) -> None:
    """A wrong net is an error of the trace that names the layer."""
    layers, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        list(trace(layers, SHAPE))


@dataclass(frozen=True, slots=True)
class Forgetful(Squared):
    """A kind that does not declare what its module holds."""

    def buffers(self, *_shapes: Shape) -> tuple[Buffer, ...]:
        """Return no buffers."""
        return ()


def test_a_module_that_holds_more_than_is_declared_is_refused() -> None:
    """A module that holds undeclared tensors is refused."""
    with pytest.raises(
        ValueError, match=r"layer f: its module holds the buffers \{'seen': \(\)\}, and it declares \{\}"
    ):
        build((Forgetful("f"),), SHAPE)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((Conv("a.b", 4, 1), Conv("a_b", 4, 1)), "two layers would have a module named 'a_b'"),
        ((Conv("forward", 4, 1),), "no module can be named 'forward'"),
        ((Conv("training", 4, 1),), "no module can be named 'training'"),
    ],
)
def test_no_module_takes_the_place_of_another(layers: tuple[Layer, ...], message: str) -> None:
    """Layers whose modules would share a name, or take one of torch's, are refused."""
    with pytest.raises(ValueError, match=message):
        build(layers, SHAPE)


def test_a_net_is_cut_only_where_one_output_crosses() -> None:
    """A net is cut only where a single output crosses; the parts in sequence equal the net."""
    layers = (Conv("a", 4, 1), Conv("b", 4, 1), Add("c", inputs=("a", "b")), Linear("fc", 3))
    network = build(layers, SHAPE)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(2, *SHAPE)
    first, rest = network.cut("c")
    assert torch.equal(rest(first(x)), network(x))
    with pytest.raises(ValueError, match="cannot be cut after b: c also takes a"):
        network.cut("b")


def test_a_chain_is_told_from_a_graph() -> None:
    """A chain is recognised by its inputs, not by its kinds."""
    require_chain(trace((Conv("a", 4, 1), Linear("fc", 3, inputs=("a",))), SHAPE), "x is of")
    with pytest.raises(ValueError, match="x is of a chain of layers, and sum takes a and image"):
        require_chain(trace((Conv("a", 4, 1), Add("sum", inputs=("a", "image"))), SHAPE), "x is of")


def test_layers_can_be_left_out_of_a_graph() -> None:
    """When layers are left out of a graph, their takers take the inputs of these layers."""
    layers = (
        Conv("a", 4, 1),
        Dropout("a.drop", 0.5),
        Conv("b", 4, 1),
        Dropout("b.drop", 0.5, inputs=("a.drop",)),
        Conv("c", 4, 1),
        Add("sum", inputs=("b", "c", "a.drop")),
    )
    left = without(layers, lambda layer: layer.noise)
    assert [(one.name, one.inputs) for one in trace(left, SHAPE)] == [
        ("a", ("image",)),
        ("b", ("a",)),
        ("c", ("a",)),
        ("sum", ("b", "c", "a")),
    ]


def test_the_nearest_layers_are_found_along_and_against_the_flow() -> None:
    """The nearest layers are found level by level along and against the flow, each once."""
    layers = (Conv("a", 4, 1), Conv("b", 4, 1), Add("c", inputs=("a", "b")), Activation("relu", "d"))
    traced = list(trace(layers, SHAPE))
    assert [[one.name for one in level] for level in nearest_levels(traced, "d", back=True)] == [["c"], ["a", "b"]]
    assert [[one.name for one in level] for level in nearest_levels(traced, "a", back=False)] == [["b", "c"], ["d"]]


def test_nobody_asks_for_a_layers_class() -> None:
    """No code outside asks for a layer's class by `isinstance` or `case`."""
    import re
    from pathlib import Path

    import harness

    kinds = "|".join(sorted(every_kind()))
    asks = re.compile(rf"isinstance\([^)]*\b({kinds})\b|case ({kinds})\(")
    root = Path(harness.__file__).parent
    found = [file for file in root.rglob("*.py") if asks.search(file.read_text(encoding="utf-8"))]
    assert found == []


def test_child_names_are_without_dots() -> None:
    """Names of modules have no dots, which torch does not allow."""
    assert child_name("fc7.relu") == "fc7_relu"
