"""Digests that a report carries of its own documents: written with them, and held against them whenever they are read.

They show damage and edits. They are no signature: who changes a document may work its digests out anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.report.results.document import DataRecord, Results
from harness.report.results.run_records import ExperimentRecord
from harness.report.results.verdict_records import CellRecord, ClaimRecord
from harness.store.documents import canonical

Record = Mapping[str, Any]
REPORTED = ("cells", "claims", "experiments", "data")
"""The parts that the digest `results` is of."""


def digest_of(results: Record) -> str:
    """The digest of what is reported: every cell and claim, and what they were measured by and on."""
    return _digest({name: results[name] for name in REPORTED})


def digest_of_records(
    cells: Iterable[CellRecord],
    claims: Iterable[ClaimRecord],
    experiments: Mapping[str, ExperimentRecord],
    data: Iterable[DataRecord],
) -> str:
    """The digest `results` of a report that is still to be written, from its records."""
    return digest_of(
        {
            "cells": [one.plain() for one in cells],
            "claims": [one.plain() for one in claims],
            "experiments": {name: one.plain() for name, one in experiments.items()},
            "data": [one.plain() for one in data],
        }
    )


def sealed(results: Record, curves: Record) -> dict[str, Any]:
    """The results with digests of the curves beside them and of the whole document; both have to be plain JSON."""
    digests = {name: digest for name, digest in (results.get("digest") or {}).items() if name != "document"}
    whole: dict[str, Any] = {**results, "digest": {**digests, "curves": _digest(curves)}}
    whole["digest"] |= {"results": digest_of(results)} if all(name in results for name in REPORTED) else {}
    whole["digest"]["document"] = _digest(whole)
    return whole


def require_unchanged(results: Record, path: Path) -> None:
    """Raise UsageError where `results`, read from `path`, are not what was written, or carry no digest of the whole.

    A report of an earlier version has none. It is refused too: else anybody could take the digest out, and edit what
    the others do not reach.
    """
    digests = results.get("digest")
    if not isinstance(digests, dict) or "document" not in digests:
        without = f"carries no digest of all of it, so nothing shows that it is as it was written; {_anew(results)}"
        raise UsageError(f"{path}: {without}")
    rest = {name: digest for name, digest in digests.items() if name != "document"}
    try:
        same = digests["document"] == _digest({**results, "digest": rest})
    except (ValueError, RecursionError):  # a number that JSON has not, or no end of lists
        same = False
    if not same:
        raise UsageError(f"{path}: was changed after it was written: its digest does not fit; {_anew(results)}")


def require_same_curves(results: Results, curves: Record, path: Path) -> None:
    """Raise UsageError where `curves`, read from `path`, are not those that the results were written with."""
    try:
        same = results.digest.curves == _digest(curves)
    except (ValueError, RecursionError):
        same = False
    if not same:
        says = "was changed after it was written, or is of another run: results.json holds another digest of it"
        raise UsageError(f"{path}: {says}; {_again(results.suite, results.scale)}")


def _anew(results: Record) -> str:
    """How to have the documents of a report again from the store that they were made of."""
    return _again(results.get("suite"), results.get("scale"))


def _again(suite: object, scale: object) -> str:
    known = isinstance(suite, str) and isinstance(scale, str)
    named = f"`report {suite} --scale {scale}`" if known else "`report SUITE`"
    return f"{named} writes it again from the store, or run the suite again"


def _digest(document: Any) -> str:
    return hashlib.sha256(_bytes(canonical(document))).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
