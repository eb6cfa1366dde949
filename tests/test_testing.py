"""Results of a suite by name, for other people's tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from finished_worlds import SHORT
from programs import forked
from result_documents import typed
from tiny_suites import World, tiny_suite
from two_runs import sample

from harness import testing
from harness.errors import DataMissing, HarnessError, UsageError
from harness.testing import Reproduction, reproduce


@pytest.fixture
def found() -> Reproduction:
    """Return the sample results as a test gets them."""
    return Reproduction(typed(sample()), Path("report/index.html"))


@pytest.fixture
def warm_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork the program from a process with its modules, where a test is not about the fresh process."""
    monkeypatch.setattr(testing, "subprocess", SimpleNamespace(Popen=forked, DEVNULL=None, PIPE=None))


def test_cells_and_claims_are_those_of_the_suite(found: Reproduction) -> None:
    """They come in the suite's order, each under its name."""
    assert [cell.id for cell in found.cells] == [cell["id"] for cell in sample()["cells"]]
    assert [claim.id for claim in found.claims] == [claim["id"] for claim in sample()["claims"]]
    assert found.cell("cnn.top1") == found.cells[4]
    assert found.claim("same_kind") == found.claims[3]


def test_a_cell_has_its_numbers(found: Reproduction) -> None:
    """Values come by seed, with their interval."""
    cell = found.cell("cnn.top1")
    assert (cell.mean, cell.paper, cell.interval) == (11.132, 37.5, (10.880674, 11.383326))
    assert cell.values == {0: 11.2, 1: 11.02, 2: 11.41, 3: 10.87, 4: 11.16}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "cnn.top1",
            "paper 37.5%, ours 11.13% (10.88 to 11.38) over 5 seeds, NOT COMPARABLE: Fashion-MNIST at small scale: ",
        ),
        ("text_conv1_neurons", "paper 253,440, ours 290,400, DIFFERS: computed 290,400; off by +36,960, beyond 0.5>"),
        (
            "sift_fv.top1",
            "paper 45.7%, not measured, CITED: quoted by the paper from others' work; no experiment here>",
        ),
    ],
)
def test_a_cell_says_itself_in_a_line(found: Reproduction, name: str, line: str) -> None:
    """Trained, exact and unmeasured cells have a line each."""
    assert repr(found.cell(name)).startswith(f"<cell {name}: {line}")


def test_a_claim_says_itself_in_a_line(found: Reproduction) -> None:
    """The line includes the evidence."""
    assert repr(found.claim("sixty_million")) == (
        "<claim sixty_million: CONFIRMED (exact): count.parameters is 6.09652e+07; the paper says 60,000,000 within "
        "2%: The network has 60 million parameters>"
    )


def test_what_was_looked_at_is_told(found: Reproduction) -> None:
    """Each cell and claim is listed once, with the path of the report."""
    cell, claim = found.cell("cnn.top1"), found.claim("entry")
    found.cell("cnn.top1")
    assert found.told().splitlines() == [repr(cell), repr(claim), "report: report/index.html"]


def test_a_test_that_looked_at_nothing_is_told_the_headline(found: Reproduction) -> None:
    """The headline replaces a list of every cell."""
    assert found.told().startswith(sample()["headline"])


def test_a_misspelt_name_has_a_nearest(found: Reproduction) -> None:
    """Cells are matched with cells, and claims with claims."""
    with pytest.raises(UsageError, match=r"no cell 'cnn.top11' in this suite; did you mean 'cnn.top1'\?"):
        found.cell("cnn.top11")
    with pytest.raises(UsageError, match="no claim 'zzz' in this suite; there are own_errors, "):
        found.claim("zzz")


def test_a_suite_is_run_and_read(warm_start: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The suite's path is relative to the folder; a second run does nothing."""
    tiny_suite(tmp_path, **SHORT)
    found = reproduce("tiny.yaml", "ci", tmp_path / "runs", tmp_path / "report", tmp_path)
    first = capsys.readouterr().err
    again = reproduce("tiny.yaml", "ci", tmp_path / "runs", tmp_path / "report", tmp_path)
    assert found.cell("cnn.top1").mean is not None
    assert found.page == tmp_path / "report" / "index.html"
    assert found.page.exists()
    assert "train cnn, seed 0: epoch 1/1" in first
    assert "nothing to do" in capsys.readouterr().err
    assert again.cells == found.cells


def test_two_at_once_wait_for_each_other(warm_start: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Workers of one test run wait for each other, and only one trains."""
    tiny_suite(tmp_path, **SHORT)
    with ThreadPoolExecutor(2) as workers:
        outs = [tmp_path / "first", tmp_path / "second"]
        found = list(workers.map(lambda out: reproduce("tiny.yaml", "ci", tmp_path / "runs", out, tmp_path), outs))
    assert found[0].cells == found[1].cells
    assert capsys.readouterr().err.count("epoch 1/1") == 1


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The message names the option for another store."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="name another with --harness-store DIR"):
        reproduce("table1", "ci", tmp_path / "file" / "runs", tmp_path / "report", tmp_path)


@pytest.mark.parametrize(
    ("suite", "scale", "code", "said"),
    [
        ("nosuch.yaml", "ci", UsageError.exit_code, "no suite file at 'nosuch.yaml'"),
        ("table1", "huge", UsageError.exit_code, "'huge' is not one of"),
        ("table1", "paper", DataMissing.exit_code, "ilsvrc2010"),
    ],
)
def test_what_cannot_run_is_an_error_with_its_code(
    warm_start: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suite: str, scale: str, code: int, said: str
) -> None:
    """The message is that of `run`."""
    for name in ("HARNESS_DATA_ROOT", "HARNESS_DATA_ILSVRC2010"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(HarnessError) as raised:
        reproduce(suite, scale, tmp_path / "runs", tmp_path / "report", tmp_path)
    assert raised.value.exit_code == code
    assert said in str(raised.value)


def test_this_process_stays_as_it_is(finished: Callable[..., World], tmp_path: Path) -> None:
    """No module and no setting of the run enters this process."""
    tiny_suite(tmp_path, **SHORT)
    finished(**SHORT).copied(tmp_path)
    before = set(sys.modules)
    reproduce("tiny.yaml", "ci", tmp_path / "runs", tmp_path / "report", tmp_path)
    assert not {name for name in set(sys.modules) - before if name.split(".")[0] in ("torch", "pydantic", "scipy")}
