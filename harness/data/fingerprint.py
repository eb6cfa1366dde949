"""Identifies the data on disk: a digest of a split's content, and whether the set is the official one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.declared import Dataset, OfficialFile, class_list_digest
from harness.data.locate import Found
from harness.data.prepared import INDEX, Copy, is_packed, prepared_copy
from harness.data.sets.files import content, stored
from harness.data.sets.imagenet import class_folders, class_images
from harness.data.sets.rescaled import rescaled_to, says_rescaled
from harness.errors import DataMissing
from harness.store.documents import parsed_json
from harness.store.store import write_atomically


@dataclass(frozen=True, slots=True)
class Official:
    """Whether the data on disk are the official set, with the reason."""

    yes: bool
    reason: str


def fingerprint(dataset: Dataset, found: Found, split: str, cache: Path | None = None) -> str:
    """Return the sha256, in hexadecimal, of a split's content. Raises DataMissing if it cannot be read.

    For a small set it covers the uncompressed content of its files; for image folders, every image's path and size, and
    if we divide the set ourselves, all of the set. `cache` is a JSON file that keeps the answer for each file or class
    folder while its size and time of change stay the same. So an image overwritten in place is noticed only without it.
    """
    memory = Memory(cache)
    digest = _fingerprint(dataset, found.path, split, memory)
    memory.save()
    return digest


def official(dataset: Dataset, found: Found, cache: Path | None = None) -> Official:
    """Return whether every labelled split is official, by digest, or by class list and number of images.

    A prepared copy is official too if its manifest says it was made from the whole official set and it is unchanged.
    """
    if not dataset.exact:
        return Official(yes=False, reason=f"of {dataset.title} only round numbers are known, so it cannot be confirmed")
    memory = Memory(cache)
    copy = None
    try:
        copy = None if dataset.files else prepared_copy(found.path)
        reason = _files_differ(dataset, found, memory) if dataset.files else _folders_differ(dataset, found, memory)
        if copy is None:
            reason = reason or _rescaled(dataset, found)
        else:
            reason = copy.why_not_official(dataset.name) or reason or _copy_differs(dataset, found, copy, memory)
    except DataMissing as error:
        reason = _without_place(str(error), found.path)
    memory.save()
    if reason is not None:
        return Official(yes=False, reason=reason)
    proof = "content" if dataset.files else "class list and number of images"
    made = f"; {copy.says}" if copy else ""
    return Official(yes=True, reason=f"{proof} as in the official {dataset.title}{made}")


def _fingerprint(dataset: Dataset, folder: Path, split: str, memory: Memory) -> str:
    assert split in dataset.splits
    if dataset.files:
        files = [file for file in dataset.files if split in file.splits]
        lines = [f"{file.name} {_file_digest(folder, file.name, 'sha256', memory)}" for file in files]
    elif split in dataset.unlabelled:
        lines = list(_listings(folder, split, memory, labelled=False).values())
    else:
        below = dataset.division.folder if dataset.division else split
        lines = [f"{name} {listing}" for name, listing in _listings(folder, below, memory).items()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _copy_differs(dataset: Dataset, found: Found, copy: Copy, memory: Memory) -> str | None:
    """Return why a copy differs from its manifest; None if it does not."""
    for split in (name for name in dataset.splits if name not in dataset.unlabelled):
        if _fingerprint(dataset, found.path, split, memory) != copy.manifest["splits"][split]["fingerprint"]:
            return f"the {split} images of the prepared copy are not those that its manifest speaks of"
    return None


def _rescaled(dataset: Dataset, found: Found) -> str | None:
    """Return why image folders are not the released files although classes and counts match; None if they may be."""
    if dataset.raw_size is not None:
        return None
    split = next(name for name in dataset.splits if name not in dataset.unlabelled)
    side = rescaled_to(found.path, split)
    return None if side is None else says_rescaled(split, side)


def _without_place(message: str, folder: Path) -> str:
    """Remove folders of this machine from a reason, because it appears in published reports."""
    return message.replace(f"{folder}{os.sep}", "").replace(str(folder), "its folder")


def _files_differ(dataset: Dataset, found: Found, memory: Memory) -> str | None:
    def differs(file: OfficialFile) -> bool:
        algorithm, _, digest = file.digest.partition(":")
        return _file_digest(found.path, file.name, algorithm, memory) != digest

    changed = [file.name for file in dataset.files if differs(file)]
    return f"not the official {', '.join(changed)} of {dataset.title}" if changed else None


def _folders_differ(dataset: Dataset, found: Found, memory: Memory) -> str | None:
    if dataset.class_list_digest is None:
        return f"the class list of {dataset.title} is not known to this program, so official data cannot be confirmed"
    for split in (name for name in dataset.splits if name not in dataset.unlabelled):
        listings = _listings(found.path, split, memory)
        if class_list_digest(list(listings)) != dataset.class_list_digest:
            return f"the {len(listings)} class folders in {split} are not the {dataset.classes} of {dataset.title}"
        count = sum(int(listing.partition(":")[0]) for listing in listings.values())
        if count != dataset.splits[split]:
            return f"{count:,} images in {split}, where {dataset.title} has {dataset.splits[split]:,}"
    return None


def _file_digest(folder: Path, name: str, algorithm: str, memory: Memory) -> str:
    def digest() -> str:
        return hashlib.new(algorithm, content(folder, name), usedforsecurity=False).hexdigest()

    return memory.recall(stored(folder, name) or folder / name, algorithm, digest)


def _listings(folder: Path, below: str, memory: Memory, *, labelled: bool = True) -> dict[str, str]:
    """Return the listing of each class of a split; a split without labels has one, without a name."""
    if is_packed(folder / below):
        return _packed_listings(folder / below, memory)
    names = class_folders(folder, below) if labelled else [""]
    return {name: _class_listing(folder / below / name, memory) for name in names}


def _packed_listings(folder: Path, memory: Memory) -> dict[str, str]:
    """Return the listings that the packs' images would have in class folders."""

    def listings() -> str:
        from harness.data.packs import index_of  # noqa: PLC0415 - it needs numpy, which plans do without

        index = index_of(folder)
        assert index is not None
        return json.dumps({name: _listing(index.listing(name)) for name in index.classes})

    found: dict[str, str] = json.loads(memory.recall(folder / INDEX, "listings", listings))
    return found


