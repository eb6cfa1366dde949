"""Tests of nets with first weights against the equations of PReLU's section 2.2, within sampling error."""

import math
from statistics import fmean

import pytest
from measure_specs import EQ14, XAVIER, measured

SEEDS = 16
"""Number of nets to average over. For eight layers of 64 filters, log2 errors of single nets spread by about 0.4."""


def chain(filters=(64,) * 8, side=18, **model):
    """Return convolutions without padding, for which the equations are exact in expectation."""
    return {"model": {"name": "chain", "filters": filters, **model}, "classes": 1, "input": [3, side, side]}


def means(net, rule, seeds=SEEDS, **fields):
    """Return the means of every quantity over several nets."""
    runs = [
        measured("propagation", seed, net=net, initialisation={"rule": rule, **fields}, batch=1)
        for seed in range(seeds)
    ]
    return {name: fmean(run[name] for run in runs) for name in runs[0]}


@pytest.mark.parametrize("rule", ["he_forward", "xavier"])
def test_responses_shrink_or_stay_as_eq_9_says(rule):
    """Var[y_L] / Var[y_1] is 1 under eq. 10 and 2^-7 with Xavier's std."""
    found = means(chain(), rule)
    assert found["forward_predicted"] == pytest.approx({"he_forward": 1, "xavier": 2**-7}[rule])
    assert found["forward_ratio"] == pytest.approx(found["forward_predicted"], rel=0.25)


@pytest.mark.parametrize(("filters", "predicted"), [((64,) * 8, 1), ((48, 48, 96, 96), 1)])
def test_gradients_stay_as_eq_13_says(filters, predicted):
    """Var[dx_2] / Var[dx_(L+1)] is 1 under eq. 14, also where widths change."""
    found = means(chain(filters), "he_backward")
    assert found["backward_predicted"] == pytest.approx(predicted)
    assert found["backward_ratio"] == pytest.approx(predicted, rel=0.25)


def test_under_eq_14_responses_keep_c2_over_dl():
    """Under eq. 14 the measured ratio of responses is c_2 / d_L = 48 / 96."""
    found = means(chain((48, 48, 96, 96)), "he_backward")
    assert found["forward_predicted"] == pytest.approx(0.5)
    assert found["forward_ratio"] == pytest.approx(0.5, rel=0.2)


@pytest.mark.parametrize("slope", [0.0, 0.25, 1.0])
def test_a_rectifier_keeps_its_share_of_the_mean_square(slope):
    """E[x^2] is 1/2 (1 + a^2) Var[y] across rectifiers, for ReLU, PReLU and the linear case."""
    found = means(chain(activation="prelu_channel", slope=slope), "prelu_forward")
    assert found["rectified_predicted"] == pytest.approx((1 + slope**2) / 2)
    assert found["rectified_share"] == pytest.approx(found["rectified_predicted"], rel=0.05)
    assert found["forward_ratio"] == pytest.approx(1, rel=0.25)
    assert found["backward_ratio"] == pytest.approx(1, rel=0.25)


def test_the_first_layer_doubles_the_mean_square_under_eq_10():
    """Under eq. 10 the first layer doubles the mean square, because no rectifier precedes it."""
    found = means(chain((64,)), "he_forward")
    assert found["first_layer_predicted"] == pytest.approx(2)
    assert found["first_layer_factor"] == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("beta", [0.8, 1.25])
def test_a_factor_on_every_std_acts_to_the_power_of_depth(beta):
    """A factor beta on every std changes the variance by exactly beta^2 for each layer."""
    plain, scaled = (means(chain(), "he_forward", seeds=1, factor=factor) for factor in (1.0, beta))
    assert scaled["forward_ratio"] / plain["forward_ratio"] == pytest.approx(beta ** (2 * 7), rel=1e-5)
    assert scaled["backward_ratio"] / plain["backward_ratio"] == pytest.approx(beta ** (2 * 7), rel=1e-5)


def test_grouped_convolutions_keep_the_gradient_under_eq_14():
    """Grouped convolutions keep the gradient from AlexNet's conv5 to conv4 under eq. 14, up to map borders."""
    model = {"name": "alexnet", "width": 0.25, "response_norm": False}
    found = means({"model": model, "classes": 10, "input": [3, 160, 160]}, "he_backward", seeds=6)
    assert found["conv4_gradient"] / found["conv5_gradient"] == pytest.approx(1, rel=0.35)


