"""The documentation is true: its commands and options exist, its table and picture are what commands make."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from PIL import Image
from programs import environment, program
from ruamel.yaml import YAML

from harness import __version__
from harness.cli.main import command
from harness.machine.runtime import Runtime
from harness.plan.summary import plan_suite
from harness.progress import duration, size

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, *DOCS, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
PICTURE = ROOT / "docs" / "report.png"
EVERY_DAY, EXPORTS = README, ROOT / "docs" / "exports.md"


def blocks(page: Path) -> list[str]:
    """The blocks of shell commands of a page, continued lines joined."""
    found = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [block.replace("\\\n", " ") for block in found]


def calls(page: Path) -> Iterator[list[str]]:
    """The words of every call of the program in a page's blocks."""
    for line in "".join(blocks(page)).splitlines():
        words = shlex.split(line, comments=True)
        for at in range(len(words) - 2):
            if words[at + 1 : at + 3] == ["-m", "harness"]:
                yield words[at + 3 :]


def parsed(words: list[str]) -> dict[str, object]:
    """The options and arguments of a call; raises click's error for an unknown command or option."""
    found: click.Command = command
    while isinstance(found, click.Group):
        name, *words = words
        assert name in found.commands, name
        found = found.commands[name]
    values, rest, _ = found.make_parser(click.Context(found)).parse_args(args=list(words))
    assert not rest
    for parameter in found.params:
        if isinstance(parameter.type, click.Choice) and isinstance(values.get(parameter.name), str):
            assert values[parameter.name] in parameter.type.choices
    return values


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_exist(page: Path) -> None:
    """With the options that they are given; and a suite that is named is there."""
    for words in calls(page):
        parsed(words)
        named = [word for word in words if word.startswith("suites/") and "*" not in word and "mine" not in word]
        assert [word for word in named if not (ROOT / word).is_file()] == []


def test_pages_have_commands() -> None:
    """All but those on verdicts, trust and scaling, which speak of none, and on tests, whose commands are tox's."""
    without = {page.name for page in [README, *DOCS] if not list(calls(page))}
    assert without <= {"verdicts.md", "trust.md", "nightly.md", "scaling.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    """Every file, from the folder of the page."""
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_readme_leads_to_every_page() -> None:
    """It is short, for all else is in pages of their own."""
    text = README.read_text(encoding="utf-8")
    assert [page.name for page in DOCS if f"(docs/{page.name})" not in text] == []
    assert len(text.splitlines()) <= 120


def test_the_two_commands_stand_first() -> None:
    """Set-up with the main job, and set-up with the tests; CONTRIBUTING.md has the second too."""
    first, second, *_ = blocks(README)
    setup = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt"
    assert first == f"{setup} -e . && .venv/bin/python -m harness run suites/table1.yaml\n"
    assert second == f"{setup} tox && .venv/bin/tox\n"
    assert blocks(ROOT / "CONTRIBUTING.md")[0] == second


def test_the_cost_of_the_main_job_is_that_of_its_plan(tmp_path: Path) -> None:
    """Of one processor that nothing is known of, with an empty store; and the published run's, as the index has it."""
    suite, runtime = str(ROOT / "suites" / "table1.yaml"), Runtime(device="cpu", threads=1)
    planned = plan_suite(suite, "small", tmp_path / "runs", runtime)
    text = " ".join(README.read_text(encoding="utf-8").split())
    assert f"about {duration(planned['estimate']['seconds'])} of work for one processor" in text
    assert f"{size(planned['disk']['keeps_bytes'])} of disk" in text
    index = (ROOT / "reports" / "published" / "index.html").read_text(encoding="utf-8")
    took = re.search(r"Table 1, section 6; small scale, on Fashion-MNIST; ([^;]+);", index)
    assert took is not None
    assert f"The jobs of the published run took {took[1]}" in text


@pytest.mark.published
def test_the_table_of_what_was_found_is_that_of_the_command(tmp_path: Path) -> None:
    """Write it anew with the command above it."""
    done = program(tmp_path, "coverage", "--found", ROOT / "reports" / "published")
    assert done.returncode == 0, done.stderr
    table = README.read_text(encoding="utf-8").split("<!-- found -->\n")[1].split("<!-- end of found -->")[0]
    assert table == done.stdout


def test_a_folder_without_reports_found_nothing(tmp_path: Path) -> None:
    """Which is one line."""
    done = program(tmp_path, "coverage", "--found", ".")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", ". holds no published report\n")


def test_the_picture_is_small() -> None:
    """It is the first screen of a report."""
    assert PICTURE.stat().st_size < 150_000
    with Image.open(PICTURE) as picture:
        assert picture.size == (1280, 800)


@pytest.mark.nightly
def test_the_picture_can_be_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its script, into another file."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("no Chromium on the PATH")
    script = runpy.run_path(str(ROOT / "docs" / "picture.py"))
    main = script["main"]
    monkeypatch.setitem(main.__globals__, "ROOT", tmp_path)
    monkeypatch.setitem(main.__globals__, "PICTURE", tmp_path / "report.png")
    main()
    assert (tmp_path / "report.png").stat().st_size < 150_000


@pytest.mark.nightly
@pytest.mark.parametrize(("page", "number"), [(EVERY_DAY, 2), (EXPORTS, 0)], ids=["every day", "exports"])
def test_the_commands_of_a_block_end_well(page: Path, number: int, tmp_path: Path) -> None:
    """One after another, as somebody would type them in a clone."""
    if page == EXPORTS:
        pytest.importorskip("rocrate", reason="the extra `crate` is not installed")
    for name in ("suites", "reports"):
        shutil.copytree(ROOT / name, tmp_path / name)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-e", "-c", blocks(page)[number]], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=environment(PATH=path, BROWSER="true %s"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_versions_agree() -> None:
    """The changelog has a section of this version, with its date, and the citation names it."""
    cited = YAML(typ="safe", pure=True).load(ROOT / "CITATION.cff")
    assert cited["version"] == __version__
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{__version__}] - {cited['date-released']}\n" in text


def test_the_citation_has_what_its_schema_requires() -> None:
    """Citation File Format 1.2.0: a version of the format, a message, a title, and authors with names."""
    cited = YAML(typ="safe", pure=True).load(ROOT / "CITATION.cff")
    assert cited["cff-version"] == "1.2.0"
    assert cited["message"]
    assert cited["title"] == "paper-harness"
    assert [author for author in cited["authors"] if not author.get("name")] == []
