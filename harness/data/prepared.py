"""Prepared copies of image sets: reads a copy's manifest, which says how it was made and from what."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataMissing
from harness.store.documents import seal

COPY_FORMAT = 1
RECORDS = "prepared"
"""Folder of a copy with its records: the request, the fate of each image, and the manifest, written last."""


INDEX = "packs.index"
"""Name of the index of the packs in a split's folder."""


def is_packed(folder: Path) -> bool:
    """Return whether a split's folder holds packs instead of class folders."""
    return (folder / INDEX).is_file() or next(folder.glob("*.pack"), None) is not None


@dataclass(frozen=True, slots=True)
class CopyFiles:
    """Paths of the files that lie beside the images of a copy."""

    out: Path

    @property
    def request(self) -> Path:
        """Path of the request for the copy, which is written first."""
        return self.out / RECORDS / "request.json"

    @property
    def manifest(self) -> Path:
        """Path of the description of the copy, which is written last."""
        return self.out / RECORDS / "manifest.json"

    @property
    def lock(self) -> Path:
        """Path of the lock that is held while a copy is being made."""
        return self.out / RECORDS / "lock"

    def record(self, split: str, piece: str) -> Path:
        """Return the path of one piece's record, which describes each image in one JSON object a line."""
        return self.out / RECORDS / split / f"{piece}.jsonl"


@dataclass(frozen=True, slots=True)
class Copy:
    """A finished copy, as described by its manifest."""

    manifest: dict[str, Any]
    sha256: str
    """sha256 of the manifest."""

    @property
    def short_side(self) -> int | None:
        """Upper bound on the shorter sides of images, in pixels; None if the images are unchanged."""
        side: int | None = self.manifest["copy"]["short_side"]
        return side

    @property
    def says(self) -> str:
        """How the copy was made, in words."""
        how = self.manifest["copy"]
        packed = {None: "", "jpeg": ", in packs", "raw": ", decoded and in packs as pixels"}[how.get("packed")]
        if self.short_side is None:
            return f"a copy of the files as they were{packed}"
        return (
            f"a copy with shorter sides of at most {self.short_side} pixels ({how['filter']}), "
            f"as JPEG of quality {how['quality']} with {how['subsampling']} colour{packed}"
        )

    @property
    def differs(self) -> str:
        """The measured difference of its pixels from the originals', in words."""
        found = self.manifest["difference"]
        if found is None:
            return "none, for the files are as they were"
        each = ", ".join(f"{value['mean']:.2f} at {side} pixels" for side, value in found["sides"].items())
        return f"mean absolute difference of grey levels (0 to 255) over {found['images']:,} images: {each}"

    @property
    def damaged(self) -> int:
        """Number of damaged images that were left out."""
        return sum(len(split["damaged"]) for split in self.manifest["splits"].values())

    def record(self) -> dict[str, Any]:
        """Return the description of the copy for a job's result."""
        said = {"says": self.says, "differs": self.differs, "manifest_sha256": self.sha256}
        return said | {"short_side": self.short_side, "images_damaged": self.damaged}

    def why_not_official(self, name: str) -> str | None:
        """Return why the copy cannot stand for the official set called `name`; None if it can."""
        source = self.manifest["source"]
        if self.manifest["dataset"] != name:
            return f"a prepared copy of {self.manifest['dataset']}"
        return None if source["official"] else f"a prepared copy of what was not official: {source['reason']}"


def prepared_copy(folder: Path) -> Copy | None:
    """Return the copy in a folder, or None if it holds none.

    Raises DataMissing if the copy is unfinished or was edited.
    """
    files = CopyFiles(folder)
    try:
        text = files.manifest.read_bytes()
    except OSError:
        if files.request.exists():
            raise DataMissing(
                f"{folder}: a prepared copy that was not finished; `data prepare` with the same arguments goes on"
            ) from None
        return None
    try:
        document = json.loads(text)
        sound = isinstance(document, dict) and seal(document) == document and document["format"] == COPY_FORMAT
    except (ValueError, KeyError):
        sound = False
    if not sound:
        raise DataMissing(f"{files.manifest}: is damaged, was edited or is of another version; prepare the copy again")
    return Copy(document, hashlib.sha256(text).hexdigest())


def require_sides(folder: Path, needed: int | None) -> None:
    """Raise DataMissing if a copy's images are too small for a job.

    `needed` is the largest shorter side, in pixels, to which the job rescales images; None if it takes them unchanged.
    """
    copy = prepared_copy(folder)
    if copy is None or copy.short_side is None or (needed is not None and needed <= copy.short_side):
        return
    wanted = "images of their own size" if needed is None else f"images with a shorter side of {needed} pixels"
    fix = "--unchanged" if needed is None else f"--short-side {needed}"
    raise DataMissing(
        f"{folder}: the prepared copy has shorter sides of at most {copy.short_side} pixels, and this job takes "
        f"{wanted}; prepare another with {fix}"
    )
