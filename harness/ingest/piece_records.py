"""Records of a copy: the fate of each image, piece by piece, from which an interrupted copy resumes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.data.naming import image_name
from harness.store.store import write_atomically

How = Literal["kept", "unpacked", "encoded", "damaged"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One image, before and after."""

    name: str
    """Path below the split's folder in the copy: `wnid/file`, or `file` for a split without labels."""
    how: How
    source_sha256: str
    source_bytes: int
    sha256: str = ""
    """Digest of the copy; empty for a damaged image, which has none."""
    bytes: int = 0
    why: str = ""
    """The fault of a damaged image."""
    difference: dict[str, float] = field(default_factory=dict)
    """Mean absolute difference of grey levels by shorter side, for sampled images."""

    def line(self) -> str:
        """Return the line of the record."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class PackedEntry(Entry):
    """One image of a packed copy; its `bytes` and `sha256` are those of its file in class folders."""

    at: int = 0
    """Its first byte in the packs of the split, counted over all of them."""
    stored: int = 0
    """Bytes that it takes there."""
    crc32: int = 0
    stored_sha256: str = ""
    height: int = 0
    width: int = 0
    mode: str = ""


@dataclass(slots=True)
class Summary:
    """The totals of one split for the manifest; besides sums, only the names of damaged images are held."""

    images: int = 0
    kept: int = 0
    unpacked: int = 0
    """Images unchanged except for the gzip around them."""
    encoded: int = 0
    bytes: int = 0
    source_bytes: int = 0
    damaged: list[dict[str, str]] = field(default_factory=list)
    classes: dict[str, int] = field(default_factory=dict)
    first: dict[int, str] = field(default_factory=dict)
    """Classes of the images with the first numbers."""
    differences: dict[str, list[float]] = field(default_factory=dict)
    """Differences of the sampled images, by shorter side."""
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, entry: Entry) -> None:
        """Add an image."""
        self._digest.update(entry.line().encode())
        self.source_bytes += entry.source_bytes
        if entry.how == "damaged":
            self.damaged.append({"name": entry.name, "why": entry.why, "source_sha256": entry.source_sha256})
            return
        self.images += 1
        self.kept += entry.how == "kept"
        self.unpacked += entry.how == "unpacked"
        self.encoded += entry.how == "encoded"
        self.bytes += entry.bytes
        wnid, slash, file = entry.name.rpartition("/")
        if slash:
            self.classes[wnid] = self.classes.get(wnid, 0) + 1
        number = image_name(file).number
        if number is not None and number < 10:
            self.first[number] = wnid
        for side, value in entry.difference.items():
            self.differences.setdefault(side, []).append(value)

    def document(self) -> dict[str, Any]:
        """Return the split's entry in the manifest."""
        counts = {"images": self.images, "kept": self.kept, "unpacked": self.unpacked}
        counts |= {"encoded": self.encoded, "bytes": self.bytes}
        about = {"source_bytes": self.source_bytes, "damaged": self.damaged, "classes": len(self.classes)}
        return counts | about | {"records_sha256": self._digest.hexdigest()}


def write_record(path: Path, entries: Iterable[Entry]) -> None:
    """Write the record of a piece, completely or not at all."""
    write_atomically(path, "".join(entry.line() for entry in entries).encode())


def read_record(path: Path) -> Iterator[Entry]:
    """Read the record of a piece; raises OSError, ValueError or TypeError where it is missing or damaged."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            fields = json.loads(line)
            yield PackedEntry(**fields) if "crc32" in fields else Entry(**fields)


def finished(path: Path, folder: Path) -> list[Entry] | None:
    """Return the record of a piece whose files all exist in their size; None where the piece has to be copied again.

    A piece with damaged images is copied again, because somebody may have replaced them by sound ones.
    """
    try:
        entries = list(read_record(path))
        sound = all(e.how != "damaged" and (folder / e.name).stat().st_size == e.bytes for e in entries)
    except (OSError, ValueError, TypeError):
        return None
    return entries if sound else None
