"""Tests that our SGD equals torch's class bit for bit without importing torch's compiler."""

import pytest
import torch
from packaging.version import Version
from programs import program
from tiny_suites import tiny_suite
from torch import nn

from harness.jobs.training.sgd import SGD

RATES = [0.1, 0.1, 0.03, 0.03]


def net():
    """Return two layers, the same at every call."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(7, 5), nn.PReLU(5), nn.Linear(5, 3, bias=False))


def groups(network):
    """Return groups in which only weights decay."""
    weights = [network.get_parameter(name) for name in ("0.weight", "2.weight")]
    rest = [network.get_parameter(name) for name in ("0.bias", "1.weight")]
    return [{"params": weights, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]


def stepped(network, optimiser, rates=RATES, without=()):
    """Take one step for each rate by gradients from a seed, and return the parameters."""
    for seed, rate in enumerate(rates):
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in network.named_parameters():
            drawn = torch.randn(parameter.shape, generator=generator)
            parameter.grad = None if name in without else drawn
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
    return [parameter.detach() for parameter in network.parameters()]


def alike(one, other):
    """Return whether two lists of tensors have the same bits."""
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("without", [(), ("1.weight",)], ids=["every gradient", "one without gradient"])
def test_it_takes_the_steps_of_torchs_own(fused, momentum, without):
    """Steps equal those of torch's class over changes of the rate."""
    ours, theirs = net(), net()
    found = stepped(ours, SGD(groups(ours), RATES[0], momentum, fused=fused), without=without)
    torchs = torch.optim.SGD(groups(theirs), lr=RATES[0], momentum=momentum, fused=fused)
    assert alike(found, stepped(theirs, torchs, without=without))
    assert not alike(found, list(net().parameters()))


def test_gradients_are_forgotten():
    """`zero_grad` drops gradients instead of setting them to zero."""
    network = net()
    optimiser = SGD(groups(network), 0.1, 0.9, fused=True)
    stepped(network, optimiser)
    optimiser.zero_grad()
    assert all(parameter.grad is None for parameter in network.parameters())


def test_from_its_state_it_goes_on_to_the_same_bits():
    """An optimiser restored from its state continues to the same bits."""
    network = net()
    optimiser = SGD(groups(network), 0.1, 0.9, fused=True)
    stepped(network, optimiser)
    optimiser.param_groups[0]["rule"] = "a rule"
    copy = net()
    copy.load_state_dict(network.state_dict())
    again = SGD(groups(copy), 1.0, 0.0, fused=False)
    again.load_state_dict(optimiser.state_dict())
    assert again.param_groups[0]["rule"] == "a rule"
    assert alike(stepped(copy, again), stepped(network, optimiser))


def test_its_state_is_laid_out_as_torchs_own():
    """The state has torch's layout: each class can load the other's."""
    ours, theirs = net(), net()
    optimiser = SGD(groups(ours), 0.1, 0.9, fused=True)
    torchs = torch.optim.SGD(groups(theirs), lr=0.1, momentum=0.9, fused=True)
    stepped(ours, optimiser)
    stepped(theirs, torchs)
    here, there = optimiser.state_dict()["state"], torchs.state_dict()["state"]
    assert here.keys() == there.keys()
    assert alike([one["momentum_buffer"] for one in here.values()], [one["momentum_buffer"] for one in there.values()])
    assert [group["params"] for group in optimiser.state_dict()["param_groups"]] == [[0, 1], [2, 3]]
    optimiser.load_state_dict(torchs.state_dict())
    assert alike(stepped(ours, optimiser), stepped(theirs, torchs))


def test_the_state_of_other_groups_is_refused():
    """The state of other groups is refused before anything changes."""
    network = net()
    optimiser = SGD(groups(network), 0.1, 0.9, fused=True)
    with pytest.raises(ValueError, match=r"groups of \[2, 2\] parameters"):
        optimiser.load_state_dict(SGD(groups(network)[:1], 0.1, 0.9, fused=True).state_dict())


@pytest.mark.skipif(Version(torch.__version__) < Version("2.11"), reason="earlier versions import it on their own")
def test_a_run_that_trains_and_tests_imports_no_compiler(tmp_path):
    """A whole run, from its first job to its page, and the modules that it starts with import no compiler."""
    tiny_suite(tmp_path, epochs=1, subset={"classes": 10, "per_class": 40})
    code = """
import sys
from harness.__main__ import main
sys.argv = ["harness", "run", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert "torch" in sys.modules
compilers = {"torch._dynamo", "torch._inductor", "sympy", "triton", "torch.fx.experimental.symbolic_shapes"}
assert not compilers & sys.modules.keys()
"""
    done = program(tmp_path, code=code)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("runs/train-*/result.json"))
