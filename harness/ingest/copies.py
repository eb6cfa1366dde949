"""Check of a prepared copy against its own manifest and records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.data.declared import Dataset
from harness.data.fingerprint import fingerprint
from harness.data.locate import Found
from harness.data.packed_images import Packs
from harness.data.packs import PACKS_ANEW, index_of
from harness.data.prepared import INDEX, RECORDS, Copy, prepared_copy
from harness.errors import DataMissing
from harness.ingest.image_finding import Finding
from harness.ingest.piece_records import Entry, PackedEntry, read_record
from harness.store.store import file_sha256


def judge_copy(dataset: Dataset, folder: Path, findings: list[Finding], *, contents: bool) -> None:
    """Add findings about a prepared copy; none where the folder is not a copy. With `contents`, every file is read."""
    try:
        copy = prepared_copy(folder)
    except DataMissing as error:
        findings.append(Finding("prepared", str(error)))
        return
    if copy is None:
        return
    findings.append(Finding("prepared", f"{copy.says}; {copy.differs}", wrong=False))
    if (why := copy.why_not_official(dataset.name)) is not None:
        # A set known only by round numbers is never official, and a copy of it serves as well as the set itself.
        fix = "prepare the copy again from the whole official set" if dataset.exact else ""
        findings.append(Finding("not official", why, wrong=dataset.exact, fix=fix))
    if copy.manifest["dataset"] == dataset.name:
        findings.extend(_changed(dataset, folder, copy))
    if contents:
        fix = PACKS_ANEW if copy.manifest["copy"].get("packed") else "prepare the copy again"
        altered = Finding("altered", "images that differ from their records", fix=fix)
        for name in _altered(folder):
            altered.note(name)
        findings.extend([altered] if altered.count else [])


def _changed(dataset: Dataset, folder: Path, copy: Copy) -> Iterator[Finding]:
    for split in dataset.splits:
        said = copy.manifest["splits"].get(dataset.division.folder if dataset.division else split)
        if said is None:
            continue
        index = folder / (dataset.division.folder if dataset.division else split) / INDEX
        other = index.is_file() and file_sha256(index) != said.get("index_sha256")
        if other or _fingerprint(dataset, folder, split) != said["fingerprint"]:
            says = f"{split}: its images are not those of the manifest"
            yield Finding("altered", says, fix="delete the copy and prepare it again")


def _fingerprint(dataset: Dataset, folder: Path, split: str) -> str | None:
    try:
        return fingerprint(dataset, Found(folder, "the folder that was named"), split)
    except DataMissing:
        return None


def _altered(folder: Path) -> Iterator[str]:
    """Yield images whose content differs from their record, and records that cannot be read."""
    for records in sorted(path for path in (folder / RECORDS).iterdir() if path.is_dir()):
        try:
            sound = _sound_in(folder / records.name)
        except DataMissing as error:
            yield str(error)
            continue
        for path in sorted(records.glob("*.jsonl")):
            try:
                for entry in read_record(path):
                    if entry.how != "damaged" and not sound(entry):
                        yield str(folder / records.name / entry.name)
            except (OSError, json.JSONDecodeError, TypeError):
                yield str(path)


def _sound_in(split: Path) -> Callable[[Entry], bool]:
    """Return a function that checks an image of a split against its record. Raises DataMissing for damaged packs."""
    index = index_of(split)
    if index is None:
        return lambda entry: _sound(entry, split)
    packs = Packs(index)
    return lambda entry: isinstance(entry, PackedEntry) and _sound_in_packs(entry, packs)


def _sound(entry: Entry, folder: Path) -> bool:
    try:
        return file_sha256(folder / entry.name) == entry.sha256
    except OSError:
        return False


def _sound_in_packs(entry: PackedEntry, packs: Packs) -> bool:
    try:
        return hashlib.sha256(packs.stored(entry.at, entry.stored)).hexdigest() == entry.stored_sha256
    except DataMissing:
        return False
