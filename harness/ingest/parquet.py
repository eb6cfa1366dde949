"""Hugging Face's parquet files of an image set: rows of an image's bytes, its file name and its label."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataMissing
from harness.ingest.labels import SORTED_ORDER
from harness.ingest.sources import Source, StoredImage

ROWS = 64
"""Read at once, which bounds the memory used."""
_OWN_NAME = re.compile(r"(.+)_(n\d{8})(\.\w+)")
"""A file name as these files have it: the original's, and the class before the suffix."""


@dataclass(frozen=True, slots=True)
class ParquetPiece:
    """One group of rows."""

    path: Path
    group: int
    rows: int
    classes: tuple[str, ...] | None
    """The class of each label, where a list of them is at hand; a file name that holds the class decides."""

    @property
    def name(self) -> str:
        """The file and its group."""
        return f"{self.path.stem}-{self.group:05d}"

    def count(self) -> int | None:
        """How many rows it has."""
        return self.rows

    def stored_bytes(self) -> int:
        """Not asked for, for the images are counted."""
        return 0

    def images(self) -> Iterator[StoredImage]:
        """Row by row."""
        parquet = arrow_parquet(self.path)
        seen: dict[int, str] = {}
        try:
            with parquet.ParquetFile(self.path) as file:
                for batch in file.iter_batches(ROWS, [self.group], ["image", "label"]):
                    for row in batch.to_pylist():
                        yield self._image(row, seen)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataMissing(f"{self.path}: cannot be read as parquet ({error}); fetch it again") from None

    def _image(self, row: dict[str, Any], seen: dict[int, str]) -> StoredImage:
        """A row; `seen` gathers the class of each label, by the lists at hand or by the files' names."""
        path, label, data = row["image"]["path"], row["label"], row["image"]["bytes"] or b""
        if not path:
            raise DataMissing(f"{self.path}: its images have no file names (image.path), so none can be told apart")
        name, wnid = Path(path).name, None
        if (found := _OWN_NAME.fullmatch(name)) is not None:
            name, wnid = found[1] + found[3], found[2]
        if label is None or label < 0:
            wnid = None
        else:
            if label not in seen and (listed := self._listed(label) or wnid) is not None:
                seen[label] = listed
                self._require_sorted(seen)
            if wnid not in (None, seen.get(label)):
                raise self._mixed(f"{path} has label {label}, and that is {seen[label]}")
            wnid = seen.get(label)
        return StoredImage(name, wnid, f"{self.path}:{name}", lambda: io.BytesIO(data))

    def _listed(self, label: int) -> str | None:
        if self.classes is None:
            return None
        return self.classes[label] if label < len(self.classes) else None

    def _require_sorted(self, seen: dict[int, str]) -> None:
        names = [seen[label] for label in sorted(seen)]
        if names != sorted(set(names)):
            raise self._mixed("a greater label is an earlier WordNet id")

    def _mixed(self, what: str) -> DataMissing:
        said = f"{what}: its labels are not places among the sorted WordNet ids, but of another order of classes"
        return DataMissing(f"{self.path}: {said}; fetch it again")


def parquet_source(
    folder: Path, split: str, classes: Callable[[], list[str] | None], *, labelled: bool
) -> Source | None:
    """The files of a split in a folder; None without any; DataMissing where pyarrow, which reads them, is missing."""
    names = {"val": "validation"}
    paths = sorted({path for name in (split, names.get(split, split)) for path in folder.glob(f"{name}-*.parquet")})
    if not paths:
        return None
    _require_all(paths)
    listed = classes()
    pieces = [
        ParquetPiece(path, group, rows, tuple(listed) if listed and labelled else None)
        for path in paths
        for group, rows in enumerate(_groups(path))
    ]
    order = f"label, the {SORTED_ORDER}" if labelled else "its labels were never published"
    return Source(split, "parquet", folder, tuple(pieces), order, labelled)


def arrow_parquet(path: Path) -> Any:
    """The reader of pyarrow; raises DataMissing saying how to install it."""
    try:
        import pyarrow.parquet  # noqa: PLC0415 - an extra, and only these files need it
    except ImportError:
        raise DataMissing(f"{path}: reading parquet needs pyarrow; pip install 'paper-harness[parquet]'") from None
    return pyarrow.parquet


def _groups(path: Path) -> list[int]:
    """The number of rows of each group of a file."""
    parquet = arrow_parquet(path)
    try:
        with parquet.ParquetFile(path) as file:
            columns = set(file.schema_arrow.names)
            about = file.metadata
            found = [about.row_group(group).num_rows for group in range(about.num_row_groups)]
    except (OSError, ValueError) as error:
        raise DataMissing(f"{path}: cannot be read as parquet ({error}); fetch it again") from None
    if not {"image", "label"} <= columns:
        raise DataMissing(f"{path}: has the columns {', '.join(sorted(columns))}; image and label are expected")
    return found


def _require_all(paths: list[Path]) -> None:
    """`train-00000-of-00294.parquet` says how many there are."""
    said = re.search(r"-of-(\d+)", paths[0].name)
    if said is not None and len(paths) != int(said[1]):
        raise DataMissing(
            f"{paths[0].parent}: {len(paths)} of the {int(said[1])} files of {paths[0].name}; fetch the rest"
        )
