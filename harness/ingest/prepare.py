"""The compact copy of an image set that training reads. A killed copy resumes and ends in the same bytes.

The copy is made piece by piece, in class folders or in packs (`harness.ingest.shelves`). Once all images of a piece
exist, a record describes each. A piece without its record is copied again. The manifest is written last.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.data import jpeg
from harness.data.declared import Dataset
from harness.data.prepared import RECORDS, Copy, CopyFiles, prepared_copy
from harness.errors import DataMissing, HarnessError, UsageError
from harness.ingest.advance import Advance
from harness.ingest.copy_image import Copier
from harness.ingest.disk_room import Room, estimated, require_room
from harness.ingest.encode import Compact
from harness.ingest.image_finding import check_command
from harness.ingest.jpeg_scan import NO_STRICT_DECODER
from harness.ingest.layouts import NOT_TOLD, find_source, stored_splits
from harness.ingest.manifest import write_manifest
from harness.ingest.piece_records import Entry, Summary
from harness.ingest.probe_image import in_order
from harness.ingest.shelves import Shelf, shelf_of
from harness.ingest.sources import Piece, Source, StoredImage
from harness.ingest.strangers import require_only_classes
from harness.ingest.tally import AHEAD, expected_images
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.documents import json_text
from harness.store.locks import held
from harness.store.store import make_writable, write_json

COMPARED = 200
"""Approximate number of images, chosen by a hash, whose copies are compared with the originals."""


@dataclass(slots=True)
class Making:
    """A copy in progress."""

    dataset: Dataset
    sources: list[Source]
    files: CopyFiles
    compact: Compact
    allow_damaged: float
    """Largest share of images that may be left out because they are damaged."""
    threads: int
    stop: StopSignal
    progress: Progress
    total: int = 0
    """Images expected."""
    damaged: int = 0
    summaries: dict[str, Summary] = field(default_factory=dict)

    def request(self) -> dict[str, Any]:
        """Return everything known before the start that decides the copy's bytes."""
        forms = {source.split: source.form for source in self.sources}
        return {"dataset": self.dataset.name, "copy": self.compact.document(), "forms": forms}


def prepare(
    dataset: Dataset,
    folder: Path,
    out: Path,
    compact: Compact,
    *,
    allow_damaged: float,
    threads: int,
    progress: Progress,
    stop: StopSignal,
    splits: tuple[str, ...] = (),
    kit: Path | None = None,
) -> Copy:
    """Make a copy, or resume one; the originals are only read.

    Raises DataMissing for images that are missing, without a known class, or damaged beyond `allow_damaged`; UsageError
    where `out` holds something else or lacks room; HarnessError where the disk is full; Interrupted after a signal.
    """
    sources = _sources(dataset, folder, splits, kit)
    _require_apart(folder, out, sources)
    making = Making(dataset, sources, CopyFiles(out), compact, allow_damaged, threads, stop, progress)
    making.total = sum(expected_images(source) for source in sources)
    make_writable(out / RECORDS, "the copy", "name another with --out DIR")
    with _locked(making.files):
        _begin(making)
        room = estimated(sources, making.total, compact)
        _say_room(making, room)
        _make(making)
        write_manifest(dataset, sources, making.files, compact, making.summaries, room.short_side)
    copy = prepared_copy(out)
    assert copy is not None
    return copy


def _sources(dataset: Dataset, folder: Path, splits: tuple[str, ...], kit: Path | None) -> list[Source]:
    if prepared_copy(folder) is not None:
        raise UsageError(f"{folder} is a prepared copy itself; copy from the originals")
    require_only_classes(dataset, folder, kit)
    found = {split: find_source(dataset, folder, split, kit) for split in splits or stored_splits(dataset)}
    sources = [source for source in found.values() if source is not None]
    absent = [split for split, source in found.items() if source is None]
    if not sources or (splits and absent):
        raise DataMissing(
            f"{folder}: no {', '.join(absent)} of {dataset.title} is there; {check_command(dataset, folder)} shows more"
        )
    for source in sources:
        if source.labelled and source.order == NOT_TOLD:
            raise DataMissing(f"{source.place}: {NOT_TOLD}; {check_command(dataset, folder)} shows what is missing")
    return sources


def _require_apart(folder: Path, out: Path, sources: list[Source]) -> None:
    """Raise UsageError where the copy would lie among the originals, which are never written to."""
    there, places = out.resolve(), [source.place.resolve() for source in sources]
    if there == folder.resolve() or any(place in there.parents or there in (place, *place.parents) for place in places):
        raise UsageError(f"--out {out}: lies among the originals, or they in it; name a separate folder")


@contextmanager
def _locked(files: CopyFiles) -> Iterator[None]:
    with held(files.lock.parent, files.lock.name) as ours:
        if not ours:
            raise UsageError(f"{files.out}: another process is making this copy; wait for it or stop it")
        yield


