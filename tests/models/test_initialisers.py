"""Tests of first weights: the standard deviations of every rule, and the numbers drawn."""

import math
import statistics

import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from harness.models.alexnet import FULL_INPUT, AlexNet
from harness.models.cifar import CifarLocal
from harness.models.geometry import Stem
from harness.models.initialisation import FanScaled, Gaussian, Initialisation, first_biases, standard_deviations
from harness.models.initialisers import initialise
from harness.models.layers import Activation, Conv, Linear, Local, MaxPool, PyramidPool, trace
from harness.models.network import build, child_name, weights_sha256
from harness.models.rectifier import Vgg

PAPER = Gaussian(rule="gaussian", std=0.01, bias_one=["conv2", "conv4", "conv5", "fc6", "fc7"])  # AlexNet section 5
RULES = ("xavier", "he_forward", "he_backward", "prelu_forward", "prelu_backward")
SEEDS = 64
"""Number of nets of ten layers of 256 to average over; the ratio of a single net spreads by about 0.4."""


def rectified(widths, slope=0.0, kernel=3):
    """Return a chain of convolutions that keep the size of maps, each followed by one rectifier."""
    side = (kernel - 1) // 2
    for index, filters in enumerate(widths, 1):
        yield Conv(f"conv{index}", filters, kernel, pad=(side,) * 4)
        yield Activation("prelu_shared" if slope else "relu", f"conv{index}.relu", slope)


def drawn(layers, shape, spec, seed=0, full=()):
    """Return a net initialised from a seed, in test mode."""
    network = build(layers, shape).eval()
    initialise(network, list(trace(layers, shape)), spec, torch.Generator().manual_seed(seed), full)
    return network


VGG_B = Vgg(variant="vgg_b").full_size(1000)
"""Ten 3x3 convolutions of 64 to 512 filters (PReLU section 2.2)."""


def test_he_backward_gives_the_stds_of_the_paper():
    """he_backward gives 0.059, 0.042, 0.029 and 0.021 for 64, 128, 256 and 512 filters of 3x3 (PReLU section 2.2)."""
    stds = list(standard_deviations(VGG_B, FanScaled(rule="he_backward")).values())[:10]
    assert [round(std, 3) for std in stds[1::2][:4]] == [0.059, 0.042, 0.029, 0.021]


def test_a_fixed_std_shrinks_the_gradient_of_vgg_b_by_the_papers_factor():
    """The product of 0.01 over the derived stds from conv2 to conv10 is about 1 / 1.7e4 (PReLU section 2.2)."""
    stds = list(standard_deviations(VGG_B, FanScaled(rule="he_backward")).values())[:10]
    assert math.prod(std / 0.01 for std in stds[1:]) == pytest.approx(16728.8, rel=1e-5)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("xavier", 1 / 27),
        ("he_forward", 2 / 27),
        ("he_backward", 2 / 72),
        ("prelu_forward", 2 / (27 * 1.0625)),
        ("prelu_backward", 2 / (72 * 1.0625)),
    ],
)
def test_each_rule_is_its_equation(rule, expected):
    """Each rule follows its equation for 8 filters of 3x3 over 3 maps: n = 27, nhat = 72, a = 0.25 (section 2.2)."""
    traced = list(trace(tuple(rectified([8], slope=0.25)), (3, 8, 8)))
    assert standard_deviations(traced, FanScaled(rule=rule))["conv1"] ** 2 == pytest.approx(expected)


def test_a_slope_of_one_is_the_linear_case_and_of_zero_the_rectifiers():
    """A slope of one gives the linear case, and of zero the rectifier's (PReLU section 2.2, after eq. 15)."""
    for slope, rule in ((1.0, "xavier"), (0.0, "he_forward")):
        traced = list(trace(tuple(rectified([8, 4], slope)), (3, 8, 8)))
        assert standard_deviations(traced, FanScaled(rule="prelu_forward")) == pytest.approx(
            standard_deviations(traced, FanScaled(rule=rule))
        )


def test_a_layer_reads_the_slope_its_signal_passes():
    """Forward rules read the slope before a layer, backward rules the one after, and at an end the only one."""
    layers = (
        Conv("conv1", 4, 1),
        Activation("leaky", "a", 0.5),
        Conv("conv2", 4, 1),
        Activation("relu", "b"),
        Conv("conv3", 4, 1),
    )
    traced = list(trace(layers, (4, 2, 2)))
    forward = standard_deviations(traced, FanScaled(rule="prelu_forward"))
    backward = standard_deviations(traced, FanScaled(rule="prelu_backward"))
    assert [std**2 * 4 for std in forward.values()] == pytest.approx([1.6, 1.6, 2])
    assert [std**2 * 4 for std in backward.values()] == pytest.approx([1.6, 2, 2])


