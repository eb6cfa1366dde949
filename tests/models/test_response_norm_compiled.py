"""Tests of compiled response normalisation: every bit that of torch's form, and torch's form where none can be."""

import sys
from importlib.util import find_spec

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.models import response_norm_compiled
from harness.models.response_norm import TORCHS, Constants, ResponseNorm, _by_product
from harness.models.response_norm_compiled import compiled

numba = pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")
PAPER = Constants(k=2.0, reach=2, alpha=1e-4, beta=0.75, groups=1)
LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


@pytest.fixture(autouse=True)
def _paid(monkeypatch):
    """As after many numbers."""
    monkeypatch.setattr(response_norm_compiled._Waiting, "numbers", response_norm_compiled.WORTH_COMPILING)


def activities(shape, layout, seed=0):
    """Return rectified maps and a gradient with zeros of both signs."""
    random = torch.Generator().manual_seed(seed)
    a, g = (torch.randn(shape, generator=random) * size for size in (50, 1))
    g = torch.where(torch.rand(shape, generator=random) < 0.2, -0.0, g)
    return a.relu().to(memory_format=layout), g.to(memory_format=layout)


def kernels(a, constants=PAPER):
    """Return the kernels for maps, or None."""
    return compiled(a, constants, TORCHS, ascending=_by_product(a))


def computed(form, a, g, *constants):
    """What a form fills: normalised maps, and the gradient."""
    b, result = torch.empty_like(a), torch.empty_like(a)
    form.forward(a, b, *constants)
    form.backward(a, g, result, *constants)
    return torch.stack([b, result]).view(torch.int32)


@numba
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("threads", [1, 2])
def test_maps_of_the_paper_are_normalised_by_kernels(layout, threads):
    """conv1's maps have kernels here, in groups and in threads too, and all bits are those of torch's form."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for maps, groups in ((24, 1), (24, 2), (96, 1)):
            a, g = activities((3, maps, 13, 11), LAYOUTS[layout])
            constants = PAPER._replace(groups=groups)
            ours = kernels(a, constants)
            assert ours is not None
            assert torch.equal(computed(ours, a, g), computed(TORCHS, a, g, constants))
    finally:
        torch.set_num_threads(before)


@numba
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_kernels_have_the_bits_of_torchs_form(data):
    """Whatever the shape, constants, groups and layout of maps with kernels, all bits are those of torch's form."""
    groups = data.draw(st.integers(1, 3))
    maps = groups * data.draw(st.integers(1, 14))
    shape = (data.draw(st.integers(1, 4)), maps, data.draw(st.integers(1, 9)), data.draw(st.integers(1, 40)))
    k, alpha = data.draw(st.sampled_from([2.0, 1.0, 0.3])), data.draw(st.sampled_from([1e-4, 0.3, 0.0]))
    constants = Constants(k=k, reach=data.draw(st.integers(0, 4)), alpha=alpha, beta=0.75, groups=groups)
    a, g = activities(shape, LAYOUTS[data.draw(st.sampled_from(sorted(LAYOUTS)))], data.draw(st.integers(0, 99)))
    if (ours := kernels(a, constants)) is not None:
        assert torch.equal(computed(ours, a, g), computed(TORCHS, a, g, constants))
    else:
        assert shape[2:] == (1, 1)


@numba
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e30])
def test_numbers_that_are_not_finite_are_left_to_torchs_form(layout, value):
    """An infinity, or a square that overflows, spreads as in torch's form, through the layer and its gradient."""
    a, g = activities((2, 12, 5, 4), LAYOUTS[layout])
    a[0, 3, 1, 1] = value
    assert not kernels(a).forward(a, torch.empty_like(a))
    whole = a.clone().requires_grad_()
    b = ResponseNorm(k=2.0, n=5, alpha=1e-4, beta=0.75)(whole)
    b.backward(g)
    assert torch.equal(torch.stack([b.detach(), whole.grad]).view(torch.int32), computed(TORCHS, a, g, PAPER))


@numba
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_gradient_in_another_layout_or_expanded_changes_nothing(layout):
    """The gradient may lie in memory as it likes."""
    a, g = activities((2, 12, 5, 4), LAYOUTS[layout])
    other = g.contiguous(memory_format=next(one for one in LAYOUTS.values() if one != LAYOUTS[layout]))
    for gradient in (other, torch.ones(()).expand(g.shape)):
        assert torch.equal(computed(kernels(a), a, gradient), computed(TORCHS, a, gradient, PAPER))


@numba
def test_kernels_that_differ_in_a_bit_are_not_used():
    """Against a form whose last bit is another, no kernel agrees, so the form itself stays."""

    def nudged(a, b, constants):
        TORCHS.forward(a, b, constants)
        b.view(torch.int32).bitwise_xor_(1)

    a, _ = activities((2, 12, 5, 4), torch.channels_last)
    assert compiled(a, PAPER, TORCHS._replace(forward=nudged), ascending=True) is None


@pytest.mark.parametrize(
    ("a", "constants"),
    [
        (torch.ones(2, 4, 3, 3, dtype=torch.float64), PAPER),
        (torch.ones(2, 4, 3, 3, dtype=torch.bfloat16), PAPER),
        (torch.ones(2, 4, 3, 3), PAPER._replace(beta=0.5)),
        (torch.ones(2, 4, 3, 3).transpose(0, 2), PAPER),
        (torch.ones(2, 4, 1, 1), PAPER),
        (torch.ones(0, 4, 3, 3), PAPER),
        (torch.ones(2, 4, 3, 3, device="meta"), PAPER),
    ],
    ids=["float64", "bfloat16", "power", "strided", "one pixel", "empty", "no processor"],
)
def test_all_else_takes_torchs_form(a, constants):
    """Other types, powers, layouts and devices have no kernels."""
    assert kernels(a, constants) is None


def test_a_layer_counts_what_it_normalises(monkeypatch):
    """Forward and backward each count their numbers; until kernels are worth it, nothing looks for numba."""
    monkeypatch.setattr(response_norm_compiled._Waiting, "numbers", 0)
    monkeypatch.setattr(response_norm_compiled, "_agreeing", None)
    a = torch.ones(2, 4, 3, 3, requires_grad=True)
    ResponseNorm(k=2.0, n=5, alpha=1e-4, beta=0.75)(a).sum().backward()
    assert response_norm_compiled._Waiting.numbers == 2 * a.numel()


@numba
def test_kernels_that_fail_at_their_first_call_leave_torchs_form(monkeypatch):
    """As with numba switched off, or a damaged cache of compiled kernels."""
    response_norm_compiled._agreeing.cache_clear()
    monkeypatch.setattr(response_norm_compiled.Kernels, "agree", lambda *_: 1 / 0)
    try:
        assert kernels(activities((2, 4, 3, 3), torch.contiguous_format)[0]) is None
    finally:
        response_norm_compiled._agreeing.cache_clear()


def test_without_numba_torchs_form_stays(monkeypatch):
    """Where numba cannot be imported, there are no kernels and no error."""
    monkeypatch.setitem(sys.modules, "harness.models.response_norm_kernels", None)
    response_norm_compiled._agreeing.cache_clear()
    try:
        assert kernels(activities((2, 4, 3, 3), torch.contiguous_format)[0]) is None
    finally:
        response_norm_compiled._agreeing.cache_clear()
