"""The line of a finding's subject in the suite's file."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_files import TABLE1

from harness.regression.suite_lines import place_of

LINES = TABLE1.read_text(encoding="utf-8").splitlines()
FIRST = next(number for number, line in enumerate(LINES, start=1) if not line.startswith("#"))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkout with Table 1 among its suites, as the current folder."""
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "table1.yaml").write_bytes(TABLE1.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("subject", "begins"),
    [
        ("cell cnn.top1", "    cnn:"),
        ("cell sift_fv.top5", "    sift_fv:"),
        ("claim own_errors", "  own_errors:"),
        ("probe cnn", "  cnn:"),
        ("probe cnn.ten_crop", "  cnn:"),
        ("accuracy cnn.ten_crop.top1_error", "  cnn:"),
    ],
)
def test_a_subject_has_its_line(checkout: Path, subject: str, begins: str) -> None:
    """The line is that of the row, the claim or the experiment."""
    place = place_of("table1", subject)
    assert place is not None
    file, line = place
    assert file == "suites/table1.yaml"
    found = next(n for n in range(line, 0, -1) if LINES[n - 1].startswith(begins))
    assert all(text.startswith("      ") for text in LINES[found:line])


@pytest.mark.parametrize("subject", ["suite", "cell nobody.top1", "claim ", "cell ", "something else"])
def test_what_stands_nowhere_has_the_first_line(checkout: Path, subject: str) -> None:
    """It concerns the file as a whole."""
    assert place_of("table1", subject) == ("suites/table1.yaml", FIRST)


@pytest.mark.parametrize("suite", ["nosuch", "", "../table1", "a\x00b", "x" * 5000])
def test_a_suite_that_is_not_here_has_no_place(checkout: Path, suite: str) -> None:
    """The finding is then shown without one."""
    assert place_of(suite, "cell cnn.top1") is None


def test_paths_are_those_below_the_checkout(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check may start in any folder of it."""
    monkeypatch.chdir(checkout / "suites")
    assert place_of("table1", "suite") == ("suites/table1.yaml", FIRST)


def test_a_file_outside_the_checkout_is_not_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server could not show it."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(checkout / "elsewhere"))
    assert place_of("table1", "suite") is None


def test_a_faulty_file_is_still_a_place(checkout: Path) -> None:
    """The check reports the file's fault itself."""
    (checkout / "broken.yaml").write_text("claims: [", encoding="utf-8")
    assert place_of("broken", "claim own_errors") == ("broken.yaml", 1)
