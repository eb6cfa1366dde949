"""Tests of the update rule, step by step against the printed formulas."""

import pytest
import torch
from pydantic import ValidationError
from torch.optim import SGD

from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.training.optimiser import make_optimiser, set_rate
from harness.models.layers import Activation, Conv, Linear
from harness.models.network import build

RATES = [0.01] * 4 + [0.001] * 4 + [0.0001] * 4 + [0.003] * 4  # drops as in AlexNet section 5, and a rise
ALEXNET = Optimiser(rule="rate_inside_velocity", momentum=0.9, weight_decay=0.0005)  # AlexNet section 5
TORCHS = ALEXNET.model_copy(update={"rule": "rate_outside_velocity"})


def net(dtype=torch.float64):
    """Return a convolution, a PReLU and a fully connected layer, the same at every call."""
    network = build((Conv("conv", 3, 3), Activation("prelu_channel", "prelu", 0.25), Linear("fc", 5)), (2, 4, 4))
    draws = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2, generator=draws)
    return network.to(dtype)


def gradients(network, step):
    """Fill every gradient from a seed, as if from a batch, and return them."""
    generator = torch.Generator().manual_seed(step)
    for parameter in network.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator, dtype=torch.float64).to(parameter.dtype)
    return [parameter.grad.clone() for parameter in network.parameters()]


def run(network, optimiser, rates=RATES):
    """Take one step for each rate."""
    for step, rate in enumerate(rates):
        set_rate(optimiser, rate)
        gradients(network, step)
        optimiser.step()


def printed(network, spec, decayed, rates=RATES):
    """Apply section 5 to a copy: v <- 0.9 v - 0.0005 rate w - rate grad; w <- w + v."""
    w = [parameter.detach().clone() for parameter in network.parameters()]
    v = [torch.zeros_like(one) for one in w]
    for step, rate in enumerate(rates):
        for i, gradient in enumerate(gradients(network, step)):
            decay = spec.weight_decay if decayed[i] else 0.0
            v[i] = spec.momentum * v[i] - decay * rate * w[i] - rate * gradient
            w[i] = w[i] + v[i]
    return w


def difference(network, expected):
    """Return the largest difference over all parameters."""
    return max((a - b).abs().max().item() for a, b in zip(network.parameters(), expected, strict=True))


def names_decayed(network):
    """Return the names of the weights of convolutions and fully connected layers, in the order of the parameters."""
    return [name in {"conv.weight", "fc.weight"} for name, _ in network.named_parameters()]


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("tensor_rate", [False, True])
def test_the_papers_rule_holds_step_by_step_across_changes_of_rate(momentum, tensor_rate):
    """The paper's rule holds at every step across changes of the rate, given as a number or a tensor."""
    network, spec = net(), ALEXNET.model_copy(update={"momentum": momentum})
    expected = printed(network, spec, names_decayed(network))
    rate = torch.tensor(RATES[0], dtype=torch.float64) if tensor_rate else RATES[0]
    run(network, make_optimiser(network, spec, rate))
    assert difference(network, expected) < 1e-14


def test_torchs_rule_is_another_one_after_a_drop_and_the_same_before():
    """The rule of torch equals the paper's before a drop of the rate and differs after it."""
    for rates, same in ((RATES[:4], True), (RATES[:5], False)):
        network = net()
        expected = printed(network, ALEXNET, names_decayed(network), rates)
        run(network, make_optimiser(network, TORCHS, rates[0]), rates)
        assert (difference(network, expected) < 1e-14) is same


def test_rate_outside_velocity_is_torchs_own_sgd():
    """`rate_outside_velocity` equals torch's own SGD with its rate set."""
    ours, theirs = net(), net()
    run(ours, make_optimiser(ours, TORCHS, RATES[0]))
    groups = [{"params": [parameter]} for parameter in theirs.parameters()]
    for group, decayed in zip(groups, names_decayed(theirs), strict=True):
        group["weight_decay"] = 0.0005 * decayed
    plain = SGD(groups, lr=1.0, momentum=0.9)
    for step, rate in enumerate(RATES):
        for group in plain.param_groups:
            group["lr"] = rate
        gradients(theirs, step)
        plain.step()
    assert difference(ours, list(theirs.parameters())) < 1e-14


def test_everything_decays_when_asked_for():
    """`decays: all` lets biases and slopes decay too."""
    network, spec = net(), ALEXNET.model_copy(update={"decays": "all"})
    expected = printed(network, spec, [True] * 6)
    run(network, make_optimiser(network, spec, RATES[0]))
    assert difference(network, expected) < 1e-14


def test_a_rate_set_again_changes_no_bit():
    """Setting the same rate again changes no bit."""
    one, two = net(torch.float32), net(torch.float32)
    run(one, make_optimiser(one, ALEXNET, 0.01), [0.01] * 6)
    optimiser = make_optimiser(two, ALEXNET, 0.01)
    for step in range(6):
        gradients(two, step)
        optimiser.step()
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_a_checkpoint_between_drops_resumes_to_the_bit():
    """A checkpoint between drops resumes to the bit: rule, rate and velocities are part of the state."""
    whole, half = net(torch.float32), net(torch.float32)
    run(whole, make_optimiser(whole, ALEXNET, RATES[0]))
    before = make_optimiser(half, ALEXNET, RATES[0])
    run(half, before, RATES[:6])
    resumed = make_optimiser(half, ALEXNET, 1.0)
    resumed.load_state_dict(before.state_dict())
    for step, rate in list(enumerate(RATES))[6:]:
        set_rate(resumed, rate)
        gradients(half, step)
        resumed.step()
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), half.parameters(), strict=True))


@pytest.mark.parametrize("rate", [0.0, -0.1, float("nan")])
def test_a_rate_that_is_not_positive_is_an_error(rate):
    """A rate that is not positive is an error, at the start and later."""
    with pytest.raises(ValueError, match="a learning rate must be > 0"):
        make_optimiser(net(), ALEXNET, rate)
    with pytest.raises(ValueError, match="a learning rate must be > 0"):
        set_rate(make_optimiser(net(), ALEXNET, 0.1), rate)


def test_nesterov_is_torchs():
    """Nesterov momentum equals torch's step by step, with decay."""
    ours, theirs = net(), net()
    spec = TORCHS.model_copy(update={"nesterov": True})
    reference = SGD(theirs.parameters(), lr=0.01, momentum=0.9, weight_decay=0.0005, nesterov=True)
    optimiser = make_optimiser(ours, spec.model_copy(update={"decays": "all"}), 0.01)
    for step in range(8):
        gradients(ours, step)
        gradients(theirs, step)
        optimiser.step()
        reference.step()
    assert difference(ours, list(theirs.parameters())) < 1e-14
    plain = net()
    run(plain, make_optimiser(plain, TORCHS, 0.01), [0.01] * 8)
    assert difference(ours, list(plain.parameters())) > 1e-4


def test_nesterov_needs_a_momentum():
    """Nesterov without momentum is refused."""
    with pytest.raises(ValidationError, match="nesterov needs a momentum"):
        Optimiser(rule="rate_outside_velocity", momentum=0.0, weight_decay=0.0, nesterov=True)
