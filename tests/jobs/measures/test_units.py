"""Tests of the checks of formulas: they accept our layers and would reject wrong ones."""

import pytest
import torch
from measure_specs import measured
from torch import nn

from harness.jobs.measures.on_device import units

ROUNDING = 1e-13
FINITE_DIFFERENCES = 1e-6


def test_prelu_is_eq_1_and_its_special_cases():
    """PReLU equals eq. 1, ReLU at 0, Leaky ReLU at 0.01 and the identity at 1 (PReLU section 2.1)."""
    found = measured("units", of="prelu")
    names = ("definition", "module", "relu", "leaky", "identity")
    assert max(found[f"{name}_difference"] for name in names) < ROUNDING


def test_gradients_of_prelu_are_eqs_2_and_3():
    """Gradients of PReLU, channel-wise and shared, equal eqs. 2 and 3 and finite differences."""
    found = measured("units", of="prelu")
    exact = ("slope_gradient_difference", "shared_gradient_difference", "input_gradient_difference")
    assert max(found[name] for name in exact) < ROUNDING
    assert max(found["slope_finite_difference"], found["shared_finite_difference"]) < FINITE_DIFFERENCES


def test_halved_outputs_are_the_geometric_mean_for_one_hidden_layer_only():
    """Halved outputs equal the geometric mean exactly for one hidden layer only (AlexNet section 4.2)."""
    found = measured("units", of="dropout")
    assert found["one_layer_difference"] < ROUNDING
    assert 1e-4 < found["two_layer_difference"] < 0.1
    assert found["arithmetic_mean_difference"] > 1e-3
    assert found["masks"] == 2**7


def test_rectifiers_do_not_saturate_and_learn_from_one_positive_response():
    """Rectifiers do not saturate and learn from one positive response; tanh saturates (AlexNet section 3.3)."""
    found = measured("units", of="rectifier")
    assert found["one_positive_neurons"] > 10
    assert [found[name] for name in found if name != "one_positive_neurons"] == [0, 0, 0, 0]


def test_response_normalisation_follows_the_printed_formula_where_torch_divides_alpha():
    """The layer follows the printed formula; torch's does only at n times the printed alpha (AlexNet section 3.3)."""
    found = measured("units", of="response_norm")
    assert max(found["formula_difference"], found["torch_scaled_difference"]) < ROUNDING
    assert found["gradient_difference"] < FINITE_DIFFERENCES
    assert found["torch_difference"] > 1


def test_the_update_is_the_printed_one_also_across_a_drop_of_the_rate():
    """Updates equal AlexNet section 5 and PReLU eq. 4 across a drop of the rate; torch's form differs after it."""
    found = measured("units", of="update")
    assert max(found["difference"], found["slope_difference"]) < ROUNDING
    assert found["slope_decay"] == 0
    assert found["rate_outside_difference"] > 0.01


def test_a_wrong_layer_would_be_found(monkeypatch):
    """The checks detect a PReLU with a halved slope, and dropout that does not halve outputs."""
    monkeypatch.setattr(nn.PReLU, "forward", lambda self, y: torch.nn.functional.prelu(y, self.weight / 2))
    monkeypatch.setattr(units.PaperDropout, "forward", lambda _self, x: x)
    assert measured("units", of="prelu")["module_difference"] > 0.1
    assert measured("units", of="prelu")["slope_gradient_difference"] > 0.1
    assert measured("units", of="dropout")["one_layer_difference"] > 0.01


@pytest.mark.gpu
@pytest.mark.parametrize("of", ["prelu", "dropout", "rectifier", "response_norm", "update"])
def test_checks_come_out_alike_on_a_gpu(of):
    """The checks give the same results on a GPU up to rounding in float64."""
    spec = units.Units(what="units", of=of)
    assert units.measure(spec, None, "cuda") == pytest.approx(units.measure(spec, None, "cpu"), rel=1e-6, abs=1e-7)
