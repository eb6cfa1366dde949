"""Checks that the probes of a baseline are complete: none missing, every number finite, every tolerance bounded.

The digest of a baseline reveals a bad disk or a careless edit. Somebody who seals an edited baseline again could still
remove a probe or raise its tolerances without limit, and a check would pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]


def faults(suite: str, snapshot: Document) -> Iterator[str]:
    """Yield a sentence for every fault in the probes of a suite's snapshot."""
    probes = snapshot["probes"]
    for name in _wanted(snapshot):
        if name not in probes:
            yield f"{suite}: the experiment {name} has no probe"
    for name, probe in probes.items():
        try:
            wrong = _wrong(probe)
        except (KeyError, TypeError, AttributeError, ValueError):
            wrong = "is malformed"
        if wrong:
            yield f"{suite}: the probe of {name} {wrong}"


def _wanted(snapshot: Document) -> Iterator[str]:
    """Yield the names of the probes that the experiments need: one per training and one per test."""
    for name, experiment in snapshot["experiments"].items():
        if experiment["kind"] == "train":
            yield name
            yield from (f"{name}.{test}" for test in experiment["spec"]["tests"])


def _wrong(probe: Document) -> str:
    """Return the fault of one probe, or an empty string."""
    found = probe["found"]
    if probe["asked"]["what"] == "test":
        return "" if _numbers(found["probabilities"]) and found["classes"] > 0 else "has no probabilities"
    if not _numbers(found["logits"]) or not _numbers(found["losses"]):
        return "has no logits or no losses"
    disturbed = probe["disturbed"]
    pairs = [(found[part], disturbed[part]) for part in ("losses", "after_drop")]
    pairs += [(text, disturbed["updates"][kind]) for kind, text in found["updates"].items()]
    if any(len(_numbers(text)) != len(_numbers(far)) for text, far in pairs) or not disturbed["runs"] > 0:
        return "lacks the distance of disturbed runs for some number"
    if not all(math.isfinite(far) and far >= 0 for _, text in pairs for far in _numbers(text)):
        return "holds a negative or infinite distance of disturbed runs"
    return ""


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]