def _class_listing(folder: Path, memory: Memory) -> str:
    def listing() -> str:
        return _listing((image.name, image.stat().st_size) for image in class_images(folder))

    return memory.recall(folder, "listing", listing)


def _listing(images: Iterable[tuple[str, int]]) -> str:
    """Return `count:sha256` over the names and sizes of one class's images."""
    lines = [f"{name} {size}" for name, size in images]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return f"{len(lines)}:{digest}"


class Memory:
    """Cache of answers about files and folders, in a JSON file, valid while their size and time of change stay.

    A cache file that cannot be read counts as empty, and one that cannot be written is left. Both cost time and never
    give a wrong answer.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.entries = _read_entries(path) if path else {}
        self.changed = False

    def recall(self, path: Path, question: str, answer: Callable[[], str]) -> str:
        """Return the cached answer about `path`, or compute it by `answer`, which may raise."""
        try:
            status = path.stat()
        except OSError:
            return answer()
        key, state = f"{question} {path}", [status.st_size, status.st_mtime_ns]
        match self.entries.get(key):
            case [size, changed_ns, str(known)] if [size, changed_ns] == state:
                return known
        self.entries[key] = [*state, answer()]
        self.changed = True
        return str(self.entries[key][2])

    def save(self) -> None:
        """Write new answers to the file, whole or not at all."""
        if self.path is None or not self.changed:
            return
        with suppress(OSError):
            write_atomically(self.path, json.dumps(self.entries).encode())


def _read_entries(path: Path) -> dict[str, Any]:
    try:
        entries = parsed_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}
