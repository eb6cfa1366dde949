"""Reads the documents of a report, in the one format that this version knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.report.page.digests import require_same_curves, require_unchanged

FORMAT = 1
Record = dict[str, Any]


def read_results(path: Path) -> Record:
    """The results of a report folder, or of a `results.json` itself.

    Raises:
        UsageError: the file is missing, is not JSON, is of another format, or was changed after it was written.
    """
    path = path / "results.json" if path.is_dir() else path
    results = read_document(path)
    if (found := results.get("format")) != FORMAT:
        raise UsageError(
            f"{path}: format {found!r}, but this version reads format {FORMAT}; "
            "rebuild the page with the version that wrote it, or run the suite again"
        )
    require_unchanged(results, path)
    return results


def read_report(folder: Path) -> tuple[Record, Record]:
    """The results and the curves of a report folder; raises UsageError where either is not what was written."""
    results = read_results(folder / "results.json")
    curves = read_document(folder / "curves.json")
    require_same_curves(results, curves, folder / "curves.json")
    return results, curves


def read_document(path: Path) -> Record:
    """One JSON object; raises UsageError for a file that is missing or holds none."""
    remedy = "run the suite again to write it anew"
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{path}: not there; name a report folder, or {remedy}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read as JSON ({error}); {remedy}") from error
    if not isinstance(document, dict):
        raise UsageError(f"{path}: holds no JSON object; {remedy}")
    return document
