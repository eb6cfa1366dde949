"""Copies one image, or says why it is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.data.declared import Dataset
from harness.data.decode import UNREADABLE
from harness.ingest.archives import is_released
from harness.ingest.encode import Compact, Warned, sha256
from harness.ingest.piece_records import Entry, How
from harness.ingest.probe_image import chosen, unpacked
from harness.ingest.sources import Source, StoredImage


@dataclass(frozen=True, slots=True)
class Copier:
    """Makes the copies of one split's images."""

    dataset: Dataset
    source: Source
    compact: Compact
    compared: float
    """Share of images whose copies are compared with the originals."""

    def copied(self, image: StoredImage) -> tuple[Entry, bytes]:
        """Return the record of an image and the content of its file; a damaged one has no content but a reason."""
        name = copy_name(image, unchanged=self.compact.short_side is None)
        data = b""
        try:
            with image.open() as file:
                data = file.read()
            original = unpacked(data)
            made = self._made(original)
            compared = chosen(f"{self.dataset.name}/{image.name}", self.compared)
            difference = self.compact.difference(original, made) if compared else {}
        except UNREADABLE as error:
            why = str(error).partition(" <_io.")[0] if data else "the file is empty or cannot be read"
            return Entry(name, "damaged", sha256(data), len(data), why=why), b""
        how: How = "encoded" if made != original else "kept" if original == data else "unpacked"
        return Entry(name, how, sha256(data), len(data), sha256(made), len(made), difference=difference), made

    def _made(self, original: bytes) -> bytes:
        """Return the bytes of an image's copy; a decoder's warning is accepted where the image was released so."""
        try:
            return self.compact.copied(original)
        except Warned:
            if not is_released(self.dataset, self.source):
                raise
            return self.compact.copied(original, released=True)


def copy_name(image: StoredImage, *, unchanged: bool) -> str:
    """Return the name of an image's copy below its split: `wnid/file`, or `file` for one without a label."""
    path = Path(image.name)
    name = image.name if unchanged or path.suffix.lower() in (".jpeg", ".jpg") else f"{path.stem}.JPEG"
    return name if image.wnid is None else f"{image.wnid}/{name}"
