"""Sample claims and measured arms for tests of the rules that judge them."""

from __future__ import annotations

from typing import Any

from harness.judge.cells import Measured
from harness.suite.claims import Claim


def claim(**operator: Any) -> Claim:
    """Return a claim with this operator."""
    return Claim.parsed({"ref": "A01", "says": "it is so", "source": "section 1", **operator})


def trained(*values: float, images: int = 1000, **more: Any) -> Measured:
    """Return the measured values of a trained arm, by seed."""
    return Measured(values=dict(enumerate(values)), declared_seeds=len(values), images=images, **more)


LOW = trained(10.0, 10.2, 9.9, 10.1)


HIGH = trained(12.0, 12.3, 11.8, 12.2)