def test_groups_count_the_maps_and_filters_of_one_group():
    """Groups count their own maps and filters: 8 maps and 16 filters in two groups give n = 9 * 4, nhat = 9 * 8."""
    traced = list(trace((Conv("c", 16, 3, groups=2),), (8, 5, 5)))
    assert standard_deviations(traced, FanScaled(rule="he_forward"))["c"] == pytest.approx(math.sqrt(2 / 36))
    assert standard_deviations(traced, FanScaled(rule="he_backward"))["c"] == pytest.approx(math.sqrt(2 / 72))


def test_printed_stds_of_the_fully_connected_layers_replace_the_rule():
    """Printed stds 0.01, 0.01 and 0.001 replace the rule in fully connected layers only (PReLU section 2.2)."""
    layers = (Conv("c", 4, 3), *(Linear(f"fc{i}", 8) for i in (1, 2, 3)))
    spec = FanScaled(rule="he_forward", factor=0.5, fc_std=(0.01, 0.01, 0.001))
    stds = standard_deviations(list(trace(layers, (3, 5, 5))), spec)
    assert stds == pytest.approx({"c": 0.5 * math.sqrt(2 / 27), "fc1": 0.01, "fc2": 0.01, "fc3": 0.001})


def test_printed_stds_follow_the_fan_in_where_the_gain_is_kept():
    """With the paper's gain, a layer with a quarter of the connections has twice the printed std."""
    full, narrow = (
        list(trace((Conv("c", maps, 1), *(Linear(f"fc{i}", maps) for i in (1, 2, 3))), (3, 1, 1))) for maps in (64, 16)
    )
    spec = FanScaled(rule="he_forward", fc_std=(0.01, 0.01, 0.001), gain="paper_fan_in")
    assert list(standard_deviations(narrow, spec, full).values())[1:] == pytest.approx([0.02, 0.02, 0.002])
    assert list(standard_deviations(full, spec, full).values())[1:] == pytest.approx([0.01, 0.01, 0.001])


def test_three_stds_need_three_fully_connected_layers():
    """Three stds for another number of fully connected layers are refused with that number."""
    with pytest.raises(ValueError, match="fc_std gives 3 stds, the net has 1 fully connected layers"):
        standard_deviations(list(trace((Linear("fc", 2),), (4,))), FanScaled(rule="xavier", fc_std=(0.01, 0.01, 0.001)))


def test_a_narrow_net_keeps_the_papers_gain():
    """With the paper's gain, std^2 times fan-in in a narrow net equals that of the full-size net."""
    model = AlexNet(width=0.25, stem=Stem(kernel=5, stride=1, pad=(2, 2, 2, 2)))
    small, full = list(trace(model.layers(10), (3, 32, 32))), model.full_size(10)
    stds = standard_deviations(small, PAPER.model_copy(update={"gain": "paper_fan_in"}), full)
    fan_in = {one.name: one.weighted[0].fan_in for one in small if one.weights}
    assert stds["conv1"] ** 2 * 75 == pytest.approx(0.01**2 * 363)
    assert {name: stds[name] ** 2 * fan_in[name] for name in stds} == pytest.approx(
        {one.name: 0.01**2 * one.weighted[0].fan_in for one in full if one.weights}
    )


def test_as_printed_is_001_everywhere_and_at_full_size_so_is_the_papers_gain():
    """As printed every std is 0.01, and at full size the paper's gain gives the same."""
    full = list(trace(AlexNet().layers(1000), FULL_INPUT))
    printed = standard_deviations(full, PAPER)
    assert set(printed.values()) == {0.01}
    assert standard_deviations(full, PAPER.model_copy(update={"gain": "paper_fan_in"}), full) == printed


def test_the_papers_gain_needs_every_layer_in_the_full_size_net():
    """The paper's gain for a layer missing from the full-size net is an error that names it."""
    with pytest.raises(ValueError, match="the full-size net has no layer 'fc'"):
        standard_deviations(
            list(trace((Linear("fc", 2),), (4,))), PAPER.model_copy(update={"gain": "paper_fan_in"}), ()
        )


def test_biases_start_at_one_where_the_paper_says_and_at_zero_elsewhere():
    """Biases start at one in conv2, conv4, conv5, fc6 and fc7 (AlexNet section 5), and at zero elsewhere."""
    traced = list(trace(AlexNet().layers(1000), FULL_INPUT))
    names = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"]
    assert first_biases(traced, PAPER) == dict(zip(names, [0, 1, 0, 1, 1, 1, 1, 0], strict=True))
    assert set(first_biases(traced, FanScaled(rule="he_forward")).values()) == {0}