def test_the_gradient_of_vgg_b_at_two_scales_differs_by_the_papers_factor():
    """The gradient of VGG's model B at two scales differs by the factor 16,728.8, through real pooling."""
    net = {"model": {"name": "vgg", "variant": "vgg_b"}, "classes": 10, "input": [3, 32, 32]}
    found = measured("rescaling", 0, net=net, initialisation={"rule": "gaussian"}, against=EQ14, batch=1)
    assert found["gradient_attenuation"] == pytest.approx(16_728.8, rel=1e-5)
    assert found["signal_attenuation"] == pytest.approx(found["signal_predicted"], rel=1e-5)
    assert abs(found["gradient_error_percent"]) < 1e-3


def test_xavier_attenuates_the_thirty_layer_net_far_more_than_the_fourteen_layer_one():
    """Xavier attenuates the thirty-layer net more, by sqrt(2) for each layer of equal width (PReLU section 2.2)."""
    found = {}
    for extra in (0, 16):
        model = {"name": "prelu_small", "width": 0.125, "extra": extra}
        net = {"model": model, "classes": 10, "input": [3, 64, 64]}
        found[extra] = measured("rescaling", 0, net=net, initialisation=XAVIER, against=EQ14, batch=1)
    ratio = found[16]["gradient_attenuation"] / found[0]["gradient_attenuation"]
    assert ratio == pytest.approx(math.sqrt(2) ** 16, rel=1e-4)


def test_a_single_convolution_has_nothing_between_its_first_and_last_layer():
    """For a single convolution both products are 1."""
    found = means(chain((64,), side=8), "xavier", seeds=1)
    assert (found["forward_ratio"], found["backward_ratio"]) == (1, 1)
    both = measured("rescaling", 0, net=chain((8,), side=8), initialisation=XAVIER, against=EQ14, batch=1)
    assert both["gradient_attenuation"] == both["gradient_predicted"] == 1


def test_a_seed_decides_everything():
    """The same seed gives the same numbers, and another seed others."""
    net = chain((4, 4), side=6)
    runs = [measured("propagation", seed, net=net, initialisation=EQ14, batch=1) for seed in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]


DEEP = {"name": "prelu_large", "variant": "b", "width": 0.125}


def first_step(model, rule, inputs=None, **fields):
    """Measure a net of small images before its first step."""
    net = {"model": model, "classes": 100, "input": [3, 48, 48]}
    inputs = inputs or {"kind": "gaussian", "size": 1.0}
    return measured("first_step", 0, net=net, initialisation={"rule": rule, **fields}, batch=4, inputs=inputs)


def test_each_remedy_of_the_paper_keeps_logits_from_overflowing():
    """Each of the paper's three remedies keeps logits of inputs within [-128, 128] from overflowing (section 2.2)."""
    large = {"kind": "uniform", "size": 128.0}
    layers = 22
    plain = first_step(DEEP, "he_backward", large)
    remedies = [
        first_step(DEEP, "he_backward"),
        first_step(DEEP, "he_backward", large, factor=(1 / 128) ** (1 / layers)),
        first_step(DEEP, "he_backward", large, fc_std=(0.01, 0.01, 0.001)),
    ]
    assert all(remedy["largest_logit"] < plain["largest_logit"] / 20 for remedy in remedies)
    assert plain["overflow_share"] == pytest.approx(plain["largest_logit"] / 88.72, rel=1e-3)


def test_a_factor_on_every_layer_divides_logits_by_128():
    """The factor (1/128)^(1/L) on L layers divides logits by 128."""
    plain, scaled = (first_step(DEEP, "he_backward", factor=factor) for factor in (1.0, (1 / 128) ** (1 / 22)))
    assert plain["logit_rms"] / scaled["logit_rms"] == pytest.approx(128, rel=1e-4)


def test_the_decay_term_drowns_the_loss_gradient_of_the_stalled_net():
    """The decay term exceeds the loss gradient of 30 layers under Xavier, not eq. 14 (section 2.2, footnote 2)."""
    deep = {"name": "prelu_small", "width": 0.125, "extra": 16}
    fc_std = (0.01, 0.01, 0.001)
    stalled, ours = (first_step(deep, rule, fc_std=fc_std) for rule in ("xavier", "he_backward"))
    assert stalled["decay_over_gradient"] > 100 * ours["decay_over_gradient"]
    assert stalled["gradient_norm"] < ours["gradient_norm"] / 100


def test_a_first_step_reports_the_norm_of_the_gradients_of_all_layers():
    """The total norm of the gradient is the root of the sum of squares over layers."""
    found = first_step(
        {"name": "alexnet", "width": 0.03, "stem": {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]}}, "xavier"
    )
    layers = [value for name, value in found.items() if name.startswith(("conv", "fc"))]
    assert len(layers) == 8
    assert found["gradient_norm"] == pytest.approx(math.hypot(*layers))
    assert found["cross_entropy"] > 0
