"""Response normalisation in Triton against its formula in float64: cases as JSON in, largest errors as JSON out.

Run as a program with `TRITON_INTERPRET=1`; Triton reads that at its import.
"""

import json
import sys

import torch

from harness.models.response_norm_triton import response_norm

LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def error(shape, layout, dtype, groups=1, n=5, beta=0.75, device="cpu"):
    """Return the largest differences of values and gradients from the formula, as shares of its largest number."""
    constants = {"k": 2.0, "n": n, "alpha": 1e-2, "beta": beta, "groups": groups}
    random = torch.Generator().manual_seed(0)
    a, g = (torch.randn(shape, generator=random).mul(size).to(getattr(torch, dtype)) for size in (5, 1))
    a, g = (one.to(device, memory_format=LAYOUTS[layout]) for one in (a, g))
    ours = a.clone().requires_grad_()
    b = response_norm(ours, **constants)
    b.backward(g)
    assert b.dtype == a.dtype
    assert b.stride() == a.stride()
    exact = a.double().requires_grad_()
    printed = formula(exact, **constants)
    printed.backward(g.double())
    pairs = (b, printed), (ours.grad, exact.grad)
    return [((one.double() - two).abs().max() / two.abs().max()).item() for one, two in pairs]


def formula(a, k, n, alpha, beta, groups):
    """Return section 3.3's formula of AlexNet, by a matrix of neighbours."""
    number = torch.arange(a.shape[1], device=a.device)
    group = number // (a.shape[1] // groups)
    near = ((number[:, None] - number).abs() <= n // 2) & (group[:, None] == group)
    return a / (k + alpha * torch.einsum("ij,nj...->ni...", near.to(a.dtype), a**2)) ** beta


if __name__ == "__main__":
    sys.stdout.write(json.dumps([error(**case) for case in json.loads(sys.argv[1])]))