@pytest.mark.parametrize("field", ["bias_one", "std_of"])
def test_a_name_of_no_layer_is_an_error_unless_that_layer_is_left_out(field):
    """A name of no layer is an error unless that layer is left out on purpose."""
    layers = tuple(trace(AlexNet(without=("conv4",)).layers(2), FULL_INPUT))
    given = ["conv4", "conv44"] if field == "bias_one" else {"conv4": 0.1, "conv44": 0.2}
    spec = Gaussian(rule="gaussian", **{field: given})
    first = first_biases if field == "bias_one" else standard_deviations
    with pytest.raises(ValueError, match=f"{field}: no layer conv4, conv44; there are conv1, conv2, conv3, conv5, fc6"):
        first(layers, spec)
    with pytest.raises(ValueError, match=f"{field}: no layer conv44; there are"):
        first(layers, spec, left_out=("conv4",))
    assert "conv4" not in first(layers, spec, left_out=("conv4", "conv44"))


def test_a_recipe_for_the_whole_net_serves_one_with_layers_removed():
    """A recipe for the whole net serves one without conv2, conv4 and fc6, whose biases it names."""
    model = AlexNet(width=0.05, without=("conv2", "conv4", "fc6"))
    traced = tuple(trace(model.layers(10), FULL_INPUT))
    network = build(model.layers(10), FULL_INPUT)
    spec, draws = PAPER.model_copy(update={"gain": "paper_fan_in"}), torch.Generator().manual_seed(0)
    initialise(network, traced, spec, draws, model.full_size(10), model.left_out)
    assert all(parameter.isfinite().all() for parameter in network.parameters())
    assert (network.get_submodule("conv5").bias == 1).all()


def test_a_layer_may_have_a_std_of_its_own():
    """A layer may have a std of its own, and the paper's gain multiplies it too."""
    spec = Gaussian(rule="gaussian", std=0.01, std_of={"conv1": 0.0001, "local3": 0.04})
    full = CifarLocal().full_size(10)
    stds = standard_deviations(full, spec)
    assert stds == {"conv1": 0.0001, "conv2": 0.01, "local3": 0.04, "local4": 0.01, "fc10": 0.01}
    narrow = tuple(trace(CifarLocal(width=0.25).layers(10), (3, 24, 24)))
    stds = standard_deviations(narrow, spec.model_copy(update={"gain": "paper_fan_in"}), full)
    assert stds == pytest.approx({"conv1": 0.0001, "conv2": 0.02, "local3": 0.08, "local4": 0.02, "fc10": 0.02})


def test_local_filters_count_their_connections_as_a_convolution_does():
    """Local filters have the fans of a convolution, 9 * 3 and 9 * 8, at every position."""
    traced = list(trace((Local("local", 8, 3), Activation("relu", "a")), (3, 6, 6)))
    for rule, fan in (("he_forward", 27), ("he_backward", 72)):
        assert standard_deviations(traced, FanScaled(rule=rule))["local"] ** 2 == pytest.approx(2 / fan)


@pytest.mark.parametrize("rule", RULES)
def test_weights_are_normal_with_the_std_of_their_rule(rule):
    """Weights are normal: mean, variance and kurtosis of large layers are within five standard errors."""
    layers = (
        Conv("conv1", 128, 5, groups=2),
        Activation("prelu_channel", "a", 0.25),
        Local("local", 16, 3, stride=2),
        PyramidPool("spp", (2, 1)),
        Linear("fc1", 512),
    )
    network = drawn(layers, (64, 12, 12), FanScaled(rule=rule))
    for name, std in standard_deviations(list(trace(layers, (64, 12, 12))), FanScaled(rule=rule)).items():
        z = network.get_submodule(name).weight.detach().double() / std
        error = 1 / math.sqrt(z.numel())
        assert abs(z.mean()) < 5 * error
        assert abs(z.square().mean() - 1) < 5 * error * math.sqrt(2)
        assert abs(z.pow(4).mean() - 3) < 5 * error * math.sqrt(96)
    assert network.get_submodule("a").weight.tolist() == [0.25] * 128


def squared(x):
    """Return the mean square."""
    return x.detach().square().mean().item()


