"""The columns of a parquet file that hold an image, its file name and its label."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataMissing

NAMES = ("path", "file_name", "filename", "image_path")
"""Text columns that may hold file names beside a column of plain bytes."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are read from one file."""

    read: list[str]
    names: str | None
    """The column of file names, where the image is plain bytes; None where the image holds its own."""
    text_labels: bool

    def image(self, row: dict[str, Any]) -> tuple[str | None, bytes]:
        """Return the file name and bytes of a row's image; a row without an image has no bytes."""
        stored = row["image"]
        if self.names is not None:
            return row[self.names], stored or b""
        return (stored["path"], stored["bytes"] or b"") if stored else (None, b"")


def columns_of(schema: Any, path: Path, *, labelled: bool) -> Columns:
    """Find the columns by a file's arrow schema; raises DataMissing that names the columns present and expected."""
    there = set(schema.names)
    if not ({"image", "label"} if labelled else {"image"}) <= there:
        raise DataMissing(f"{path}: has the columns {', '.join(sorted(there))}; image and label are expected")
    names = _names(schema, path)
    text = "label" in there and _is_text(schema.field("label").type, path)
    read = ["image", *(["label"] if "label" in there else []), *([] if names is None else [names])]
    return Columns(read, names, text)


def _names(schema: Any, path: Path) -> str | None:
    """Return the column of file names that plain bytes need; None for images that hold their own."""
    import pyarrow.types as kinds  # noqa: PLC0415 - an extra, and only these files need it

    kind = schema.field("image").type
    if kinds.is_struct(kind) and {"bytes", "path"} <= {field.name for field in kind}:
        return None
    if not (kinds.is_binary(kind) or kinds.is_large_binary(kind)):
        raise DataMissing(f"{path}: its column image is {kind}; a struct of bytes and path is expected")
    names = [name for name in NAMES if name in schema.names and _string(schema.field(name).type)]
    if not names:
        raise DataMissing(
            f"{path}: its column image is plain bytes without file names, by which images are known; take an upload "
            f"whose image has bytes and path, or one with a column {NAMES[0]}"
        )
    return names[0]


def _is_text(kind: Any, path: Path) -> bool:
    """Check whether labels are text; raises DataMissing where they are neither text nor whole numbers."""
    import pyarrow.types as kinds  # noqa: PLC0415 - an extra, and only these files need it

    if _string(kind):
        return True
    if not kinds.is_integer(kind):
        raise DataMissing(f"{path}: its column label is {kind}; whole numbers or WordNet ids are expected")
    return False


def _string(kind: Any) -> bool:
    import pyarrow.types as kinds  # noqa: PLC0415 - an extra, and only these files need it

    kind = kind.value_type if kinds.is_dictionary(kind) else kind
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind))
