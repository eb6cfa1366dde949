"""Compares probes with a baseline's: bit for bit where machine and versions are the same, else within rounding."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.regression import tolerances
from harness.regression.finding import Finding
from harness.regression.tolerances import Departure, departures

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
    """One part of a probe beside its baseline, number by number."""

    name: str
    departures: list[Departure]

    @property
    def departing(self) -> list[Departure]:
        """The numbers that moved by more than rounding."""
        return [one for one in self.departures if one.times > 1]

    @property
    def moved(self) -> list[Departure]:
        """The numbers that moved at all."""
        return [one for one in self.departures if one.times > 0]

    def said(self) -> str:
        """What departs, from where on, and by how much."""
        steps = self.name.endswith("step")
        later = f" and {len(self.departing) - 1} more" if steps and len(self.departing) > 1 else ""
        place = f" {self.departing[0].place + 1}{later}" if steps else ""
        times = max(one.times for one in self.departing)
        how = (
            f"off by up to {times:,.3g} times what rounding may make" if times < math.inf else "no such number any more"
        )
        return f"{self.name}{place}: {how}"


def compare_probe(suite: str, name: str, before: Document, now: Document, places: Places) -> Finding:
    """One finding for one probe."""
    subject = f"probe {name}"
    if before["asked"] != now["asked"]:
        said = "the probe itself asks for something else than when the baseline was made; update the baseline"
        return Finding(suite, subject, "regression", said, str(before["asked"]), str(now["asked"]))
    old, new = before["found"], now["found"]
    parts = list(_parts(old, new, same_kind=places.same_kind))
    departing = [part for part in parts if part.departing]
    if departing:
        said = "; ".join(part.said() for part in departing)
        return Finding(suite, subject, "regression", said, *_shown(departing[0].departing[0]))
    if old == new:
        return Finding(suite, subject, "ok", "bit for bit as in the baseline")
    if places.same:
        moved = [departure for part in parts for departure in part.moved]
        said = "not bit for bit as on this machine with these versions before, though within rounding"
        return Finding(suite, subject, "regression", said, *(_shown(moved[0]) if moved else ("", "")))
    if not places.same_kind:
        return Finding(suite, subject, "ok", "within rounding, on another kind of device; its training is not compared")
    return Finding(suite, subject, "ok", f"within rounding ({_closest(parts)} of what is allowed)")


def _parts(old: Document, new: Document, *, same_kind: bool) -> Iterator[Part]:
    if "probabilities" in old:
        yield Part("probabilities at first weights", _probabilities(old, *_both(old, new, "probabilities")))
        return
    for kind in sorted(old.get("decays", {}).keys() | new["decays"].keys()):
        before, now = (numbers(found.get("decays", {}).get(kind, "")) for found in (old, new))
        yield Part(f"weight decay of {kind}", departures(before, now, [tolerances.COMPUTED] * len(before)))
    before, now = _both(old, new, "logits")
    yield Part("logits at first weights", departures(before, now, tolerances.of_logits(before)))
    if not same_kind:  # dropout draws other numbers there
        return
    for part, said in (("losses", "loss of step"), ("after_drop", "loss after the rate dropped, step")):
        before, now = _both(old, new, part)
        yield Part(said, departures(before, now, tolerances.of_losses(before, numbers(old["nudged"][part]))))
    for kind in sorted(old["updates"].keys() | new["updates"].keys()):
        before, now = (numbers(found["updates"].get(kind, "")) for found in (old, new))
        nudged = numbers(old["nudged"]["updates"].get(kind, ""))
        allowed = tolerances.of_updates(before, nudged, first="first step" in kind) if before else []
        yield Part(f"what training moves {kind} by", departures(before, now, allowed))


def _probabilities(found: Document, before: list[float], now: list[float]) -> list[Departure]:
    """Compared as logits are, which softmax hides, and shown as they stand."""
    old, new = (tolerances.centred_logs(values, found["classes"]) for values in (before, now))
    departing = departures(old, new, tolerances.of_log_probabilities(old))
    shown = zip(departing, before, now, strict=False)
    return [one._replace(before=was, now=now_is) for one, was, now_is in shown] + departing[min(len(old), len(new)) :]


def numbers(text: str) -> list[float]:
    """The numbers of a probe, as it left them."""
    return [float(word) for word in text.split()]


def _both(old: Document, new: Document, part: str) -> tuple[list[float], list[float]]:
    return numbers(old[part]), numbers(new[part])


def _shown(departure: Departure) -> tuple[str, str]:
    return f"{departure.before:.8g}", f"{departure.now:.8g}"


def _closest(parts: list[Part]) -> str:
    return f"{max((one.times for part in parts for one in part.departures), default=0.0):.1%}"
