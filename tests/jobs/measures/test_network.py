"""Tests of the counts of the papers' networks, against printed figures and calculations by hand."""

import pytest
from measure_specs import ALEXNET, CHAIN, measured

TABLE_3 = {
    # variant: parameters, multiply-adds of convolutions, of fully connected layers, depth, printed 1e10
    "vgg19": (143_667_240, 19_508_428_800, 123_633_664, 19, 1.96),
    "a": (178_017_384, 18_905_112_576, 152_993_792, 19, 1.90),
    "b": (183_327_080, 23_066_910_720, 152_993_792, 22, 2.32),
    "c": (330_603_368, 53_211_045_888, 252_084_224, 22, 5.30),
}


def counted(classes=1000, side=224, batch=128, **model):
    """Return the counts of one network."""
    return measured("network", net={"model": model, "classes": classes, "input": [3, side, side]}, batch=batch)


@pytest.fixture(scope="module")
def alexnet():
    """Return the counts of AlexNet at full size."""
    return measured("network", net=ALEXNET)


def test_alexnet_has_sixty_million_parameters_and_650000_neurons(alexnet):
    """AlexNet has 60,965,224 parameters and 659,272 neurons, which the abstract rounds."""
    assert (alexnet["parameters"], alexnet["neurons"]) == (60_965_224, 659_272)
    assert alexnet["weights"] + alexnet["biases"] == alexnet["parameters"]


def test_alexnet_has_the_layers_of_figure_2(alexnet):
    """AlexNet's layers have the printed sizes, except conv1: the printed 253,440 contradicts 55 x 55 x 96."""
    names = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
    neurons = [290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    assert alexnet["input_numbers"] == 150_528
    assert [alexnet[f"{name}_neurons"] for name in names] == neurons
    assert (alexnet["conv_layers"], alexnet["fc_layers"], alexnet["depth"]) == (5, 3, 8)


def test_two_convolutions_of_alexnet_hold_more_than_one_percent(alexnet):
    """Two convolutions hold more than 1% of the parameters, contrary to section 1; all five hold 3.83%."""
    percents = [round(alexnet[f"conv{index}_percent"], 3) for index in range(1, 6)]
    assert percents == [0.057, 0.504, 1.452, 1.089, 0.726]
    assert alexnet["largest_conv_percent"] == pytest.approx(1.452, abs=5e-4)
    assert alexnet["conv_percent"] == pytest.approx(3.83, abs=5e-3)


def test_multiply_adds_of_alexnet(alexnet):
    """Multiply-adds of AlexNet add up over its layers."""
    names = ("conv_multiply_adds", "fc_multiply_adds", "multiply_adds", "conv3_multiply_adds")
    assert [alexnet[name] for name in names] == [665_784_864, 58_621_952, 724_406_816, 149_520_384]


def test_dense_layers_between_the_same_sizes_would_need_far_more_weights(alexnet):
    """Conv1 as a dense layer would need 150,528 x 290,400 weights (section 1); dense layers count as they are."""
    assert alexnet["conv1_dense_weights"] == 150_528 * 290_400
    assert alexnet["fc7_dense_weights"] == 4096 * 4096
    assert alexnet["dense_ratio"] == alexnet["dense_weights"] / alexnet["weights"] > 1000


def test_training_memory_counts_parameters_thrice_and_outputs_for_each_image(alexnet):
    """Training memory equals a calculation by hand, with outputs overwritten and with separate outputs."""
    pooled = 27 * 27 * 96 + 13 * 13 * 256 + 6 * 6 * 256
    least = 659_272 + 290_400 + 186_624 + pooled
    apart = least + (659_272 - 1000) + 2 * 4096
    assert alexnet["parameter_bytes"] == 12 * 60_965_224
    assert alexnet["training_bytes"] == 12 * 60_965_224 + 4 * 128 * (150_528 + least)
    assert alexnet["separate_training_bytes"] == 12 * 60_965_224 + 4 * 128 * (150_528 + 2 * apart)


def test_the_one_gpu_net_has_about_as_many_parameters():
    """The one-GPU net has 59,798,312 parameters (section 3.2, footnote)."""
    assert counted(name="alexnet", half=True, groups=1)["parameters"] == 59_798_312


@pytest.mark.parametrize("variant", TABLE_3)
def test_the_large_models_have_the_depth_and_complexity_of_table_3(variant):
    """The large models have the printed depth, and multiply-adds within 1% of Table 3."""
    parameters, conv, fc, depth, printed = TABLE_3[variant]
    found = counted(name="vgg" if variant == "vgg19" else "prelu_large", variant=variant)
    assert [found[name] for name in ("parameters", "conv_multiply_adds", "fc_multiply_adds", "depth")] == [
        parameters, conv, fc, depth,
    ]  # fmt: skip
    assert found["multiply_adds"] / 1e10 == pytest.approx(printed, rel=0.01)


def test_fully_connected_layers_of_model_a_are_cheap():
    """Fully connected layers of model A take 0.8% of its operations (PReLU section 3)."""
    assert round(counted(name="prelu_large", variant="a")["fc_share_percent"], 1) == 0.8


@pytest.mark.parametrize(
    ("extra", "depth", "convolutions", "parameters"), [(0, 14, 11, 74_993_896), (16, 30, 27, 79_192_296)]
)
def test_the_small_model_has_fourteen_or_thirty_layers(extra, depth, convolutions, parameters):
    """The small model has 14 or 30 layers; the latter has 27 convolutions and three others (PReLU section 2.2)."""
    found = counted(name="prelu_small", extra=extra, padding="one_side")
    assert [found[name] for name in ("depth", "conv_layers", "parameters")] == [depth, convolutions, parameters]
    assert found["conv_multiply_adds"] == {0: 876_188_352, 16: 2_235_142_848}[extra]


@pytest.mark.parametrize(
    ("activation", "slopes"), [("relu", (0, 0)), ("prelu_shared", (11, 2)), ("prelu_channel", (2112, 8192))]
)
def test_prelu_adds_one_coefficient_a_layer_or_a_channel(activation, slopes):
    """PReLU adds a coefficient for each layer, 13 in all, or for each channel (PReLU section 2.1)."""
    found = counted(name="prelu_small", activation=activation)
    assert (found["conv_slopes"], found["fc_slopes"]) == slopes
    assert found["slopes"] == sum(slopes)
    assert (found["slope_percent"] > 0) == (activation != "relu")
    assert found["slope_percent"] < 1


def test_convolutions_without_shared_weights_count_as_local_layers():
    """Local layers count in multiply-adds and depth, but are neither convolutions nor fully connected."""
    found = counted(name="cifar_local", classes=10, side=24)
    assert found["local_layers"] == found["depth"] - found["conv_layers"] - found["fc_layers"] > 0
    assert found["multiply_adds"] > found["conv_multiply_adds"] + found["fc_multiply_adds"]


def test_a_net_without_fully_connected_layers_is_counted_too():
    """A net without fully connected layers, such as a chain, can be counted."""
    assert measured("network", net=CHAIN)["fc_share_percent"] == 0
