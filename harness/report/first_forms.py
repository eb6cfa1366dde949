"""Judges a claim as it was declared before its first result, where its declaration was changed since."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from harness.judge.claims import judge_claims
from harness.judge.evidence import ClaimVerdict, Evidence
from harness.plan.preregistration import Standing
from harness.suite.claims import OPERATORS, Claim


def by_first_form(verdict: ClaimVerdict, declared: Standing, evidence: Evidence) -> ClaimVerdict | None:
    """The verdict on today's results by the first operator and smallest effect; None where neither was changed.

    Nor is there one where the first form cannot be judged any more: it named what the suite no longer measures, or was
    written by a version whose forms this one does not know.
    """
    first = declared.first
    if first is None or not _judged_otherwise(verdict.claim, first, evidence):
        return None
    try:
        claim = _as_then(verdict.claim, first["operator"])
    except ValidationError:
        return None
    then = replace(evidence, smallest_effect=first.get("smallest effect"))
    try:
        return judge_claims({verdict.id: claim}, then)[0]
    except KeyError:  # an operand of then
        return None


def _judged_otherwise(claim: Claim, first: Any, evidence: Evidence) -> bool:
    same = first.get("operator") == {claim.operator: claim.form}
    return not same or bool(first.get("smallest effect") != evidence.smallest_effect)


def _as_then(claim: Claim, operator: dict[str, Any]) -> Claim:
    """The claim with the operator of then in the place of its own."""
    said = claim.model_dump(mode="json", exclude=set(OPERATORS))
    return Claim.parsed({name: value for name, value in said.items() if value is not None} | operator)
