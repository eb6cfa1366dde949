"""Everything that a CI server is told of a check: a JUnit file, a Markdown file, and what GitHub shows of a step."""

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
    """Write what was asked for; with `github`, annotations to standard error and the summary of the running step.

    Raises UsageError for a file that cannot be written, after all others have been.
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
    """Add the summary to the step's file, which others write to as well; nothing where there is no such file."""
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    if not named:
        return []
    path = Path(named)
    try:
        with path.open("ab") as file:  # appended, not replaced: it is not ours
            room = LARGEST_SUMMARY - file.tell()
            text = f"{as_markdown(checked, room - 1)}\n".encode()
            if len(text) <= room:  # else the whole step's summary would be refused
                file.write(text)
    except OSError as error:
        return [f"the step's summary {path} cannot be written ({error.strerror}); --no-github leaves it out"]
    return []
