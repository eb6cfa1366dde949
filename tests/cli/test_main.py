"""The command line as a process: its output and exit codes."""

from __future__ import annotations

import getpass
import json
import os
import pty
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import warm
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from programs import nothing, program
from result_documents import typed
from suite_files import TABLE1, written
from tiny_suites import tiny_suite

from harness import __version__
from harness.cli.main import command
from harness.errors import JobFailed

ROOT = Path(__file__).parent.parent.parent
COMMANDS = sorted(command.commands)
SAMPLES = Path(__file__).parent.parent / "samples"


def environment(**more: str) -> dict[str, str]:
    """Return this process's variables without those that name data or request colour."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HARNESS_") and name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
    }
    return kept | {"PYTHONPATH": str(ROOT)} | more


@pytest.fixture
def harness(tmp_path: Path):
    """Return a function that runs the program in an empty folder."""

    def run(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        done = program(tmp_path, *arguments, **more)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def test_it_starts_from_nothing(tmp_path: Path) -> None:
    """All other tests here start with its modules imported."""
    done = program(tmp_path, "--version", anew=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"harness, version {__version__}\n", "")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Return a report folder without its page."""
    folder = tmp_path / "report"
    folder.mkdir()
    for kind in ("results", "curves"):
        (folder / f"{kind}.json").write_bytes((SAMPLES / f"small_{kind}.json").read_bytes())
    return folder


