"""The file of a baseline: the snapshots of suites at one scale, sealed, sorted and without dates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import BaselineMissing, UsageError
from harness.regression.baseline_probes import faults
from harness.store.documents import json_text, seal
from harness.store.store import write_atomically
from harness.vocabulary import ScaleName

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Baseline:
    """The snapshots of suites at one scale."""

    path: Path
    scale: ScaleName
    suites: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Snapshots by the name of their suite."""

    @property
    def name(self) -> str:
        """File name, as reports show it."""
        return self.path.name

    def require(self, suites: Iterable[str]) -> None:
        """Raise BaselineMissing where one of these suites has no snapshot."""
        if lacking := [suite for suite in suites if suite not in self.suites]:
            command = _command(" ".join(lacking), self.path, self.scale)
            raise BaselineMissing(f"{self.path} holds nothing of {', '.join(lacking)}; make it with: {command}")

    def merged(self, snapshots: Mapping[str, Mapping[str, Any] | None]) -> Baseline:
        """Return a baseline with these snapshots replaced, or removed where they are None; all others stay."""
        suites = {name: found for name, found in {**self.suites, **snapshots}.items() if found is not None}
        return Baseline(self.path, self.scale, suites)

    def write(self) -> None:
        """Write the file completely or not at all; the same content gives the same bytes."""
        document = {"format": FORMAT, "scale": self.scale, "suites": dict(self.suites)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, json_text(seal(document)).encode())


def _command(named: str, path: Path, scale: ScaleName) -> str:
    at = "" if scale == "ci" else f" --scale {scale}"
    return f"python -m harness baseline update {named} --baseline {path}{at}"


def read_baseline(path: Path, scale: ScaleName) -> Baseline:
    """Read a baseline of this scale.

    Raises BaselineMissing where the file does not exist, UsageError where it is damaged, edited, or has another format
    or scale.
    """
    try:
        document = json.loads(path.read_bytes())
        sound = isinstance(document, dict) and seal(document) == document
    except FileNotFoundError:
        raise BaselineMissing(
            f"there is no baseline {path}; make it with: {_command('SUITE...', path, scale)}"
        ) from None
    except OSError as error:
        raise UsageError(f"the baseline {path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        raise UsageError(
            f"the baseline {path} is damaged or was edited: its digest does not fit; take it from version control "
            "again, or move it away and make it anew with `baseline update`"
        )
    if document.get("format") != FORMAT:
        raise UsageError(
            f"the baseline {path} has format {document.get('format')}, this program reads {FORMAT}; move it away and "
            "make it anew with `baseline update`"
        )
    if not isinstance(document.get("suites"), dict) or "scale" not in document:
        raise UsageError(
            f"the baseline {path} is not one that `baseline update` wrote: it names no scale or no suites; take it "
            "from version control again"
        )
    if document["scale"] != scale:
        raise UsageError(
            f"the baseline {path} is of scale {document['scale']}, not {scale}; name another, or the scale"
        )
    _require_whole(path, document["suites"])
    return Baseline(path, scale, document["suites"])


def _require_whole(path: Path, suites: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise UsageError where a probe of a suite is missing or incomplete."""
    for suite, snapshot in suites.items():
        for fault in faults(suite, snapshot):
            raise UsageError(
                f"the baseline {path} is not one that `baseline update` wrote: {fault}; take it from version control "
                f"again, or make this suite anew with: {_command(suite, path, 'ci')}"
            )


def read_or_begin(path: Path, scale: ScaleName) -> Baseline:
    """Read a baseline, or return an empty one where the file does not exist; raises UsageError like `read_baseline`."""
    try:
        return read_baseline(path, scale)
    except BaselineMissing:
        return Baseline(path, scale)
