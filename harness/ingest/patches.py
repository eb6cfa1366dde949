"""Replacements that ILSVRC-2010 released for blank or unavailable images: `patch_images.tar`.

The archive holds {train,val,test}/<file name>. Each image replaces the one of the same name in its split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from harness.data.naming import original_name
from harness.data.sets.imagenet import is_image
from harness.ingest.sources import Piece, Source, StoredImage, section, tar_members

ARCHIVE = "patch_images.tar"


@dataclass(frozen=True, slots=True)
class PatchedPiece:
    """A piece with some images replaced."""

    piece: Piece
    patches: Mapping[str, Callable[[], BinaryIO]]
    """Functions that open a replacement, by file name."""
    place: str

    @property
    def name(self) -> str:
        """The name of the piece."""
        return self.piece.name

    def count(self) -> int | None:
        """Return the piece's number of images."""
        return self.piece.count()

    def stored_bytes(self) -> int:
        """Return the piece's size."""
        return self.piece.stored_bytes()

    def images(self) -> Iterator[StoredImage]:
        """Yield the images of the piece, or their replacements."""
        for image in self.piece.images():
            patch = self.patches.get(image.name)
            yield image if patch is None else replace(image, place=f"{self.place}:{image.name}", open=patch)


def patched(source: Source, folder: Path) -> Source:
    """Apply the archive of replacements in this folder to a source; raises DataMissing where it is damaged."""
    archive = folder / ARCHIVE
    if not archive.is_file():
        return source
    patches = {
        original_name(Path(name).name): section(archive, offset, size)
        for name, offset, size in tar_members(archive)
        if Path(name).parent.name == source.split and is_image(name)
    }
    pieces = tuple(PatchedPiece(piece, patches, str(archive)) for piece in source.pieces)
    return replace(source, pieces=pieces, patches=len(patches))


def not_applied(source: Source) -> Iterator[str]:
    """Yield places of images for which the archive has a different replacement."""
    for piece in source.pieces:
        if isinstance(piece, PatchedPiece):
            for image in piece.piece.images():
                if (patch := piece.patches.get(image.name)) is not None and _content(patch) != _content(image.open):
                    yield image.place


def _content(opened: Callable[[], BinaryIO]) -> bytes | None:
    try:
        with opened() as file:
            return file.read()
    except OSError:
        return None
