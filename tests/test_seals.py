"""Seals: changing, adding or removing any field of a sealed document breaks its seal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from archives import with_manifest
from filled_store import filled, folder_of, table1
from snapshots import snapshot

from harness.data.prepared import CopyFiles, prepared_copy
from harness.errors import DataMissing, HarnessError, UsageError
from harness.jobs import JOBS
from harness.regression.baseline import Baseline, read_baseline
from harness.report.recorded import RecordFile
from harness.store.archive import export, unpack
from harness.store.declarations import read_declaration
from harness.store.documents import seal
from harness.store.soundness import left_out_of
from harness.store.store import JobFolder, write_json

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Sealed:
    """A sealed document on disk, and the function that reads it."""

    path: Path
    read: Callable[[], Any]
    says: str
    """Pattern of the error message."""


def result(folder: Path) -> Sealed:
    """Write the result of a test with every entry that a result may hold."""
    plan = table1()
    more = {
        "marks": ["resumed elsewhere"],
        "environment": {"device": "cpu", "threads": 1},
        "cost": {"seconds": 1.5, "finished_at": "2026-01-05T10:21:44+00:00", "telemetry": {"energy_j": 2.0}},
        "absent": {"top5_error": "none"},
        "micro_batch": 8,
    }
    store = filled(folder, plan, **more)
    of = folder_of(store, plan, "evaluate")
    return Sealed(of.result, of.read_result, "damaged or was edited")


def environment(folder: Path) -> Sealed:
    """Write the environment of the same test."""
    plan = table1()
    of = folder_of(filled(folder, plan), plan, "evaluate")
    write_json(of.environment, seal({"python": "3.11.7", "cores": 2, "packages": {"torch": "2.11.0"}, "job": {"d": 1}}))
    return Sealed(of.environment, of.read_environment, "missing or damaged")


def declaration(folder: Path) -> Sealed:
    """Write the declaration of Table 1."""
    (path,) = filled(folder, table1()).declarations.glob("*.json")
    return Sealed(path, lambda: read_declaration(path), "damaged or was edited")


def recorded(folder: Path) -> Sealed:
    """Write a score that was entered twice."""
    file = RecordFile(folder / "score.json")
    for value in (37.5, 37.4):
        file.write("0" * 64, "top1_error", {"value": value, "from": "the server", "predictions_sha256": "1" * 64})
    return Sealed(file.path, file.read, "damaged or was edited")


def baseline(folder: Path) -> Sealed:
    """Write a baseline of one suite."""
    path = folder / "ci.json"
    Baseline(path, "ci", {"table1": snapshot()}).write()
    return Sealed(path, lambda: read_baseline(path, "ci"), "damaged or was edited")


def copy(folder: Path) -> Sealed:
    """Write the manifest of a prepared copy."""
    files = CopyFiles(folder)
    files.manifest.parent.mkdir()
    made = {"short_side": 256, "filter": "box", "quality": 95, "subsampling": "full"}
    source = {"official": True, "reason": "as it is handed out", "fingerprint": "f" * 64}
    splits = {"train": {"images": 2, "damaged": [], "records_sha256": "0" * 64}}
    document = {"format": 1, "dataset": "ilsvrc2012", "copy": made, "source": source, "splits": splits}
    write_json(files.manifest, seal({**document, "difference": {"images": 2, "sides": {"256": {"mean": 0.5}}}}))
    return Sealed(files.manifest, lambda: prepared_copy(folder), "was edited")


def left_out(folder: Path) -> Sealed:
    """Write the list of outputs left out of an archive."""
    of = JobFolder(folder)
    write_json(of.left_out, seal({"files": {"weights.pt": "0" * 64, "predictions.npz": "1" * 64}}))
    return Sealed(of.left_out, lambda: left_out_of(of), r"does not fit|malformed")


FIELDS = {
    result: {"key", "kind", "code", "inputs", "outcome", "values", "data", "marks", "cost", "environment", "outputs",
             "beside", "absent", "micro_batch", "format", "seal"},
    environment: {"python", "cores", "packages", "job", "seal"},
    declaration: {"suite", "scale", "jobs", "cells", "claims", "seal"},
    recorded: {"key", "metric", "score", "superseded", "format", "seal"},
    baseline: {"format", "scale", "suites", "seal"},
    copy: {"format", "dataset", "copy", "source", "splits", "difference", "seal"},
    left_out: {"files", "seal"},
}  # fmt: skip
"""Fields that each document must hold, so that no test passes for want of them."""

DOCUMENTS = tuple(FIELDS)


def places(node: Any, place: Place = ()) -> Iterator[Place]:
    """Yield every place in a document."""
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*place, key)
        yield from places(child, (*place, key))


def changed(document: dict[str, Any], place: Place, change: Callable[[Any, Any], None]) -> dict[str, Any]:
    """Return a copy of the document with one change at a place."""
    copied = deepcopy(document)
    *above, key = place
    parent = copied
    for step in above:
        parent = parent[step]
    change(parent, key)
    return copied


def other(parent: Any, key: Any) -> None:
    """Replace a value by another of the same type."""
    value = parent[key]
    match value:
        case bool():
            parent[key] = not value
        case int() | float():
            parent[key] = value + 1
        case str():
            parent[key] = f"{value[:-1]}{'1' if value[-1:] != '1' else '0'}"
        case list():
            parent[key] = [*value, "0" * 64]
        case dict():
            parent[key] = {**value, "added": "0" * 64}
        case _:
            parent[key] = 0


def gone(parent: Any, key: Any) -> None:
    """Remove an entry."""
    del parent[key]


@pytest.mark.parametrize("made", DOCUMENTS, ids=[made.__name__ for made in DOCUMENTS])
@pytest.mark.parametrize("change", [other, gone])
def test_every_field_changed_in_turn_breaks_the_seal(tmp_path: Path, made: Any, change: Any) -> None:
    """The original is read, and every change, at any depth, is refused."""
    sealed = made(tmp_path)
    assert sealed.read() is not None
    document = json.loads(sealed.path.read_text())
    tried = list(places(document))
    assert {place[0] for place in tried} == set(document) >= FIELDS[made]
    for place in tried:
        if made is environment and change is gone and place == ("seal",):
            continue  # as version 0.1 wrote it; the result holds its digest
        write_json(sealed.path, changed(document, place, change))
        with pytest.raises((HarnessError, DataMissing), match=sealed.says):
            sealed.read()
    write_json(sealed.path, document)
    assert sealed.read() is not None


def test_every_field_of_an_archives_manifest_is_sealed(tmp_path: Path) -> None:
    """This covers each job, file, size and digest."""
    plan, sent = table1(), tmp_path / "sent.tar.gz"
    store = filled(tmp_path / "runs", plan)
    export(sent, [folder_of(store, plan, "pixels")], store.declarations.glob("*.json"), weights=False)
    whole, tried = sent.read_bytes(), list[Place]()
    (tmp_path / "whole").mkdir()
    manifest = unpack(sent, tmp_path / "whole").model_dump(mode="json")
    for number, place in enumerate(places(manifest)):
        tried.append(place)

        def edit(document: dict[str, Any], place: Place = place) -> None:
            document |= changed(document, place, other)

        sent.write_bytes(whole)
        into = tmp_path / str(number)
        into.mkdir()
        with pytest.raises(UsageError, match=r"manifest is (damaged or was edited|malformed)"):
            unpack(with_manifest(sent, edit, sealed=False), into)
        assert list(into.iterdir()) == []
    assert {place[0] for place in tried} == {"format", "jobs", "declarations", "seal"}


def test_a_result_is_sealed_whole_whatever_it_holds() -> None:
    """Fields that a later version adds, for any kind of job, are sealed too."""
    for kind in JOBS:
        document = seal({"kind": kind, "new": {"of": ["a", "later", "version"]}})
        assert seal(document) == document
        assert seal({**document, "new": {"of": ["a", "later"]}}) != document
