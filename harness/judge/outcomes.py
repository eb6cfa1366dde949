"""The words that a verdict may hold; they stand apart so that a reader of reports need not import statistics."""

from __future__ import annotations

from typing import Literal

CellOutcome = Literal[
    "MATCH", "BETTER", "WORSE", "DIFFERS", "INCONCLUSIVE", "NOT COMPARABLE", "NOT RUN", "FAILED", "CITED"
]  # fmt: skip
ClaimOutcome = Literal[
    "CONFIRMED", "BY CONSTRUCTION", "MIXED", "CONTRADICTED", "INCONCLUSIVE", "NOT COMPARABLE", "NOT RUN", "FAILED",
    "QUOTED",
]  # fmt: skip
How = Literal["exact", "drawn", "timed", "trained"]
"""Origin of a number: definitions (exact), random nets without data (drawn), a clock (timed) or training (trained)."""
