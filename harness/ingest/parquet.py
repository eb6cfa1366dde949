"""Hugging Face's parquet files of an image set: rows with an image's bytes, file name and label."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.naming import WNID
from harness.errors import DataMissing
from harness.ingest.labels import SORTED_ORDER
from harness.ingest.parquet_columns import Columns, columns_of
from harness.ingest.sources import Source, StoredImage, stored_image

ROWS = 64
"""Rows read at once, which bounds the memory used."""
_SHARD = re.compile(r".+-(\d+)-of-(\d+)(-[0-9a-f]+)?\.parquet")
"""File names such as `train-00000-of-00294.parquet`; some uploads append a digest of the shard."""


@dataclass(frozen=True, slots=True)
class ParquetPiece:
    """One group of rows."""

    path: Path
    group: int
    rows: int
    columns: Columns
    classes: tuple[str, ...] | None
    """The class of each label, where a list is at hand; a class in a file name takes precedence."""

    @property
    def name(self) -> str:
        """The file's name and the number of the group."""
        return f"{self.path.stem}-{self.group:05d}"

    def count(self) -> int | None:
        """Return the number of rows."""
        return self.rows

    def stored_bytes(self) -> int:
        """Return 0; not needed, because the images are counted."""
        return 0

    def images(self) -> Iterator[StoredImage]:
        """Yield the images row by row."""
        seen: dict[int, str] = {}
        for row in self._rows():
            yield self._image(row, seen)

    def _rows(self) -> Iterator[dict[str, Any]]:
        parquet = arrow_parquet(self.path)
        try:
            with parquet.ParquetFile(self.path) as file:
                for batch in file.iter_batches(ROWS, [self.group], self.columns.read):
                    yield from batch.to_pylist()
        except (OSError, ValueError) as error:
            raise DataMissing(f"{self.path}: cannot be read as parquet ({error}); fetch it again") from None

    def _image(self, row: dict[str, Any], seen: dict[int, str]) -> StoredImage:
        """Return the image of a row; `seen` collects the class of each label from lists or file names."""
        path, data = self.columns.image(row)
        if not path:
            raise DataMissing(f"{self.path}: its images have no file names (image.path), so none can be told apart")
        name = Path(path).name
        image = stored_image(name, None, f"{self.path}:{name}", lambda: io.BytesIO(data))
        label = row.get("label")
        wnid = self._by_text(label, image) if isinstance(label, str) else self._by_number(label, image, seen)
        return stored_image(name, wnid, image.place, image.open)

    def _by_text(self, label: str, image: StoredImage) -> str | None:
        """Return the class of a text label: a WordNet id, or words beside a file name that holds the class."""
        if WNID.fullmatch(label):
            return label
        if len(image.told) == 1:
            return image.told[0]
        raise DataMissing(
            f"{self.path}: its labels are words ({label!r}), and neither they nor the files' names are WordNet ids; "
            "take an upload whose labels are numbers or WordNet ids"
        )

    def _by_number(self, label: int | None, image: StoredImage, seen: dict[int, str]) -> str | None:
        if label is None or label < 0:
            return None
        told = image.told[0] if len(image.told) == 1 else None
        if label not in seen and (listed := self._listed(label) or told) is not None:
            seen[label] = listed
            self._require_sorted(seen)
        if told not in (None, seen.get(label)):
            raise self._mixed(f"{image.name}, of {told}, has label {label}, and that is {seen[label]}")
        return seen.get(label)

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
        return DataMissing(f"{self.path}: {said}; take an upload whose labels are")


def parquet_source(
    folder: Path, split: str, classes: Callable[[], list[str] | None], *, labelled: bool
) -> Source | None:
    """Find the files of a split in a folder; None without any.

    Raises DataMissing where they, or pyarrow, are missing.
    """
    names = {"val": "validation"}
    paths = sorted({path for name in (split, names.get(split, split)) for path in folder.glob(f"{name}-*.parquet")})
    if not paths:
        return None
    _require_one_upload(paths)
    listed = classes()
    columns = {path: _columns(path, labelled=labelled) for path in paths}
    pieces = [
        ParquetPiece(path, group, rows, found, tuple(listed) if listed and labelled else None)
        for path, (found, groups) in columns.items()
        for group, rows in enumerate(groups)
    ]
    order = "its labels were never published"
    if labelled:
        text = any(found.text_labels for found, _ in columns.values())
        order = "WordNet ids in the rows, so no order is involved" if text else f"label, the {SORTED_ORDER}"
    return Source(split, "parquet", folder, tuple(pieces), order, labelled)


def arrow_parquet(path: Path) -> Any:
    """Import pyarrow's reader; raises DataMissing with the command that installs it."""
    try:
        import pyarrow.parquet  # noqa: PLC0415 - an extra, and only these files need it
    except ImportError:
        raise DataMissing(f"{path}: reading parquet needs pyarrow; pip install 'paper-harness[parquet]'") from None
    return pyarrow.parquet


def _columns(path: Path, *, labelled: bool) -> tuple[Columns, list[int]]:
    """Return the columns of a file and the number of rows of each group."""
    parquet = arrow_parquet(path)
    try:
        with parquet.ParquetFile(path) as file:
            schema, about = file.schema_arrow, file.metadata
            groups = [about.row_group(group).num_rows for group in range(about.num_row_groups)]
    except (OSError, ValueError) as error:
        raise DataMissing(f"{path}: cannot be read as parquet ({error}); fetch it again") from None
    return columns_of(schema, path, labelled=labelled), groups


def _require_one_upload(paths: list[Path]) -> None:
    """Raise DataMissing where files are missing or several uploads are mixed, by the numbers in their names."""
    shards = {path: _SHARD.fullmatch(path.name) for path in paths}
    totals = Counter(f"-of-{found[2]}" if found else "without a number" for found in shards.values())
    if len(totals) > 1:
        each = " and ".join(f"{count} {what}" for what, count in sorted(totals.items()))
        raise DataMissing(f"{paths[0].parent}: files of several uploads are mixed, {each}; keep those of one")
    numbers: dict[int, Path] = {}
    for path, found in shards.items():
        if found is not None and (other := numbers.setdefault(int(found[1]), path)) != path:
            raise DataMissing(f"{path}: is the same part as {other.name}, of another upload; keep the files of one")
    found = shards[paths[0]]
    if found is not None and len(paths) != int(found[2]):
        raise DataMissing(
            f"{paths[0].parent}: {len(paths)} of the {int(found[2])} files of {paths[0].name}; fetch the rest"
        )