def test_help_names_every_command_and_exit_code(harness) -> None:
    """Help goes to standard output, and the exit code is 0."""
    done = harness("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", done.stdout, re.MULTILINE)
    for code in range(7):
        assert f"{code} " in done.stdout.split("Exit codes:")[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(harness, name: str) -> None:
    """Each has a sentence."""
    done = harness(name, "--help")
    assert done.returncode == 0
    assert command.commands[name].help
    for option in command.commands[name].params:
        if option.param_type_name == "option" and not option.hidden:
            assert option.opts[0] in done.stdout


def test_version(harness) -> None:
    """The version is the package's."""
    assert harness("--version").stdout == f"harness, version {__version__}\n"


@pytest.mark.parametrize(("wrong", "right"), [("rnu", "run"), ("validat", "validate"), ("shema", "schema")])
def test_a_misspelt_command_has_a_nearest(harness, wrong: str, right: str) -> None:
    """The exit code is 2."""
    done = harness(wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"No such command '{wrong}'. Did you mean '{right}'?" in done.stderr


def test_a_misspelt_option_has_a_nearest(harness) -> None:
    """The exit code is 2; how the nearest is introduced depends on the version of click."""
    done = harness("plan", "table1", "--scal", "ci")
    assert done.returncode == 2
    assert re.search(r"(one of|options): .?--scale", done.stderr)


def test_an_unknown_scale_is_told_with_those_there_are(harness) -> None:
    """The exit code is 2."""
    done = harness("plan", "table1", "--scale", "tiny")
    assert done.returncode == 2
    assert "'tiny' is not one of 'paper', 'subset', 'small', 'ci'" in done.stderr


def test_a_scale_that_the_suite_lacks_is_told(harness, tmp_path: Path) -> None:
    """The exit code is 2, with one line."""
    text = TABLE1.read_text(encoding="utf-8")
    path = written(tmp_path, (text[text.index("  ci:\n") :], ""))
    done = harness("run", path, "--scale", "ci")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{path} has no scale 'ci'; it has paper, subset, small\n"


def test_three_faults_are_three_lines(harness, tmp_path: Path) -> None:
    """They are on standard error with exit code 2, and nothing else is printed."""
    path = written(
        tmp_path,
        ("title: Error rates", "titel: Error rates"),
        ("    seeds: 3\n    data: fashion_mnist", "    seeds: many\n    data: fashion_mnist"),
        ("    evaluate:\n", "    evaluate: {ten_crop: {split: test, views: ten_crop}}\n    evaluate:\n"),
    )
    for done in (harness("validate", path), harness("run", path)):
        assert (done.returncode, done.stdout) == (2, "")
        lines = done.stderr.splitlines()
        assert len(lines) == 3
        assert all(re.match(rf"{re.escape(str(path))}:\d+:\d+: [a-z_.]+: ", line) for line in lines)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("nosuch.yaml", "no suite file at 'nosuch.yaml'; there are "),
        ("tabel1", "no suite file at 'tabel1'; did you mean table1?"),
        (".", "'.' is a folder; name a suite file"),
        (sys.executable, f"{sys.executable}:1:1: "),
        ("/dev/null", "no suite file at '/dev/null'"),
    ],
)
def test_what_is_no_suite_is_one_line(harness, argument: str, message: str) -> None:
    """The exit code is 2."""
    done = harness("validate", argument)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_a_sound_suite_is_summed_up(harness) -> None:
    """The exit code is 0."""
    done = harness("validate", "table1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("table1.yaml: sound (8 cells, 4 claims, scales paper, subset, small, ci)\n")


def test_validation_is_data_too(harness, tmp_path: Path) -> None:
    """JSON lists sound suites and faults; the exit code is still 2."""
    broken = written(tmp_path, ("title:", "titel:"))
    done = harness("validate", "table1", broken, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["sound"], len(document["faults"])) == (2, ["table1"], 1)


def test_the_schema_is_json_schema(harness) -> None:
    """Every reference in it resolves."""
    done = harness("schema")
    document = json.loads(done.stdout)
    assert (done.returncode, document["type"], document["additionalProperties"]) == (0, "object", False)
    references = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', done.stdout))
    assert references <= document["$defs"].keys()
    assert {"suite", "paper", "scales"} <= set(document["required"])


def test_the_schema_of_results_is_json_schema_too(harness) -> None:
    """With its dialect and its name."""
    done = harness("schema", "results")
    document = json.loads(done.stdout)
    assert (done.returncode, document["$id"]) == (0, "urn:paper-harness:results:1")
    Draft202012Validator.check_schema(document)


def test_a_plan_is_data_too(harness) -> None:
    """JSON has keys, specs and states, and no file is created."""
    done = harness("plan", "table1", "--scale", "ci", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr, len(document["jobs"])) == (0, "", 115)
    assert {job["state"] for job in document["jobs"]} == {"to do"}
    assert all(re.fullmatch("[0-9a-f]{64}", job["key"]) for job in document["jobs"])


def test_a_plan_without_its_data_is_no_error(harness, tmp_path: Path) -> None:
    """It names the missing data."""
    done = harness("plan", "table1", "--scale", "paper", "--data", f"ilsvrc2010={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"\b\d+ blocked", done.stdout)
    assert (
        f"blocked: ILSVRC-2010 is not on disk. Looked in:\n  {tmp_path} (--data ilsvrc2010): no folder" in done.stdout
    )


def test_a_plan_tells_who_else_wants_its_jobs_when_asked(harness, tmp_path: Path) -> None:
    """Without `--across` it does not."""
    plain, asked = (
        json.loads(harness("plan", "table1", "--scale", "paper", "--json", *more).stdout) for more in ([], ["--across"])
    )
    assert {job["also_in"] for job in plain["jobs"]} == {None}
    trained = [job["also_in"] for job in asked["jobs"] if job["kind"] == "train"]
    assert "figure3" in trained[0]
    assert not any("table1" in names for names in trained)
    assert list(tmp_path.iterdir()) == []


def test_a_calibrated_plan_tells_on_what_it_rests(harness, tmp_path: Path) -> None:
    """Progress goes to standard error, the plan to standard output, and the store stays unchanged."""
    suite = tiny_suite(tmp_path)
    done = harness("plan", suite, "--scale", "ci", "--device", "cpu", "--calibrate", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["estimate"]["basis"].startswith("calibrated here on ")
    assert done.stderr.startswith("train cnn (")
    assert [path.name for path in tmp_path.iterdir()] == [suite.name]


def test_a_plan_leaves_nothing_behind(harness, tmp_path: Path) -> None:
    """It creates no store and no report."""
    harness("plan", "table1", "--scale", "ci")
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_its_data_says_what_was_looked_for_and_where(harness, tmp_path: Path) -> None:
    """The exit code is 4, with the expected layout and how to get the data."""
    done = harness("run", ROOT / "suites" / "table1.yaml", "--scale", "paper", "--data-root", tmp_path / "root")
    assert (done.returncode, done.stdout) == (4, "")
    assert "ILSVRC-2010 is not on disk. Looked in:" in done.stderr
    assert f"{tmp_path / 'root' / 'ilsvrc2010'} (--data-root): no such folder" in done.stderr
    assert "expected: DIR/{train,val,test}/<wnid>/*.JPEG" in done.stderr
    assert "name a place: --data-root ROOT, --data NAME=DIR" in done.stderr
    assert "how to get it: " in done.stderr


def test_unknown_data_are_told(harness) -> None:
    """The exit code is 2, with the nearest name."""
    done = harness("plan", "table1", "--data", "ilsvrc210=/data")
    assert (done.returncode, done.stderr) == (2, "unknown data set 'ilsvrc210'; did you mean ilsvrc2010?\n")


def test_a_file_is_no_store(harness, tmp_path: Path) -> None:
    """The exit code is 2, with one line that names the flag."""
    (tmp_path / "file").touch()
    done = harness("plan", "table1", "--scale", "ci", "--store", "file")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "the store file is not a folder; name another with --store DIR\n"


def test_a_report_is_rebuilt_from_its_folder(harness, report: Path) -> None:
    """Standard output gives the page's path."""
    done = harness("report", report)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{report / 'index.html'}\n", "")
    assert (report / "index.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("form", "mark"), [("csv", "of_paper,"), ("markdown", "| CNN, Top-5 |"), ("latex", "\\begin{table}")]
)
def test_a_reports_table_is_exported(harness, report: Path, form: str, mark: str) -> None:
    """Standard output has the table instead of the page's path."""
    done = harness("report", report, "--export", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert mark in done.stdout
    assert "index.html" not in done.stdout


def test_a_crate_says_where_its_metadata_are(harness, report: Path) -> None:
    """A licence without a crate is the user's to mend."""
    pytest.importorskip("rocrate", reason="the extra `crate` is not installed")
    harness("report", report)
    done = harness("report", report, "--export", "crate", "--licence", "https://spdx.org/licenses/CC-BY-4.0")
    assert (done.returncode, done.stdout) == (0, f"{report / 'ro-crate-metadata.json'}\n")
    assert harness("report", report, "--licence", "https://a.example").returncode == 2


def test_a_report_is_opened_where_there_is_a_browser(harness, report: Path, tmp_path: Path) -> None:
    """By its address; where there is none, the path is told."""
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\nprintf %s "$1" > "$(dirname "$0")/opened"\n')
    browser.chmod(0o755)
    done = harness("report", report, "--open", BROWSER=f"{browser} %s")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "opened").read_text() == (report / "index.html").as_uri()
    done = harness("report", report, "--open", BROWSER="/nowhere/at/all %s", PATH="/nowhere")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "no browser could be started here" in done.stderr


def test_a_folder_that_is_no_report_is_told(harness, tmp_path: Path) -> None:
    """The exit code is 2, with one line."""
    done = harness("report", tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "results.json: not there" in done.stderr


def test_a_folder_that_is_no_job_is_told(harness, tmp_path: Path) -> None:
    """The exit code is 2, and nothing is left in the folder."""
    (tmp_path / "job").mkdir()
    done = harness("job", "job")
    assert (done.returncode, done.stdout) == (2, "")
    assert "job is no folder of a job" in done.stderr
    assert list((tmp_path / "job").iterdir()) == []


def test_the_environment_tells_nothing_of_who_and_where(harness) -> None:
    """Text and JSON name neither host nor user nor home."""
    for done in (harness("env"), harness("env", "--json")):
        assert done.returncode == 0
        for secret in (socket.gethostname(), getpass.getuser(), str(Path.home())):
            assert len(secret) < 3 or secret not in done.stdout
    assert {"commit", "packages", "processor"} <= json.loads(done.stdout).keys()


WITHOUT_TORCH = """
import json, sys
from harness.__main__ import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["harness", *arguments]
    try:
        main()
    except SystemExit as end:
        assert not end.code, (arguments, end.code)
    assert not {"torch", "torchvision", "sklearn"} & sys.modules.keys(), ("imported", arguments)
"""
"""Runs commands one after another in a fresh Python, and tells the first that imports what it should not."""


def test_only_work_imports_torch(report: Path, tmp_path: Path) -> None:
    """Commands that only look, plan or show do not."""
    commands = [
        ["validate", "table1"], ["plan", "table1"], ["schema"], ["env"], ["report", "report", "--export", "csv"],
        ["report", "table1", "--scale", "ci"],
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, json.dumps(commands)],
        check=False, capture_output=True, cwd=tmp_path, env=environment(), text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_plan_imports_no_numbers() -> None:
    """It imports no charts, tables, drivers or types of suites either, once the power of its tests was worked out."""
    plan = ["plan", "table1", "--scale", "ci"]
    subprocess.run([sys.executable, "-m", "harness", *plan], check=True, env=environment(), timeout=60)
    heavy = {"numpy", "scipy", "pandas", "matplotlib", "jinja2", "PIL", "pydantic"}
    if not Path("/dev/nvidiactl").exists():
        heavy.add("pynvml")
    code = WITHOUT_TORCH.replace('{"torch", "torchvision", "sklearn"}', repr(heavy))
    subprocess.run(
        [sys.executable, "-c", code, json.dumps([plan])],
        check=True,
        env=environment(),
        timeout=60,
    )


def on_a_terminal(*arguments: str, **more: str) -> str:
    """Return the program's output to a terminal."""
    ours, theirs = pty.openpty()
    with nothing() as null:
        streams = [null.fileno(), theirs, null.fileno()]
        process = warm.start(arguments, ROOT, environment(TERM="xterm-256color", **more), streams)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux reports so that the other end has closed
            break
        if not part:
            break
        text += part
    assert process.wait() == 0
    os.close(ours)
    return text.decode()


COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]")


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_respected(more: dict[str, str], *, coloured: bool) -> None:
    """Colour appears only on a terminal whose user allows it."""
    assert bool(COLOUR.search(on_a_terminal("plan", "table1", "--scale", "paper", **more))) is coloured


def test_a_pipe_gets_no_colour(harness) -> None:
    """A pipe gets no other escape codes either."""
    assert "\x1b" not in harness("plan", "table1", "--scale", "ci").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["schema"],
        ["--help"],
        pytest.param(["plan", "table1", "--scale", "ci"], marks=pytest.mark.nightly),
        pytest.param(["env"], marks=pytest.mark.nightly),
    ],
    ids=" ".join,
)
def test_a_reader_that_leaves_is_no_error_of_ours(tmp_path: Path, arguments: list[str]) -> None:
    """Behind `| head -1`, nothing is printed on standard error."""
    with subprocess.Popen(
        [sys.executable, "-m", "harness", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(),
    ) as process:  # fmt: skip
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) in (1, 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    """The exit code is 1, without a traceback."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "harness", "schema"],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(), check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "the output cannot be written: No space left on device\n")


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return a function that calls `run` in this process with fabricated results and failures."""

    def run(cells: list[str], claims: list[str], failed: dict[str, str], *flags: str) -> Any:
        results = json.loads((SAMPLES / "small_results.json").read_text(encoding="utf-8"))
        results["cells"] = [results["cells"][0] | {"outcome": outcome} for outcome in cells]
        results["claims"] = [results["claims"][0] | {"outcome": outcome} for outcome in claims]
        monkeypatch.setattr("harness.run.pipeline.run_suite", lambda *_: (typed(results), tmp_path, failed))
        return CliRunner().invoke(command, ["run", "table1", *flags])

    return run


@pytest.mark.parametrize(
    ("cells", "claims", "lenient", "strict"),
    [
        (["MATCH", "CITED"], ["CONFIRMED"], 0, 0),
        (["INCONCLUSIVE", "NOT COMPARABLE", "NOT RUN"], ["INCONCLUSIVE", "NOT COMPARABLE", "NOT RUN"], 0, 0),
        (["MATCH", "WORSE"], [], 0, 3),
        (["BETTER"], [], 0, 3),
        (["DIFFERS"], [], 0, 3),
        ([], ["CONTRADICTED"], 0, 3),
    ],
)
def test_verdicts_decide_the_exit_code_only_when_asked(finished, cells, claims, lenient: int, strict: int) -> None:
    """A finished suite exits with 0, or with 3 under --strict where something differs."""
    assert finished(cells, claims, {}).exit_code == lenient
    assert finished(cells, claims, {}, "--strict").exit_code == strict


def test_a_mean_that_holds_a_diverged_run_is_not_strict(finished, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run counts as guessing in the mean, which the verdict alone does not show."""
    import harness.cli.main as module

    seen = []
    monkeypatch.setattr(module, "_differs", lambda results: seen.append(results) or False)
    assert finished(["MATCH"], [], {}, "--strict").exit_code == 0
    cell = seen[0].cells[0].model_copy(update={"diverged": [1, 4]})
    diverged = seen[0].model_copy(update={"cells": [cell]})
    monkeypatch.setattr("harness.run.pipeline.run_suite", lambda *_: (diverged, Path(), {}))
    done = CliRunner().invoke(command, ["run", "table1", "--strict", "--json"])
    assert done.exit_code == 3
    assert f"{cell.id}: diverged, and counted as guessing: seed 1, 4" in done.stderr
    assert json.loads(done.stdout)["cells"][0]["diverged"] == [1, 4]


def test_a_failed_job_comes_before_a_verdict(finished) -> None:
    """The results are shown, then the failure is raised."""
    done = finished(["WORSE"], [], {"key": "out of memory"}, "--strict")
    assert isinstance(done.exception, JobFailed)
    assert str(done.exception).startswith("1 job failed; the report says which and why: ")
    assert "WORSE" in done.output


@pytest.mark.parametrize(("flags", "lines"), [((), 6), (("-q",), 2), (("--full",), 6)])
def test_a_run_says_as_much_as_it_is_asked(finished, flags: tuple[str, ...], lines: int) -> None:
    """Quiet, the answer and the path alone."""
    said = finished(["MATCH"], [], {}, *flags).output.strip().splitlines()
    assert (len(said) <= 3) is ("-q" in flags)
    assert len(said) >= lines


def test_results_are_data_too(finished) -> None:
    """Standard output has the report's results."""
    assert json.loads(finished(["MATCH"], [], {}, "--json").output)["cells"][0]["outcome"] == "MATCH"
