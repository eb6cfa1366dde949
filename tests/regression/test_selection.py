"""Selection of suites and of their items for a check."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from suite_files import TABLE1, loaded

from harness.errors import UsageError
from harness.regression.selection import Selection, changed_since
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites


def test_without_globs_everything_is_chosen(tmp_path: Path) -> None:
    """This includes items that the suite has lost."""
    selection = Selection.of(loaded(tmp_path))
    assert selection
    assert selection.wants("cell", "cnn.top1")
    assert selection.wants("experiment", "gone")


def test_an_experiment_brings_its_cells_probes_and_claims(tmp_path: Path) -> None:
    """Items of other experiments are left out."""
    suite = load_suite(shipped_suites() / "prelu_table1.yaml")
    selection = Selection.of(suite, ["shared"])
    assert selection.experiments == {"shared"}
    assert selection.wants("probe", "shared.ten_view")
    assert selection.wants("cell", "conv1.shared")
    assert selection.wants("claim", "conv1_shared")
    assert not selection.wants("probe", "channel")
    assert not selection.wants("cell", "conv1.channel")
    assert not selection.wants("claim", "conv1_channels")


def test_a_cell_brings_its_experiment(tmp_path: Path) -> None:
    """Without it there would be nothing to compare."""
    selection = Selection.of(loaded(tmp_path), ["cnn.top1"])
    assert selection.cells == {"cnn.top1"}
    assert selection.experiments == {"cnn"}
    assert not selection.wants("cell", "cnn.top5")


def test_globs_that_match_nothing_choose_nothing(tmp_path: Path) -> None:
    """The suite is then skipped."""
    assert not Selection.of(loaded(tmp_path), ["zzz*"])


def test_a_thing_that_is_gone_is_chosen_by_its_name(tmp_path: Path) -> None:
    """Its loss would otherwise go unnoticed."""
    assert Selection.of(loaded(tmp_path), ["c*"]).wants("experiment", "cut")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Create a repository with two papers' suites, all committed."""
    folder = tmp_path / "suites"
    shutil.copytree(shipped_suites() / "papers", folder / "papers")
    for name in ("table1", "prelu_table1"):
        shutil.copy(shipped_suites() / f"{name}.yaml", folder)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder


def git(folder: Path, *arguments: str) -> None:
    """Run one git command under a fictitious name."""
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def changed(folder: Path, revision: str = "HEAD") -> list[str]:
    """Return the names of the suites that differ."""
    return [path.stem for path in changed_since(sorted(folder.glob("*.yaml")), revision)]


def test_nothing_has_changed_since_now(clone: Path) -> None:
    """No suite is selected."""
    assert changed(clone) == []


def test_a_changed_suite_is_chosen(clone: Path) -> None:
    """The change may be committed or not."""
    with (clone / "table1.yaml").open("a") as file:
        file.write("# more\n")
    assert changed(clone) == ["table1"]
    git(clone, "commit", "--quiet", "--all", "--message", "more")
    assert changed(clone) == []
    assert changed(clone, "HEAD~1") == ["table1"]


def test_a_papers_file_concerns_its_suites(clone: Path) -> None:
    """Suites of other papers are not selected."""
    with (clone / "papers" / "prelu" / "recipes.yaml").open("a") as file:
        file.write("# more\n")
    assert changed(clone) == ["prelu_table1"]


def test_a_new_file_has_changed(clone: Path) -> None:
    """Git does not know it yet."""
    shutil.copy(TABLE1, clone / "another.yaml")
    assert changed(clone) == ["another"]


@pytest.mark.parametrize("revision", ["nosuch", "--all", "", "HEAD:table1.yaml"])
def test_what_is_no_revision_is_told(clone: Path, revision: str) -> None:
    """It is never taken for an option of git."""
    with pytest.raises(UsageError, match="--suites-changed-since: git rev-parse"):
        changed(clone, revision)


def test_a_folder_without_git_is_told(tmp_path: Path) -> None:
    """There is nothing to compare with."""
    shutil.copy(TABLE1, tmp_path / "table1.yaml")
    with pytest.raises(UsageError, match="--suites-changed-since: git"):
        changed(tmp_path)
