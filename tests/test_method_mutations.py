"""Changes of method that the tests must notice: each still applies, and every night each is caught."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from method_changes import ROOT, Change, NotFound, changes

ALL = changes()
CATEGORIES = {
    "order_and_randomness", "views", "layers", "first_weights", "optimiser", "evaluation", "statistics", "seals",
    "report",
}  # fmt: skip


def test_every_change_still_applies() -> None:
    """The replaced text occurs once in its file, and the changed source is a different and valid program."""
    for change in ALL:
        changed = change.applied()
        compile(changed, change.file, "exec", dont_inherit=True)
        assert change.old != change.new, change.says


def test_a_change_that_no_longer_applies_is_told() -> None:
    """The message gives its description, its file, and the text it replaces."""
    lost = Change("nothing is said", "layers", "errors.py", "no such words", "others", "test_errors.py")
    with pytest.raises(NotFound, match=r"nothing is said: 0 places in harness/errors\.py read 'no such words'"):
        lost.applied()


def test_there_are_enough_of_each_kind() -> None:
    """Each category has at least 15 changes, and no two have the same description or edit."""
    counts = Counter(change.category for change in ALL)
    assert counts.keys() == CATEGORIES
    assert min(counts.values()) >= 15
    assert len(ALL) >= 200
    assert len({change.says for change in ALL}) == len({(one.file, one.old, one.new) for one in ALL}) == len(ALL)


def test_every_change_names_a_test_that_is_there() -> None:
    """Each names a function of a test file, or a probe of a suite."""
    for change in ALL:
        if change.command[0] == "check":
            assert (ROOT / "suites" / f"{change.command[1]}.yaml").is_file()
            continue
        file, _, function = change.caught_by.partition("::")
        assert function, f"{change.says} is to be caught by a whole file, {file}"
        source = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f"def {function.partition('[')[0]}(" in source, change.caught_by


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command that makes the changes."""
    program = [sys.executable, str(ROOT / "tests" / "method_mutations.py"), *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False)


@pytest.mark.nightly
def test_every_change_is_caught(tmp_path: Path) -> None:
    """Every change is caught by the test it names, which passes without the change."""
    done = command("--folder", str(tmp_path))
    assert done.returncode == 0, done.stdout[-8000:]
    assert f"{len(ALL)} of {len(ALL)} changes of method caught" in done.stdout
