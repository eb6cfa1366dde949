"""Counts of a split's images, made in one pass over them by several threads."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from harness.data.declared import Dataset
from harness.data.naming import image_name
from harness.ingest.advance import Advance
from harness.ingest.image_finding import Finding
from harness.ingest.probe_image import Look, chosen, in_order, look_at
from harness.ingest.sources import Source, StoredImage
from harness.stop_signal import StopSignal

AHEAD = 8
"""Images in work for each thread."""

DAMAGE = ("empty", "unreadable", "deep", "truncated", "warned")
SAYS = {
    "empty": "empty files",
    "unreadable": "files that cannot be read as images",
    "deep": "images of more than 8 bits a pixel that do not say which number is white",
    "truncated": "images that cannot be decoded to their end",
    "warned": "JPEGs that the decoder warns about, so that some of their pixels are wrong",
    "checksum": "images in packs whose checksums do not fit",
    "padded": "JPEGs with bytes between their pixels and their end marker, which change no pixel",
    "unjudged": "JPEGs of a kind that the strict decoder does not support, so that damage would not be found",
    "unlabelled": "images whose class is unknown",
    "misplaced": "images in another class than their names say",
    "gzipped": "images packed by gzip, which only `data prepare` unpacks",
    "grey": "grey images, repeated in three colours when read",
    "cmyk": "CMYK images, converted when read",
    "mode": "images stored neither in RGB nor grey nor CMYK, converted when read",
    "misnamed": "images named as another format than they are, which are still read by their content",
}
"""Descriptions of the findings about images, by code."""


@dataclass(slots=True)
class Tally:
    """Counts and findings of one split's images."""

    source: Source
    classes: Counter[str] = field(default_factory=Counter)
    images: int = 0
    decoded: int = 0
    modes: Counter[str] = field(default_factory=Counter)
    short_sides: Counter[int] = field(default_factory=Counter)
    first: dict[int, str | None] = field(default_factory=dict)
    """Classes of the images with the first numbers."""
    found: dict[str, Finding] = field(default_factory=dict)
    """Findings by code."""

    def add(self, image: StoredImage, look: Look, *, decoded: bool) -> None:
        """Add an image."""
        self.images += 1
        self.decoded += decoded
        self.classes[image.wnid or ""] += 1
        if image.wnid is None and self.source.labelled:
            self.note("unlabelled", image.place)
        if look.gzipped:
            self.note("gzipped", image.place, wrong=self.source.form in ("class folders", "flat folder"))
        if look.damage:
            self.note(look.damage, f"{image.place}: {look.fault}")
            return
        self.modes[look.mode] += 1
        self.short_sides[min(look.size)] += 1
        if look.mode != "RGB":
            code = {"L": "grey", "CMYK": "cmyk"}.get(look.mode, "mode")
            self.note(code, f"{image.place}: {look.mode}", wrong=False)
        if look.remark is not None:
            self.note(look.remark.kind, f"{image.place}: {look.remark.says}", wrong=False)
        if look.misnamed(image.name):
            self.note("misnamed", f"{image.place}: {look.format}", wrong=False)
        if self.source.labelled and image.misplaced:
            self.note("misplaced", image.place)
        number = image_name(image.name).number
        if number is not None and number < 10:
            self.first[number] = image.wnid

    def says_sampled(self) -> str:
        """Say how many images were read where not all were."""
        split, read = self.source.split, f"{self.decoded:,} images"
        if self.source.form == "packs":
            return f"{split}: {read} were compared with their checksums; --decode compares all"
        return f"{split}: every header was read, {read} were decoded; --decode decodes all"

    def note(self, code: str, name: str, *, wrong: bool = True) -> None:
        """Add an image to the finding with this code."""
        finding = self.found.setdefault(code, Finding(code, f"{self.source.split}: {SAYS[code]}", wrong=wrong))
        finding.note(name)


def tallied(dataset: Dataset, source: Source, share: float, threads: int, advance: Advance, stop: StopSignal) -> Tally:
    """Read every header and end of file, and decode a seeded share of the images.

    Raises DataMissing where the images cannot be listed, Interrupted after a signal.
    """
    tally = Tally(source)
    look = partial(_looked, dataset=dataset, share=share)
    with ThreadPoolExecutor(threads, thread_name_prefix="look") as pool:
        for image, seen, decoded in in_order(pool, look, source.images(), AHEAD * threads):
            tally.add(image, seen, decoded=decoded)
            advance.step()
            stop.raise_if_asked()
    return tally


def _looked(image: StoredImage, dataset: Dataset, share: float) -> tuple[StoredImage, Look, bool]:
    decode = chosen(f"{dataset.name}/{image.name}", share)
    return image, look_at(image, decode=decode), decode


def expected_images(source: Source) -> int:
    """Return the number of images of a source, estimated for archives whose headers are unread."""
    known = [piece.count() for piece in source.pieces]
    if None not in known:
        return sum(count or 0 for count in known)
    mean = _mean_stored(source)
    return sum(piece.count() or round(piece.stored_bytes() / mean) for piece in source.pieces)


def _mean_stored(source: Source) -> float:
    """Return the mean size of an image in the first archive, its header included, in bytes."""
    first = source.pieces[0]
    count = sum(1 for _ in first.images())
    return max(1.0, first.stored_bytes() / max(1, count))
