"""Reads the two files of a report, in the one format that this version knows."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from harness.errors import UsageError
from harness.report.page.digests import require_same_curves, require_unchanged
from harness.report.results.curves import Curves
from harness.report.results.document import FORMAT, Results
from harness.report.results.faults import first_fault
from harness.report.results.record import Json

REMEDY = "run the suite again to write it anew"


def read_results(path: Path) -> Results:
    """The results of a report folder, or of a `results.json` itself.

    Raises:
        UsageError: the file is missing, is not JSON, is of another format, was changed after it was written, or has a
            field of another type than the format's; the message names the file and the field.
    """
    path = path / "results.json" if path.is_dir() else path
    document = read_document(path)
    if (found := document.get("format")) != FORMAT:
        raise UsageError(
            f"{path}: format {found!r}, but this version reads format {FORMAT}; "
            "rebuild the page with the version that wrote it, or run the suite again"
        )
    require_unchanged(document, path)
    return parsed_results(document, str(path))


def read_report(folder: Path) -> tuple[Results, Curves]:
    """The results and the curves of a report folder; raises UsageError as `read_results` does, for either file."""
    results = read_results(folder / "results.json")
    path = folder / "curves.json"
    document = read_document(path)
    require_same_curves(results, document, path)
    return results, parsed_curves(document, str(path))


def parsed_results(document: Json, file: str) -> Results:
    """The typed form of what `file` holds; raises UsageError with the file and the first field that does not fit."""
    try:
        return Results.model_validate(document)
    except ValidationError as error:
        raise UsageError(f"{file}: {first_fault(error)}; {REMEDY}") from None


def parsed_curves(document: Json, file: str) -> Curves:
    """The typed form of the curves that `file` holds; raises UsageError as `parsed_results` does."""
    try:
        return _curves().validate_python(document)
    except ValidationError as error:
        raise UsageError(f"{file}: {first_fault(error)}; {REMEDY}") from None


def read_document(path: Path) -> dict[str, Any]:
    """One JSON object; raises UsageError for a file that is missing or holds none."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{path}: not there; name a report folder, or {REMEDY}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read as JSON ({error}); {REMEDY}") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path}: holds no JSON object; {REMEDY}")
    return document


@cache
def _curves() -> TypeAdapter[Curves]:
    return TypeAdapter(Curves, config=ConfigDict(strict=True))
