"""Comparison of probes with a baseline: bit for bit on the same machine and versions, within rounding elsewhere."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.regression import tolerances
from harness.regression.finding import Finding
from harness.regression.tolerances import Departure, departures

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Places:
    """Whether the machine and versions of a check equal those of its baseline."""

    same: bool
    """Everything that decides rounding is equal."""
    same_kind: bool
    """The device is of the same kind, so that dropout draws the same numbers."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a probe compared with the baseline, number by number."""

    name: str
    departures: list[Departure]
    chaotic_from: int | None = None
    """The first step, counted from 0, that is not compared because rounding alone carries it anywhere."""

    @property
    def departing(self) -> list[Departure]:
        """Numbers that moved by more than rounding."""
        return [one for one in self.departures if one.times > 1]

    @property
    def moved(self) -> list[Departure]:
        """Numbers that moved at all."""
        return [one for one in self.departures if one.times > 0]

    def said(self) -> str:
        """Describe the first departing number and the largest departure."""
        steps = self.name.endswith("step")
        later = f" and {len(self.departing) - 1} more" if steps and len(self.departing) > 1 else ""
        place = f" {self.departing[0].place + 1}{later}" if steps else ""
        times = max(one.times for one in self.departing)
        how = (
            f"off by up to {times:,.3g} times the tolerance of rounding"
            if times < math.inf
            else "missing or not a number"
        )
        return f"{self.name}{place}: {how}"


CHAOTIC = "chaotic, and not compared"
"""In what a finding says of parts that rounding alone carries anywhere."""
ADDED = {
    "responses": "responses of layers to large inputs",
    "amplified": "a test with amplified logits",
    "rounding": "the effect of rounding on that test",
}
"""Parts that baselines of earlier versions lack."""


def compare_probe(suite: str, name: str, before: Document, now: Document, places: Places) -> Finding:
    """Compare one probe with the baseline.

    The finding is an advisory where the baseline lacks a part and all its own parts are sound.
    """
    lacking = [part for part in ADDED if part in now["found"] and part not in before["found"]]
    known = {part: found for part, found in now["found"].items() if part not in lacking}
    found = _compared(suite, f"probe {name}", before, {**now, "found": known}, places)
    if not lacking or found.severity != "ok":
        return found
    told = " and ".join(ADDED[part] for part in lacking)
    return replace(found, severity="advisory", said=f"{found.said}; the baseline lacks {told}: make it anew")


def _compared(suite: str, subject: str, before: Document, now: Document, places: Places) -> Finding:
    if before["asked"] != now["asked"]:
        said = "the probe itself has changed since the baseline was made; update the baseline"
        return Finding(suite, subject, "regression", said, str(before["asked"]), str(now["asked"]))
    if before["found"] == now["found"]:
        return Finding(suite, subject, "ok", "bit for bit as in the baseline")
    parts = list(_parts(before, now, same_kind=places.same_kind))
    departing = [part for part in parts if part.departing]
    if departing:
        said = "; ".join(part.said() for part in departing)
        return Finding(suite, subject, "regression", said, *_shown(departing[0].departing[0]))
    if places.same:
        moved = [departure for part in parts for departure in part.moved]
        said = "not the same bits as before on this machine with these versions, though within rounding"
        return Finding(suite, subject, "regression", said, *(_shown(moved[0]) if moved else ("", "")))
    if not places.same_kind:
        return Finding(suite, subject, "ok", "within rounding, on another kind of device; its training is not compared")
    return Finding(suite, subject, "ok", f"within rounding ({_closest(parts)} of what is allowed){_chaos(parts)}")


def _chaos(parts: list[Part]) -> str:
    """Describe the steps from which each chaotic part was not compared."""
    found = [
        f"{part.name}{'' if part.chaotic_from == 0 else f' {part.chaotic_from + 1} and later'}"
        for part in parts
        if part.chaotic_from is not None
    ]
    return f"; {CHAOTIC}: {', '.join(found)}" if found else ""


