"""Checks that the probes of a baseline are complete: none missing, every number finite, every tolerance bounded.

The digest of a baseline reveals a bad disk or a careless edit. Somebody who seals an edited baseline again could still
remove a probe or raise its tolerances without limit, and a check would pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from harness.regression.tolerances import LINEAR

Document = Mapping[str, Any]


def faults(suite: str, snapshot: Document) -> Iterator[str]:
    """Yield a sentence for every fault in the probes of a suite's snapshot."""
    try:
        probes, wanted = dict(snapshot["probes"]), list(_wanted(snapshot))
    except (KeyError, TypeError, AttributeError, ValueError):
        yield f"{suite}: the snapshot is malformed"
        return
    for name in wanted:
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
    return _wrong_test(probe["found"]) if probe["asked"]["what"] == "test" else _wrong_training(probe)


def _wrong_test(found: Document) -> str:
    """Return the fault of a test's probe, or an empty string; earlier versions wrote none with amplified logits."""
    if not _numbers(found["probabilities"]) or not isinstance(found["classes"], int) or not found["classes"] > 0:
        return "has no probabilities"
    if ("amplified" in found) != ("rounding" in found):
        return "lacks the amplified logits, or the effect of rounding on them"
    if "amplified" not in found:
        return ""
    largest = _numbers(found["rounding"])
    sound = _numbers(found["amplified"]) and len(largest) == 1 and math.isfinite(largest[0]) and largest[0] >= 0
    return "" if sound else "lacks the amplified logits, or the effect of rounding on them"


def _wrong_training(probe: Document) -> str:
    """Return the fault of a training's probe, or an empty string."""
    found, disturbed = probe["found"], probe["disturbed"]
    if not _numbers(found["logits"]) or not _numbers(found["losses"]):
        return "has no logits or no losses"
    if not all(map(_numbers, [*found.get("decays", {}).values(), *found.get("responses", {}).values()])):
        return "lacks a number of its decays or responses"
    pairs = [(found[part], disturbed[part]) for part in ("losses", "after_drop")]
    pairs += [(text, disturbed["updates"][kind]) for kind, text in found["updates"].items()]
    if any(len(_numbers(text)) != len(_numbers(far)) for text, far in pairs) or not disturbed["runs"] > 0:
        return "lacks the distance of disturbed runs for some number"
    if not all(math.isfinite(far) and far >= 0 for _, text in pairs for far in _numbers(text)):
        return "holds a negative or infinite distance of disturbed runs"
    first, far = _numbers(found["losses"])[0], _numbers(disturbed["losses"])[0]
    if math.isfinite(first) and far > LINEAR * abs(first):
        return "calls the loss of its first step chaotic, before any step was taken"
    return ""


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]
