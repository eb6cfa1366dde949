"""What packages declare is found by name, without importing them; what is declared twice or wrongly is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from made_up_packages import install, net_package, place

from harness.errors import UsageError
from harness.machine.entry_points import entries, find, in_use, names, sources, using, versions

__all__ = ["place"]


def test_a_name_is_found_with_its_distribution_and_version(place: Path) -> None:
    """As it is declared."""
    net_package(place)
    entry = find("models", "slim")
    assert entry is not None
    assert (entry.value, entry.distribution, entry.version) == ("slim_nets.nets:Slim", "slim-nets", "1.2")
    assert names("models") == ["slim"]
    assert find("datasets", "slim") is None


def test_looking_up_imports_nothing(place: Path) -> None:
    """Nor does telling where its source is, which for a module below a package would import that."""
    net_package(place)
    assert sources() == [place / "slim_nets"]
    assert "slim_nets" not in sys.modules


def test_two_packages_of_one_name_are_told(place: Path) -> None:
    """Both, and the remedy."""
    net_package(place)
    net_package(place, package="other_nets", distribution="other-nets")
    with pytest.raises(UsageError, match=r"two packages add 'slim' .*other-nets 1.2, and .*slim-nets 1.2; uninstall"):
        find("models", "slim")


@pytest.mark.parametrize(
    ("text", "said"),
    [("1 / 0", "ZeroDivisionError"), ("", "AttributeError"), ("import nothing_of_that_name", "ModuleNotFoundError")],
)
def test_what_cannot_be_imported_is_told_with_its_reason(place: Path, text: str, said: str) -> None:
    """Whatever the module does."""
    install(place, "broken", {"broken.py": text}, {"models": {"slim": "broken:Slim"}})
    entry = find("models", "slim")
    assert entry is not None
    with pytest.raises(UsageError, match=rf"models slim = 'broken:Slim' of broken 1.2 cannot be imported \({said}"):
        entry.load()


def test_a_package_that_is_not_there_has_no_source(place: Path) -> None:
    """Which stops who names it, and nobody else."""
    install(place, "gone", {}, {"models": {"slim": "gone.nets:Slim"}})
    entry = find("models", "slim")
    assert entry is not None
    with pytest.raises(UsageError, match="leads to no module 'gone'"):
        entry.source()
    assert sources() == []


def test_the_project_of_this_folder_counts(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be imported from its folder, and stands in the place of the same distribution installed."""
    install(place, "My.Paper", {}, {"models": {"slim": "old:Slim"}})
    here = tmp_path / "project"
    (here / "mine").mkdir(parents=True)
    (here / "mine" / "__init__.py").write_text("Slim = 3\n")
    lines = ["[project]", 'name = "my-paper"', 'version = "3"', '[project.entry-points."paper_harness.models"]']
    (here / "pyproject.toml").write_text("\n".join([*lines, 'slim = "mine:Slim"']))
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "path", list(sys.path))
    entry = find("models", "slim")
    assert entry is not None
    assert (entry.distribution, entry.version, entry.load()) == ("my-paper", "3", 3)


def test_a_project_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its file."""
    (tmp_path / "pyproject.toml").write_text("[project.entry-points.'paper_harness.models'\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"pyproject.toml: cannot be read"):
        entries()


@pytest.mark.parametrize(
    "text",
    [
        "project = 'paper_harness.models'\n",
        "[project]\nentry-points = 'paper_harness.models'\n",
        "[project.entry-points]\n'paper_harness.models' = 'slim_nets.nets:Slim'\n",
    ],
)
def test_entry_points_that_are_no_tables_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The error names the file and shows how a group begins."""
    (tmp_path / "pyproject.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"pyproject.toml: entry points are tables, such as \[project.entry-points"):
        entries()


def test_versions_are_by_distribution(place: Path) -> None:
    """Each once."""
    net_package(place)
    install(place, "slim-nets", {}, {"models": {"slim": "slim_nets.nets:Slim", "other": "slim_nets.nets:Other"}})
    assert versions(entries()) == {"slim-nets": "1.2"}


def test_what_is_in_use_ends_with_its_block(place: Path) -> None:
    """Also where it ends by an error."""
    net_package(place)
    with using(entries()):
        assert in_use() == frozenset(entries())
    with pytest.raises(ZeroDivisionError), using(entries()):
        raise ZeroDivisionError
    assert in_use() == frozenset()


def test_where_nothing_is_declared_no_metadata_are_read(tmp_path: Path) -> None:
    """A start of the program is not slowed by what it does not use."""
    asked = "entries(), 'importlib.metadata' in sys.modules"
    said = f"import sys; from harness.machine.entry_points import entries; print({asked})"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.strip() == "() False"
