"""Changes of method that the tests must notice: each still applies, and every night each is caught."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from method_changes import ROOT, Change, NotFound, changes

CATEGORIES = {
    "order_and_randomness", "views", "layers", "first_weights", "optimiser", "evaluation", "statistics", "seals",
    "report",
}  # fmt: skip


def test_every_change_still_applies() -> None:
    """The replaced text occurs once in its file, and the changed source is a different and valid program."""
    for change in changes():
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
    counts = Counter(change.category for change in changes())
    assert counts.keys() == CATEGORIES
    assert min(counts.values()) >= 15
    assert len(changes()) >= 200
    edits = {(one.file, one.old, one.new) for one in changes()}
    assert len({change.says for change in changes()}) == len(edits) == len(changes())


ONCE_SURVIVED = {
    "the order of images ignores the seed", "dropout ignores the seed", "augmentation ignores the seed",
    "jitter ignores the seed", "the seed is ignored in every draw of the loop", "every epoch drops the same units",
    "every epoch has the same augmentation", "a reduction drops seeds that diverged",
    "equal gaps drop seeds that diverged", "a trend drops seeds that diverged", "seeds of two arms are united",
    "a printed reduction has the other sign at paper scale",
    "limits of convergence are given below the least number of seeds", "two seeds are enough for a test",
    "MATCH leaves the resolution of a printed number out", "exact numbers match within twice their rounding",
    "of two equal exact numbers the first is less", "a seal skips what a result cost", "a seal skips marks",
    "a seal skips the key", "a seal skips inputs", "a seal skips outputs", "a seal skips the files beside",
    "a seal skips the environment", "a number of references.yaml is another than the suite's",
    "seen by the check of CIFAR-10: normalisation with alpha over n",
    "seen by the check of CIFAR-10: normalisation with alpha 0",
    "seen by the check of CIFAR-10: normalisation over a window of three maps",
    "seen by the check of CIFAR-10: normalisation with its window shifted by a map",
    "seen by the check of Table 1: the crops of an image have the softmax of their mean logits",
    "seen by the check of views: the crops of an image have the softmax of their mean logits",
}  # fmt: skip
"""Changes that no test and no probe noticed once, when 134 were tried."""


def test_what_once_survived_is_among_them() -> None:
    """So that no edit of the list drops one unseen."""
    assert {change.says for change in changes()} >= ONCE_SURVIVED


def test_every_change_names_a_test_that_is_there() -> None:
    """Each names a function of a test file, or a probe of a suite."""
    for change in changes():
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
    assert f"{len(changes())} of {len(changes())} changes of method caught" in done.stdout
