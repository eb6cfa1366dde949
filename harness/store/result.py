"""The schema of `result.json`, used both to read a store and to verify it.

It is plain Python because a plan reads hundreds of results and pydantic would be slow to load. Unknown entries, which a
later version of this program may add, are ignored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.store.provenance import IMPORTED

OF_THE_RUN = {"seal", "cost", "beside", "code", "marks"}
"""Entries that may differ between two runs of a job with the same result."""

Faults = Iterator[tuple[str, str]]
Shape = Callable[[Any], Faults]
"""A check of one value; yields the place of every fault within the value and what is expected there."""


@dataclass(frozen=True, slots=True)
class Result:
    """A result that fits the schema."""

    content: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Key of the job."""
        return str(self.content["key"])

    @property
    def kind(self) -> str:
        """Kind of the job."""
        return str(self.content["kind"])

    @property
    def code(self) -> str | None:
        """Digest of the code that made the result; None for imported weights."""
        return self.content.get("code")

    @property
    def values(self) -> Mapping[str, float]:
        """Measured numbers by name."""
        return dict(self.content["values"])

    @property
    def inputs(self) -> Mapping[str, dict[str, str] | None]:
        """Digests of each input's outputs, by the name of the input."""
        return dict(self.content["inputs"])

    @property
    def outputs(self) -> Mapping[str, str]:
        """Digests of the job's output files, by name."""
        return dict(self.content["outputs"])

    @property
    def beside(self) -> Mapping[str, str]:
        """Digests of `job.json` and `environment.json`; empty in results of earlier versions."""
        return dict(self.content.get("beside", {}))

    def repeatable(self) -> dict[str, Any]:
        """Return the entries that another run of the job has to reproduce."""
        found = {"absent": {}, **self.content}  # results of earlier versions lack this entry
        return {name: value for name, value in found.items() if name not in OF_THE_RUN}

    @property
    def imported(self) -> bool:
        """Whether the net was trained elsewhere; such a result has neither inputs nor an environment."""
        return IMPORTED in self.content


def fault_of(result: Mapping[str, Any]) -> str | None:
    """Return the first fault of a result with its place, or None where it fits the schema."""
    for place, says in (_IMPORTED if IMPORTED in result else _MADE_HERE)(result):
        return f"{place[:200]!r} {says}"
    return None


def digests_fault(files: Any) -> str | None:
    """Return the first fault of a mapping from output names to digests, or None.

    >>> digests_fault({"weights.pt": "0" * 64})
    >>> digests_fault({"weights.pt": "00"})
    "'weights.pt' should be a sha256 in hexadecimal"
    """
    for place, says in _DIGESTS(files):
        return f"{place[:200]!r} {says}"
    return None


def _matching(pattern: str, what: str) -> Shape:
    def faults(value: Any) -> Faults:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            yield "", f"should be {what}"

    return faults


def _of_type(kind: type, what: str) -> Shape:
    def faults(value: Any) -> Faults:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            yield "", f"should be {what}"

    return faults


def _number(least: float = -math.inf) -> Shape:
    def faults(value: Any) -> Faults:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            yield "", "should be a number"
        elif value < least:
            yield "", f"should be at least {least:g}"

    return faults


def _or_none(shape: Shape) -> Shape:
    return lambda value: iter(()) if value is None else shape(value)


def _listed(shape: Shape) -> Shape:
    def faults(value: Any) -> Faults:
        if not isinstance(value, list):
            yield "", "should be a list"
            return
        for number, one in enumerate(value):
            yield from _within(str(number), shape(one))

    return faults


def _mapping(names: Shape, values: Shape) -> Shape:
    def faults(value: Any) -> Faults:
        if not isinstance(value, dict):
            yield "", "should be a mapping"
            return
        for name, one in value.items():
            yield from _within(name, names(name))
            yield from _within(name, values(one))

    return faults


def _record(required: Mapping[str, Shape], optional: Mapping[str, Shape]) -> Shape:
    def faults(value: Any) -> Faults:
        if not isinstance(value, Mapping):
            yield "", "should be a mapping"
            return
        for name, shape in {**required, **optional}.items():
            if name in value:
                yield from _within(name, shape(value[name]))
            elif name in required:
                yield name, "is missing"

    return faults


def _within(name: str, faults: Faults) -> Faults:
    return ((f"{name}.{place}" if place else name, says) for place, says in faults)


def _nothing(value: Any) -> Faults:
    if value is not None:
        yield "", "should be absent, because the net was trained elsewhere"


_LINE = _matching(r"[^\x00-\x1f\x7f-\x9f]{0,2000}", "one line of text")
"""One line of text without control characters, so that printing it cannot steer a terminal."""
_DIGEST = _matching(r"[0-9a-f]{64}", "a sha256 in hexadecimal")
_OUTPUT = _matching(
    r"weights\.pt|(predictions|pixels|inspection|vocabulary|classifier)\.npz|codes\.npy|metrics\.jsonl",
    "the name of an output",
)
"""The names of outputs. No file of another name is opened because a result mentions it."""
_MAPPING, _WHOLE, _FLAG = _of_type(dict, "a mapping"), _of_type(int, "a whole number"), _of_type(bool, "true or false")
_DIGESTS = _mapping(_OUTPUT, _DIGEST)
_SEEN = _record(
    {
        **dict.fromkeys(("name", "split", "ids_sha256", "fingerprint", "official_reason"), _LINE),
        **dict.fromkeys(("whole", "official"), _FLAG),
        "count": _WHOLE,
    },
    {},
)
_EVERY: dict[str, Shape] = {
    "key": _DIGEST,
    "kind": _LINE,
    "inputs": _mapping(_LINE, _or_none(_DIGESTS)),
    "outcome": _matching("done|diverged", "done or diverged"),
    "values": _mapping(_LINE, _number()),
    "data": _listed(_SEEN),
    "marks": _listed(_LINE),
    "outputs": _DIGESTS,
}
_BESIDE: dict[str, Shape] = {
    "absent": _mapping(_LINE, _LINE),
    "environment": _MAPPING,
    "beside": _mapping(_matching(r"(job|environment)\.json", "job.json or environment.json"), _DIGEST),
}
_COST = _record({"seconds": _number(0), "finished_at": _LINE}, {})
_MADE_HERE = _record({**_EVERY, "code": _LINE, "cost": _COST}, _BESIDE)
_IMPORTED = _record({**_EVERY, IMPORTED: _MAPPING}, {**_BESIDE, "code": _nothing, "cost": _nothing})
