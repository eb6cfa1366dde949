"""Judgement of claims: relations between measured values; pure, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from harness.judge.cells import CellVerdict, Measured, evaluation_only
from harness.judge.evidence import ClaimVerdict, Evidence, Side
from harness.judge.operators import JUDGES
from harness.judge.outcomes import ClaimOutcome
from harness.judge.statistics import Look, holm
from harness.judge.warrants import warranted
from harness.suite.claims import Claim
from harness.vocabulary import ScaleName


def judge_claims(
    claims: Mapping[str, Claim], evidence: Evidence, extended: Mapping[str, str] = MappingProxyType({})
) -> list[ClaimVerdict]:
    """Judge every claim of a suite; the unadjusted p decides, and Holm's p over the suite's claims is shown beside it.

    `extended` describes, by claim, changes of the declaration after a first result. Where seeds are declared in looks,
    a claim keeps the verdict of the first look that decides it.
    """
    asked = [
        ClaimVerdict(name, claim, "NOT RUN", "", "", extended=extended.get(name, "")) for name, claim in claims.items()
    ]
    return adjusted([_at_first_deciding_look(verdict, evidence) for verdict in asked])


def adjusted(judged: list[ClaimVerdict]) -> list[ClaimVerdict]:
    """Add Holm's p to each verdict of a suite."""
    tested = [(index, verdict.p) for index, verdict in enumerate(judged) if verdict.p is not None]
    for (index, _), p_holm in zip(tested, holm([p for _, p in tested]), strict=True):
        judged[index] = replace(judged[index], p_holm=p_holm)
    return judged


def _at_first_deciding_look(asked: ClaimVerdict, evidence: Evidence) -> ClaimVerdict:
    """Judge a claim at the first look that decides it; a claim about printed numbers follows its cells instead."""
    for one in () if asked.claim.cells is not None else evidence.earlier:
        verdict = _judge(asked, one)
        if verdict.outcome != "INCONCLUSIVE":
            return verdict
    return _judge(asked, evidence)


def _judge(verdict: ClaimVerdict, evidence: Evidence) -> ClaimVerdict:
    claim = verdict.claim
    if claim.quoted is not None:
        return replace(verdict, outcome="QUOTED", reason=claim.quoted, evidence="quoted")
    if claim.impossible is not None:
        return replace(verdict, reason=claim.impossible, evidence="none")
    sides = _sides(claim, evidence)
    recorded = tuple(side.name for side in sides if side.measured is not None and side.measured.recorded)
    verdict = replace(verdict, evidence=_level(sides, evidence.scale), recorded=recorded)
    verdict = replace(verdict, elsewhere=_elsewhere(claim, sides, evidence))
    if verdict.elsewhere:
        return replace(verdict, outcome="NOT COMPARABLE", reason=evaluation_only(verdict.elsewhere))
    if claim.cells is not None:
        matched = _all_match(verdict, [evidence.cells[name] for name in claim.cells])
        return warranted(matched, sides, evidence)
    blocked = _blocked(verdict, sides, evidence.scale)
    verdict = replace(verdict, look=_look(sides, evidence))
    return blocked or warranted(JUDGES[claim.operator](verdict, sides, evidence), sides, evidence)


def _look(sides: Sequence[Side], evidence: Evidence) -> Look | None:
    """Return the look of the evidence where some operand has a value for each of its seeds."""
    sampled = (side.measured for side in sides if side.measured is not None)
    return evidence.look if any(evidence.look and one.grows_to(evidence.look) for one in sampled) else None


def _sides(claim: Claim, evidence: Evidence) -> list[Side]:
    """Return the operands; for a claim about printed numbers, the values of its cells."""
    if claim.cells is not None:
        return [Side(name, evidence.cells[name].measured) for name in claim.cells]
    return evidence.sides(claim)


