"""Compares probes with a baseline's: bit for bit where machine and versions are the same, else within rounding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.regression import tolerances
from harness.regression.finding import Finding
from harness.regression.tolerances import Departure, furthest

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Places:
    """How far the machine and versions of a check are those of its baseline."""

    same: bool
    """All that decides rounding is the same."""
    same_kind: bool
    """The device is of the same kind, so that dropout draws the same numbers."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a probe beside its baseline; `furthest` is what departs most, for what it may."""

    name: str
    furthest: Departure | None

    @property
    def departs(self) -> bool:
        """Whether that is more than rounding."""
        return self.furthest is not None and self.furthest.times > 1


def compare_probe(suite: str, name: str, before: Document, now: Document, places: Places) -> Finding:
    """One finding for one probe."""
    subject = f"probe {name}"
    if before["asked"] != now["asked"]:
        said = "the probe itself asks for something else than when the baseline was made; update the baseline"
        return Finding(suite, subject, "regression", said, str(before["asked"]), str(now["asked"]))
    old, new = before["found"], now["found"]
    parts = list(_parts(old, new, same_kind=places.same_kind))
    departing = [part for part in parts if part.departs]
    if departing:
        said = "; ".join(_departs(part) for part in departing)
        return Finding(suite, subject, "regression", said, *_shown(departing[0]))
    if old == new:
        return Finding(suite, subject, "ok", "bit for bit as in the baseline")
    if places.same:
        moved = [part for part in parts if part.furthest is not None and part.furthest.before != part.furthest.now]
        said = "not bit for bit as on this machine with these versions before, though within rounding"
        return Finding(suite, subject, "regression", said, *(_shown(moved[0]) if moved else ("", "")))
    if not places.same_kind:
        return Finding(suite, subject, "ok", "within rounding, on another kind of device; its training is not compared")
    return Finding(suite, subject, "ok", f"within rounding ({_closest(parts)} of what is allowed)")


def _parts(old: Document, new: Document, *, same_kind: bool) -> Iterator[Part]:
    if "probabilities" in old:
        yield Part("probabilities at first weights", _probabilities(old, *_both(old, new, "probabilities")))
        return
    before, now = _both(old, new, "logits")
    yield Part("logits at first weights", _furthest(before, now, tolerances.of_logits(before)))
    if not same_kind:  # dropout draws other numbers there
        return
    for part, said in (("losses", "loss of step"), ("after_drop", "loss after the rate dropped, step")):
        before, now = _both(old, new, part)
        yield Part(said, _furthest(before, now, tolerances.of_losses(before, numbers(old["nudged"][part]))))
    for kind in sorted(old["updates"].keys() | new["updates"].keys()):
        before, now = (numbers(found["updates"].get(kind, "")) for found in (old, new))
        allowed = tolerances.of_updates(before, numbers(old["nudged"]["updates"][kind])) if before else []
        yield Part(f"what training moves {kind} by", _furthest(before, now, allowed))


def _probabilities(found: Document, before: list[float], now: list[float]) -> Departure | None:
    """Compared as logits are, which softmax hides."""
    old, new = (tolerances.centred_logs(values, found["classes"]) for values in (before, now))
    most = _furthest(old, new, tolerances.of_log_probabilities(old))
    if most is None or most.place >= min(len(before), len(now)):
        return most
    return most._replace(before=before[most.place], now=now[most.place])


def _furthest(before: list[float], now: list[float], allowed: list[float]) -> Departure | None:
    """As `furthest`; where one has more numbers than the other, the first that has no partner is furthest of all."""
    if len(before) == len(now):
        return furthest(before, now, allowed)
    place, nothing = min(len(before), len(now)), float("nan")
    old, new = (values[place] if place < len(values) else nothing for values in (before, now))
    return Departure(place, old, new, float("inf"))


def numbers(text: str) -> list[float]:
    """The numbers of a probe, as it left them."""
    return [float(word) for word in text.split()]


def _both(old: Document, new: Document, part: str) -> tuple[list[float], list[float]]:
    return numbers(old[part]), numbers(new[part])


def _departs(part: Part) -> str:
    assert part.furthest is not None
    place = f" {part.furthest.place + 1}" if part.name.endswith("step") else ""
    times = part.furthest.times
    return f"{part.name}{place} differs by {times:,.3g} times what rounding may make" if times < float("inf") else (
        f"{part.name}{place} is no longer the same number"
    )  # fmt: skip


def _shown(part: Part) -> tuple[str, str]:
    assert part.furthest is not None
    return f"{part.furthest.before:.8g}", f"{part.furthest.now:.8g}"


def _closest(parts: list[Part]) -> str:
    return f"{max((part.furthest.times for part in parts if part.furthest), default=0.0):.1%}"