def _begin(making: Making) -> None:
    """Record the request, or check that it equals that of an earlier run; remove half-written files of a killed run."""
    files, wanted = making.files, making.request()
    begun = files.request.exists()
    strange = sorted(path.name for path in files.out.iterdir() if path.name != RECORDS)
    if strange and not begun:
        raise UsageError(f"--out {files.out}: holds {strange[0]}, which is not part of a copy; name an empty folder")
    if begun and files.request.read_text(encoding="utf-8") != json_text(wanted):
        raise UsageError(
            f"--out {files.out}: holds a copy with other settings ({files.request}); name another folder, or the "
            "same arguments and versions"
        )
    for below in (RECORDS, *(source.split for source in making.sources)):
        for temporary in (path for path in (files.out / below).rglob(".*") if path.is_file()):
            temporary.unlink()
    files.manifest.unlink(missing_ok=True)
    write_json(files.request, wanted)


def _say_room(making: Making, room: Room) -> None:
    out = making.files.out
    made = sum(making.files.record(one.split, piece.name).exists() for one in making.sources for piece in one.pieces)
    pieces = sum(len(source.pieces) for source in making.sources)
    forms = ", ".join(f"{source.split} from {source.form}" for source in making.sources)
    making.progress.say(f"{making.dataset.title}: about {room.images:,} images ({forms}); the copy takes {room.says()}")
    if made:
        making.progress.say(f"{out}: {made:,} of {pieces:,} pieces are done already")
    if not jpeg.is_strict():
        making.progress.say(NO_STRICT_DECODER)
    require_room(room, 1 - made / max(1, pieces), out)


def _make(making: Making) -> None:
    advance = Advance(making.progress, making.dataset.name, making.total)
    try:
        with ThreadPoolExecutor(making.threads, thread_name_prefix="copy") as pool:
            for source in making.sources:
                making.summaries[source.split] = _summary(making, source, pool, advance)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise HarnessError(
            f"{making.files.out}: the disk is full after {advance.done:,} of about {making.total:,} images; make room, "
            "and the same command goes on"
        ) from None
    finally:
        making.progress.clear()
    _require_few_damaged(making, advance.done)


def _summary(making: Making, source: Source, pool: ThreadPoolExecutor, advance: Advance) -> Summary:
    """Copy a split and return its totals."""
    summary, shelf = Summary(), shelf_of(making.files, source, making.compact)
    for piece in source.pieces:
        for entry in _piece(making, shelf, source, piece, pool, advance):
            summary.add(entry)
    shelf.close()
    return summary


def _piece(
    making: Making, shelf: Shelf, source: Source, piece: Piece, pool: ThreadPoolExecutor, advance: Advance
) -> list[Entry]:
    """Copy a piece, or take over the record of an earlier run; return its entries."""
    before = shelf.finished(piece)
    if before is not None:
        advance.skip(len(before))
        for entry in before:
            _count_damage(making, entry)
        return before
    copier = Copier(making.dataset, source, making.compact, COMPARED / max(1, making.total))
    names: set[str] = set()
    with shelf.making(piece) as entries:
        copied = in_order(pool, lambda image: shelf.stored(*copier.copied(image)), _told(source, piece), _ahead(making))
        for made, content in copied:
            if made.name in names:
                raise DataMissing(f"{source.place}: has two images that the copy would name {made.name}; rename one")
            names.add(made.name)
            entries.append(shelf.placed(made, content))
            advance.step()
            _count_damage(making, made)
            making.stop.raise_if_asked()
    return entries


def _ahead(making: Making) -> int:
    return AHEAD * making.threads


def _count_damage(making: Making, entry: Entry) -> None:
    if entry.how == "damaged":
        making.damaged += 1
        _require_few_damaged(making, making.total, entry)


def _told(source: Source, piece: Piece) -> Iterator[StoredImage]:
    """Yield the images of a piece; raises DataMissing for one of unknown class or with another class in its name."""
    for image in piece.images():
        if source.labelled and image.wnid is None:
            raise DataMissing(f"{image.place}: its class is unknown; `data check` names all such images")
        if source.labelled and image.misplaced:
            told = " and ".join(image.told)
            raise DataMissing(
                f"{image.place}: lies in class {image.wnid}, and its name says {told}; `data check` names all such "
                "images"
            )
        yield image


def _require_few_damaged(making: Making, images: int, last: Entry | None = None) -> None:
    """Raise DataMissing where more images are damaged than may be left out."""
    if making.damaged <= making.allow_damaged * images:
        return
    what = f"{last.name} is damaged ({last.why})" if last else "too many images are damaged"
    raise DataMissing(
        f"{what}: {making.damaged:,} of {images:,} images so far, where --allow-damaged is {making.allow_damaged:g}; "
        "`data check --decode` names them all; put sound copies in their place, or allow more, and the same command "
        "goes on (a copy that lacks images is not official)"
    )
