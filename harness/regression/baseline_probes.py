"""Checks that the probes of a baseline are whole: none taken out, all numbers numbers, and what rounding moves finite.

A digest finds a bad disk and a careless edit; somebody who seals an edited baseline anew could still take a probe out
or let its tolerances grow without bound, and a check would pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]


def faults(suite: str, snapshot: Document) -> Iterator[str]:
    """What is wrong with the probes of one suite's snapshot, a sentence each."""
    probes = snapshot["probes"]
    for name in _wanted(snapshot):
        if name not in probes:
            yield f"{suite}: there is no probe of {name}, though there is the experiment"
    for name, probe in probes.items():
        try:
            wrong = _wrong(probe)
        except (KeyError, TypeError, AttributeError, ValueError):
            wrong = "is not written as a probe is"
        if wrong:
            yield f"{suite}: the probe of {name} {wrong}"


def _wanted(snapshot: Document) -> Iterator[str]:
    """The probes that belong to the experiments: one a training, one a test of it."""
    for name, experiment in snapshot["experiments"].items():
        if experiment["kind"] == "train":
            yield name
            yield from (f"{name}.{test}" for test in experiment["spec"]["tests"])


def _wrong(probe: Document) -> str:
    """What is wrong with one probe; empty where nothing is."""
    found = probe["found"]
    if probe["asked"]["what"] == "test":
        return "" if _numbers(found["probabilities"]) and found["classes"] > 0 else "has no probabilities"
    if not _numbers(found["logits"]) or not _numbers(found["losses"]):
        return "has no logits or no losses"
    disturbed = probe["disturbed"]
    pairs = [(found[part], disturbed[part]) for part in ("losses", "after_drop")]
    pairs += [(text, disturbed["updates"][kind]) for kind, text in found["updates"].items()]
    if any(len(_numbers(text)) != len(_numbers(far)) for text, far in pairs) or not disturbed["runs"] > 0:
        return "does not say of each number how far disturbed runs moved it"
    if not all(math.isfinite(far) and far >= 0 for _, text in pairs for far in _numbers(text)):
        return "says of a number that disturbed runs moved it by less than nothing or without end"
    return ""


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]
