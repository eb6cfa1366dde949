"""Claims and the measured arms that they speak of, made up for the rules that judge them."""

from __future__ import annotations

from typing import Any

from harness.judge.cells import Measured
from harness.suite.claims import Claim


def claim(**operator: Any) -> Claim:
    """A claim with that operator."""
    return Claim.parsed({"ref": "A01", "says": "it is so", "source": "section 1", **operator})


def trained(*values: float, images: int = 1000, **more: Any) -> Measured:
    """Values of a trained arm, by seed."""
    return Measured(values=dict(enumerate(values)), declared_seeds=len(values), images=images, **more)


LOW = trained(10.0, 10.2, 9.9, 10.1)


HIGH = trained(12.0, 12.3, 11.8, 12.2)