def _parts(before: Document, now: Document, *, same_kind: bool) -> Iterator[Part]:
    old, new = before["found"], now["found"]
    if "probabilities" in old:
        yield Part("probabilities at first weights", _probabilities(old, *_both(old, new, "probabilities")))
        if "amplified" in old:
            amplified = numbers(old["amplified"]), numbers(new.get("amplified", ""))
            allowed = tolerances.of_amplified(*numbers(old["rounding"]))
            yield Part("probabilities at first weights, amplified", _probabilities(old, *amplified, allowed))
            was, is_now = numbers(old["rounding"]), numbers(new.get("rounding", ""))
            yield Part("largest amplified logit", departures(was, is_now, [tolerances.AMPLIFIED * was[0]]))
        return
    for kind in sorted(old.get("decays", {}).keys() | new["decays"].keys()):
        was, is_now = (numbers(found.get("decays", {}).get(kind, "")) for found in (old, new))
        yield Part(f"weight decay of {kind}", departures(was, is_now, [tolerances.COMPUTED] * len(was)))
    was, is_now = _both(old, new, "logits")
    yield Part("logits at first weights", departures(was, is_now, tolerances.of_logits(was)))
    yield from _responses(old.get("responses", {}), new.get("responses", {}))
    if same_kind:  # dropout draws other numbers on another kind of device
        far = _disturbed(before, now)
        yield from _losses(old, new, far)
        yield from _updates(old, new, far)


def _responses(old: Document, new: Document) -> Iterator[Part]:
    """Compare the output of each layer without weights for the same input."""
    for layer in [*old, *(name for name in new if name not in old)]:
        was, is_now = numbers(old.get(layer, "")), numbers(new.get(layer, ""))
        yield Part(f"response of {layer}", departures(was, is_now, tolerances.of_responses(was)))


def _losses(old: Document, new: Document, far: Document) -> Iterator[Part]:
    """Compare the losses of the first steps and of those after the drop of the rate, which continue them."""
    first = numbers(old["losses"])
    allowed = tolerances.of_losses(
        [*first, *numbers(old["after_drop"])], [*numbers(far["losses"]), *numbers(far["after_drop"])]
    )
    for part, said, may in (
        ("losses", "loss of step", allowed[: len(first)]),
        ("after_drop", "loss after the rate dropped, step", allowed[len(first) :]),
    ):
        was, is_now = _both(old, new, part)
        chaos = tolerances.chaotic_from(may)
        yield Part(said, departures(was[:chaos], is_now[:chaos], may), chaos)


def _updates(old: Document, new: Document, far: Document) -> Iterator[Part]:
    """Compare how far each kind of parameter moved."""
    for kind in sorted(old["updates"].keys() | new["updates"].keys()):
        was, is_now = (numbers(found["updates"].get(kind, "")) for found in (old, new))
        moved = numbers(far["updates"].get(kind, ""))
        allowed = tolerances.of_updates(was, moved, first="first step" in kind) if was and moved else [0.0] * len(was)
        chaos = tolerances.chaotic_from(allowed)
        yield Part(f"what training moves {kind} by", departures(was[:chaos], is_now[:chaos], allowed), chaos)


def _disturbed(before: Document, now: Document) -> Document:
    """Return the distances of disturbed runs, number by number the larger of the baseline's and this machine's."""
    if "disturbed" not in now:
        return before["disturbed"]  # type: ignore[no-any-return]
    old, new = before["disturbed"], now["disturbed"]
    kinds = old["updates"].keys() | new["updates"].keys()
    return {
        "losses": _further(old["losses"], new["losses"]),
        "after_drop": _further(old["after_drop"], new["after_drop"]),
        "updates": {kind: _further(old["updates"].get(kind, ""), new["updates"].get(kind, "")) for kind in kinds},
    }


def _further(one: str, other: str) -> str:
    pairs = itertools.zip_longest(numbers(one), numbers(other), fillvalue=0.0)
    return " ".join(str(max(pair)) for pair in pairs)


def _probabilities(found: Document, before: list[float], now: list[float], besides: float = 0.0) -> list[Departure]:
    """Compare probabilities through their logits; a log probability may always move by `besides`.

    Show them as probabilities.
    """
    old, new = (tolerances.centred_logs(values, found["classes"]) for values in (before, now))
    allowed = [max(may, besides) for may in tolerances.of_log_probabilities(old)]
    departing = departures(old, new, allowed)
    shown = zip(departing, before, now, strict=False)
    return [one._replace(before=was, now=now_is) for one, was, now_is in shown] + departing[min(len(old), len(new)) :]


def numbers(text: str) -> list[float]:
    """Parse the numbers of a probe, separated by blanks.

    >>> numbers("0.5 2e-3")
    [0.5, 0.002]
    """
    return [float(word) for word in text.split()]


def _both(old: Document, new: Document, part: str) -> tuple[list[float], list[float]]:
    return numbers(old[part]), numbers(new[part])


def _shown(departure: Departure) -> tuple[str, str]:
    return f"{departure.before:.8g}", f"{departure.now:.8g}"


def _closest(parts: list[Part]) -> str:
    return f"{max((one.times for part in parts for one in part.departures), default=0.0):.1%}"