def _elsewhere(claim: Claim, sides: Sequence[Side], evidence: Evidence) -> tuple[Mapping[str, Any], ...]:
    """Return the provenance of imported weights that a claim rests on, those of its learning curves included."""
    learned = [claim.faster.slow, claim.faster.fast] if claim.faster is not None else []
    found = [one for side in sides if side.measured is not None for one in side.measured.elsewhere]
    found += [one for name in learned for one in evidence.elsewhere.get(name, ())]
    return tuple({one["sha256"]: one for one in found}.values())


def _level(sides: Sequence[Side], scale: ScaleName) -> str:
    """Describe the level of evidence of the operands."""
    hows = {side.measured.how for side in sides if side.measured is not None}
    if hows == {"exact"}:
        return "exact"
    if "timed" in hows:
        devices = (side.measured.device for side in sides if side.measured is not None and side.measured.device)
        device = next(devices, "a device without a name")
        return f"timing on {device}" + ("" if scale == "paper" else f", {scale} scale")
    if "drawn" in hows and "trained" not in hows:
        return "random nets, no data"
    return f"{scale} scale"


def _blocked(verdict: ClaimVerdict, sides: Sequence[Side], scale: ScaleName) -> ClaimVerdict | None:
    """Return the verdict where an operand is missing or a quoted number cannot be compared at this scale; else None."""
    for side in sides:
        if side.measured is not None and (obstacle := _lacking(side.name, side.measured)) is not None:
            return replace(verdict, outcome=obstacle[0], reason=obstacle[1])
    quoted = [side.name for side in sides if side.measured is None]
    if sides and len(quoted) == len(sides):
        return replace(verdict, outcome="QUOTED", reason=f"{', '.join(quoted)}: quoted numbers alone, nothing of ours")
    trained = [side.measured for side in sides if side.measured is not None and side.measured.how == "trained"]
    if quoted and trained and scale != "paper":
        reason = f"{quoted[0]} is a quoted number, which only a result at paper scale can be set against"
        return replace(verdict, outcome="NOT COMPARABLE", reason=reason)
    unofficial = [measured.unofficial for measured in trained if measured.unofficial]
    if unofficial and (quoted or scale == "paper"):
        return replace(verdict, outcome="NOT COMPARABLE", reason=unofficial[0])
    return None


def _lacking(name: str, measured: Measured) -> tuple[ClaimOutcome, str] | None:
    """Return why one operand cannot be judged: a failure, missing seeds, or a copy of another operand."""
    if measured.failed:
        return "FAILED", f"{name}: {next(iter(measured.failed.values()))}"
    if len(measured.values) < measured.declared_seeds:
        return "NOT RUN", f"{name}: {measured.blocked or 'not run yet'}"
    return ("NOT COMPARABLE", f"{name}: {measured.doubtful}") if measured.doubtful else None


def _all_match(verdict: ClaimVerdict, cells: Sequence[CellVerdict]) -> ClaimVerdict:
    """Judge a claim about printed numbers by the outcomes of its cells."""
    outcomes = {cell.outcome for cell in cells}
    looks = [cell.look for cell in cells if cell.look is not None]
    verdict = replace(verdict, look=max(looks, key=lambda look: look.number, default=None), final=True)
    said = "; ".join(f"{cell.cell.id} {cell.outcome}" for cell in cells)
    if outcomes & {"BETTER", "WORSE", "DIFFERS"}:
        return replace(verdict, outcome="CONTRADICTED", reason=said)
    blocking: tuple[ClaimOutcome, ...] = ("FAILED", "NOT RUN", "NOT COMPARABLE", "INCONCLUSIVE")
    for outcome in blocking:
        if outcome in outcomes:
            why = next(f"{cell.cell.id}: {cell.reason}" for cell in cells if cell.outcome == outcome)
            return replace(verdict, outcome=outcome, reason=why)
    assert outcomes == {"MATCH"}
    return replace(verdict, outcome="CONFIRMED", reason=said)
