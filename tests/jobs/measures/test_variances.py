"""Tests of products of the equations of PReLU's section 2.2, and of attenuations, against the paper."""

import math

import pytest
from measure_specs import EQ14, XAVIER, measured

VGG_B = {"model": {"name": "vgg", "variant": "vgg_b"}, "classes": 1000, "input": [3, 64, 64]}
GAUSSIAN = {"rule": "gaussian", "std": 0.01}


def chain(filters=(64,) * 10, **model):
    """Return a chain of convolutions."""
    return {"model": {"name": "chain", "filters": filters, "pad": 1, **model}, "classes": 1, "input": [3, 8, 8]}


def products(net, rule, **fields):
    """Return the products under a rule."""
    return measured("variance_products", net=net, initialisation={"rule": rule, **fields})


def test_a_fixed_std_shrinks_the_gradient_of_vgg_b_by_the_papers_factor():
    """The gradient of VGG's model B shrinks by 16,728.8 exactly, by 17,022.5 from printed factors; printed is 1.7e4."""
    found = measured("attenuation", net=VGG_B, initialisation=GAUSSIAN, against=EQ14)
    assert found["attenuation"] == pytest.approx(16_728.8, abs=0.05)
    assert found["attenuation_rounded"] == pytest.approx(17_022.5, abs=0.05)
    factors = [found[f"conv{name}_factor"] for name in ("1_2", "2_1", "3_1", "4_1")]
    assert [round(factor, 1) for factor in factors] == [5.9, 4.2, 2.9, 2.1]


@pytest.mark.parametrize(("variant", "convolutions"), [("b", 19), ("a", 16)])
def test_xavier_loses_the_square_root_of_two_a_layer(variant, convolutions):
    """Xavier attenuates by 1 / sqrt(2)^L of the derived std over L convolutions (section 2.2); 1/724 for model B."""
    net = {"model": {"name": "prelu_large", "variant": variant}, "classes": 1000, "input": [3, 224, 224]}
    found = measured("attenuation", net=net, initialisation=XAVIER, against={"rule": "he_forward"})
    assert found["attenuation_from_input"] == pytest.approx(math.sqrt(2) ** convolutions)
    assert found["attenuation"] == pytest.approx(math.sqrt(2) ** (convolutions - 1))


@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_a_factor_on_every_layer_acts_to_the_power_of_depth(beta):
    """A factor beta on every layer acts as beta^L on amplitudes, and its square on variances (PReLU section 2.2)."""
    assert products(chain(), "he_forward", factor=beta)["forward_product"] == pytest.approx(beta ** (2 * 9))
    found = measured("attenuation", net=chain(), initialisation={**EQ14, "factor": beta}, against=EQ14)
    assert found["attenuation"] == pytest.approx(beta**-9)


@pytest.mark.parametrize(("rule", "way"), [("he_forward", "forward"), ("he_backward", "backward")])
def test_each_equation_makes_every_factor_one_its_own_way(rule, way):
    """Eq. 10 makes every forward factor one, eq. 14 every backward factor, with or without pooling between layers."""
    for net in (chain((16, 32, 64, 32)), VGG_B):
        found = products(net, rule)
        factors = [found[f"{size}_{way}_factor"] for size in ("smallest", "largest")]
        assert factors == pytest.approx([1, 1])
        assert found[f"{way}_product"] == pytest.approx(1)


def test_under_eq_14_the_signal_keeps_c2_over_dl():
    """Under eq. 14 the signal changes by c_2 / d_L, 64 / 512 for the VGG team's model B (PReLU section 2.2)."""
    found = products(VGG_B, "he_backward")
    assert found["forward_product"] == pytest.approx(found["c2_over_dl"]) == pytest.approx(64 / 512)


def test_under_eq_10_the_gradient_gains_dl_over_c2():
    """Under eq. 10 the gradient changes by d_L / c_2."""
    found = products(VGG_B, "he_forward")
    assert found["backward_product"] == pytest.approx(1 / found["c2_over_dl"])


@pytest.mark.parametrize(("rule", "factor"), [("he_forward", 2), ("xavier", 1)])
def test_the_first_layer_is_off_by_one_factor_of_two_alone(rule, factor):
    """Under eq. 10 the first layer's n_1 Var[w_1] is 2 instead of 1, a factor that does not grow with depth."""
    found = [products(chain((32,) * depth), rule)["first_layer_factor"] for depth in (1, 5, 20)]
    assert found == pytest.approx([factor] * 3)


@pytest.mark.parametrize("slope", [0.0, 0.25, 1.0])
def test_prelu_rules_keep_variances_at_their_slope(slope):
    """Eq. 15 and its backward form keep variances at their slope; a = 0 is the ReLU case."""
    net = chain((16, 32, 32), activation="prelu_channel", slope=slope)
    assert products(net, "prelu_forward")["forward_product"] == pytest.approx(1)
    assert products(net, "prelu_backward")["backward_product"] == pytest.approx(1)
    assert products(net, "he_forward")["forward_product"] == pytest.approx((1 + slope**2) ** 2)


@pytest.mark.parametrize(("slope", "rule"), [(0.0, "he_forward"), (1.0, "xavier")])
def test_the_limits_of_eq_15_are_the_relu_and_the_linear_case(slope, rule):
    """Eq. 15 at a = 1 is the linear case of the paper's reference [7], at a = 0 the ReLU case."""
    net = chain(activation="prelu_shared", slope=slope)
    found = measured("attenuation", net=net, initialisation={"rule": "prelu_forward"}, against={"rule": rule})
    assert found["attenuation_from_input"] == pytest.approx(1)


def test_stds_of_eq_14_for_the_filters_of_the_paper():
    """Eq. 14 gives the printed stds 0.059, 0.042, 0.029 and 0.021 (PReLU section 2.2)."""
    found = measured("filter_stds", kernel=3, filters=[64, 128, 256, 512])
    assert {name: round(std, 3) for name, std in found.items()} == {
        "std_64": 0.059, "std_128": 0.042, "std_256": 0.029, "std_512": 0.021,
    }  # fmt: skip


def test_stds_by_layer_follow_the_rule_and_its_exceptions():
    """Stds follow the rule, except those given for fully connected layers (PReLU section 2.2)."""
    found = measured("stds", net=VGG_B, initialisation={**EQ14, "fc_std": [0.01, 0.01, 0.001]})
    assert found["conv2_1_std"] == pytest.approx(math.sqrt(2 / (9 * 128)))
    assert [found[f"fc{index}_std"] for index in (1, 2, 3)] == [0.01, 0.01, 0.001]


@pytest.mark.parametrize(
    ("levels", "side", "channels", "bins", "outputs"),
    [((7, 3, 2, 1), 14, 512, 63, 32_256), ((6, 3, 2, 1), 18, 256, 50, 12_800)],
)
def test_pyramids_of_the_paper_have_63_and_50_bins(levels, side, channels, bins, outputs):
    """The paper's pyramids have 63 and 50 bins (PReLU Tables 1 and 3); on 14 pixels only level 3 is uneven."""
    found = measured("spp", levels=levels, side=side, channels=channels)
    assert found == {"levels": 4, "bins": bins, "outputs": outputs, "uneven_levels": float(side % 3 > 0)}