@pytest.mark.parametrize(("rule", "slope"), [("he_forward", 0.0), ("prelu_forward", 0.25)])
def test_forward_rules_keep_the_size_of_responses_over_ten_layers(rule, slope):
    """Forward rules keep the size of responses over ten layers in the mean (eqs. 9, 15); Xavier shrinks it."""
    layers, shape = tuple(rectified([256] * 10, slope, kernel=1)), (256, 1, 1)
    x = torch.randn(32, *shape, generator=torch.Generator().manual_seed(1))
    kept = []
    for seed in range(SEEDS):
        ratios = {}
        for one in (rule, "xavier") if seed == 0 else (rule,):
            network = drawn(layers, shape, FanScaled(rule=one), seed)
            names = list(network.sources)
            ratios[one] = squared(network.cut(names[-2])[0](x)) / squared(network.cut(names[0])[0](x))
        if seed == 0:  # the same draws at another size
            assert ratios["xavier"] == pytest.approx(ratios[rule] * ((1 + slope**2) / 2) ** 9, rel=1e-3)
        kept.append(ratios[rule])
    assert statistics.mean(kept) == pytest.approx(1, abs=0.25)


def test_the_backward_rule_keeps_the_size_of_gradients_over_ten_layers():
    """The backward rule keeps the size of gradients over ten layers on average (eq. 13)."""
    layers, shape = tuple(rectified([256] * 10, kernel=1)), (256, 1, 1)
    kept = []
    for seed in range(SEEDS):
        network = drawn(layers, shape, FanScaled(rule="he_backward"), seed)
        x = torch.randn(32, *shape, generator=torch.Generator().manual_seed(seed)).relu().requires_grad_()
        y = network(x)
        gradient = torch.randn(y.shape, generator=torch.Generator().manual_seed(SEEDS + seed))
        y.backward(gradient)
        kept.append(squared(x.grad) / squared(gradient))
    assert statistics.mean(kept) == pytest.approx(1, abs=0.25)


def test_a_seed_means_a_net_and_another_seed_another():
    """A seed determines the net; the global generator does not matter."""
    layers, shape = AlexNet(width=0.05).layers(10), FULL_INPUT
    digests = []
    for seed in (3, 3, 4):
        torch.rand(1)
        digests.append(weights_sha256(drawn(layers, shape, PAPER, seed)))
    assert digests[0] == digests[1] != digests[2]


def test_rules_draw_the_same_numbers_from_a_seed():
    """Rules draw the same numbers from a seed, so weights of two arms differ by a factor in each layer."""
    layers, shape = tuple(rectified([8, 16])), (3, 4, 4)
    one, two = (drawn(layers, shape, FanScaled(rule=rule)) for rule in ("he_forward", "xavier"))
    for name in ("conv1", "conv2"):
        weights = one.get_submodule(name).weight, two.get_submodule(name).weight * math.sqrt(2)
        torch.testing.assert_close(*weights)


def test_nothing_is_left_uninitialised():
    """Every number of an initialised small AlexNet is finite, and biases have their values."""
    layers = AlexNet(width=0.05).layers(10)
    network = drawn(layers, FULL_INPUT, PAPER)
    assert all(parameter.isfinite().all() for parameter in network.parameters())
    for name, value in first_biases(list(trace(layers, FULL_INPUT)), PAPER).items():
        assert (network.get_submodule(child_name(name)).bias == value).all()


def test_rules_are_read_from_json_and_told_apart_by_name():
    """Rules are read from JSON by name; unknown rules and fields of another rule are refused."""
    read = TypeAdapter(Initialisation).validate_json
    assert read('{"rule": "gaussian", "std": 0.01, "bias_one": ["conv2"]}') == Gaussian(
        rule="gaussian", bias_one=["conv2"]
    )
    fc = '"fc_std": [0.01, 0.01, 0.001]'
    assert read(f'{{"rule": "he_backward", {fc}}}') == FanScaled(rule="he_backward", fc_std=(0.01, 0.01, 0.001))
    for wrong in ('{"rule": "kaiming"}', f'{{"rule": "gaussian", {fc}}}', '{"rule": "gaussian", "std": 0}'):
        with pytest.raises(ValidationError):
            read(wrong)


def test_pooling_between_layers_changes_no_std():
    """Pooling between layers changes no std."""
    with_pool = (Conv("c", 4, 3), MaxPool("p", 2, 2), Activation("relu", "a"), Conv("d", 4, 3))
    without = (Conv("c", 4, 3), Activation("relu", "a"), Conv("d", 4, 3))
    spec = FanScaled(rule="he_forward")
    one, two = (standard_deviations(list(trace(layers, (3, 9, 9))), spec) for layers in (with_pool, without))
    assert one == two
