"""Output of a check for CI servers: a JUnit file, a Markdown file, and GitHub's annotations and step summary."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harness.errors import UsageError
from harness.regression.annotations import LARGEST_SUMMARY, annotation_lines
from harness.regression.annotations import markdown as as_markdown
from harness.regression.finding import Checked
from harness.regression.junit import junit_xml
from harness.store.store import write_atomically


def write_outputs(checked: Checked, junit: Path | None, markdown: Path | None, github: bool) -> None:  # noqa: FBT001
    """Write the requested outputs; with `github`, annotations to standard error and the summary of the running step.

    Raises UsageError for a file that cannot be written, after writing all others.
    """
    refused = []
    if github:
        sys.stderr.write("".join(f"{line}\n" for line in annotation_lines(checked)))
        refused += _append_summary(checked)
    if junit is not None:
        refused += _write(junit, junit_xml(checked), "--junit")
    if markdown is not None:
        refused += _write(markdown, as_markdown(checked).encode(), "--markdown")
    if refused:
        raise UsageError("\n".join(refused))


def _write(path: Path, content: bytes, option: str) -> list[str]:
    try:
        write_atomically(path, content)
    except OSError as error:
        return [f"{path} cannot be written ({error.strerror}); name another file with {option} FILE"]
    return []


def _append_summary(checked: Checked) -> list[str]:
    """Append the summary to the step's file, which others write to as well. Without such a file, do nothing."""
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    if not named:
        return []
    path = Path(named)
    try:
        with path.open("ab") as file:  # appended, because others write to the file too
            room = LARGEST_SUMMARY - file.tell()
            text = f"{as_markdown(checked, room - 1)}\n".encode()
            if len(text) <= room:  # a larger file would make GitHub drop the whole step's summary
                file.write(text)
    except OSError as error:
        return [f"the step's summary {path} cannot be written ({error.strerror}); --no-github leaves it out"]
    return []
