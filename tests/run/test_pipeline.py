"""The program in its five lines, with an executor that fabricates results in the place of one that computes them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fabricated import Fake
from suite_files import TABLE1, written

from harness.data.locate import Locations
from harness.errors import DataMissing, JobFailed, SuiteError, UsageError
from harness.machine.runtime import Runtime
from harness.plan.graph import Plan, make_plan
from harness.plan.status import Status, statuses
from harness.plan.summary import plan_suite
from harness.report.page.render import rebuild
from harness.run.pipeline import report_suite, run_suite
from harness.suite.file import Suite
from harness.vocabulary import SCALES

FLAGS = {"offline": False, "refresh_stale": False}
RUNTIME = Runtime(Locations.gather(config_files=()), device="cpu", threads=1)
CI = "    seeds: 3\n    data: digits\n"


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fake:
    """No GPU, no data of this machine's, no computing, and a folder of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.plan.rates.gpus", list)
    monkeypatch.setattr("harness.data.sets.fashion_mnist.DEBIAN", tmp_path / "nowhere")
    fake = Fake()
    monkeypatch.setattr("harness.run.pipeline.Local", lambda *_: fake)
    return fake


def run(
    suite: str = str(TABLE1), asked: Any = "ci", out: Path | None = None, runtime: Runtime = RUNTIME, **flags: Any
) -> Any:
    """Run a suite with its store in ./runs."""
    return run_suite(suite, asked, Path("runs"), out, runtime, FLAGS | flags)


def test_a_run_leaves_a_report_and_its_results(fake: Fake) -> None:
    """Below reports, by suite and scale."""
    results, folder, failed = run()
    assert (folder, failed, len(fake.labels)) == (Path("reports/table1/ci"), {}, 7)
    assert json.loads((folder / "results.json").read_text()) == results.plain()
    assert {path.name for path in folder.iterdir()} == {"index.html", "results.json", "curves.json"}


@pytest.mark.parametrize("asked", ["ci", None])
def test_a_run_plans_once_and_looks_into_the_store_once_before_and_once_after(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, asked: Any
) -> None:
    """Where it chooses the scale, each that it passes over is planned once too; the lack of its data settles it."""
    surveys, plans = [], []

    def looked(plan: Plan, *rest: Any) -> dict[str, Status]:
        surveys.append(plan.scale)
        return statuses(plan, *rest)

    def planned(suite: Suite, scale: Any, *rest: Any) -> Plan:
        plans.append(scale)
        return make_plan(suite, scale, *rest)

    monkeypatch.setattr("harness.plan.status.statuses", looked)
    monkeypatch.setattr("harness.plan.graph.make_plan", planned)
    run(asked=asked)
    assert len(fake.labels) == 7
    assert surveys == ["ci", "ci"]
    assert plans == (["ci"] if asked else list(SCALES))


def test_a_second_run_has_nothing_to_do(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """And writes the same page, byte for byte."""
    _, folder, _ = run()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    run()
    assert len(fake.labels) == 7
    assert "nothing to do: all 7 jobs have results" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_it_says_which_scale_and_how_much_is_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, before it starts."""
    run(asked=None)
    said = capsys.readouterr()
    assert "table1: scale ci: ci is the largest scale whose data are on disk" in said.err
    assert "larger scales: paper: ilsvrc2010 is not on disk" in said.err
    assert "7 of 7 jobs to do, about " in said.err
    assert said.out == ""


def test_failures_are_given_back_and_reported(fake: Fake) -> None:
    """The report is written all the same."""

    def fail() -> None:
        raise JobFailed("out of memory")

    fake.acts = {"train cnn, seed 1": fail}
    results, folder, failed = run()
    assert sorted(failed.values()) == ["its input failed: out of memory", "out of memory"]
    assert {cell.outcome for cell in results.cells if cell.value} == {"FAILED"}
    assert "out of memory" in (folder / "index.html").read_text(encoding="utf-8")


def test_missing_data_stop_it_before_anything_is_written(fake: Fake) -> None:
    """With what was looked for and where."""
    with pytest.raises(DataMissing, match=r"ILSVRC-2010 is not on disk\. Looked in:"):
        run(asked="paper")
    assert fake.labels == []
    assert not Path("reports").exists()


def test_offline_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the scale that needs it was asked for."""
    with pytest.raises(UsageError, match="--offline forbids fetching Fashion-MNIST"):
        run(asked="small", offline=True)


def test_only_a_scale_that_was_asked_for_is_fetched(monkeypatch: pytest.MonkeyPatch, fake: Fake) -> None:
    """Where one is chosen, nothing leaves or enters the machine."""
    fetched: list[str] = []
    monkeypatch.setattr("harness.run.pipeline.fetch", lambda dataset, *_, **__: fetched.append(dataset.name))
    run(asked=None)
    assert fetched == []
    with pytest.raises(DataMissing):
        run(asked="small")
    assert fetched == ["fashion_mnist"]


def test_nothing_is_fetched_for_a_folder_that_was_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It would go elsewhere, and that folder would still be empty."""
    monkeypatch.setattr("harness.run.pipeline.fetch", lambda *_, **__: pytest.fail("fetched"))
    locations = Locations.gather(named=[f"fashion_mnist={tmp_path}"], config_files=())
    with pytest.raises(DataMissing, match="Fashion-MNIST is not on disk"):
        run(asked="small", runtime=Runtime(locations, device="cpu", threads=1))


def test_a_scale_that_the_suite_lacks_is_told(tmp_path: Path) -> None:
    """With those that it has."""
    text = TABLE1.read_text(encoding="utf-8")
    path = written(tmp_path, (text[text.index("  subset:\n") : text.index("  small:\n")], ""),
                   (text[text.index("  subset_of_data:\n") : text.index("  shorter_training:\n")], ""))  # fmt: skip
    for command in (run, lambda *arguments: plan_suite(*arguments, Path("runs"), RUNTIME)):
        with pytest.raises(UsageError, match="has no scale 'subset'; it has paper, small, ci"):
            command(str(path), "subset")


@pytest.mark.parametrize("out", ["file/below", "file"])
def test_a_report_that_cannot_be_written_is_told_before_the_work(fake: Fake, out: str) -> None:
    """Not after hours of it."""
    Path("file").touch()
    with pytest.raises(UsageError, match=r"the report file.* cannot be written .*; name another with --out DIR"):
        run(out=Path(out))
    assert fake.labels == []


def test_another_suite_of_the_same_name_does_not_overwrite_a_report(fake: Fake, tmp_path: Path) -> None:
    """It would be lost without a word; the other one is told before the work."""
    run()
    before = Path("reports/table1/ci/results.json").read_bytes()
    fake.labels.clear()
    title, source = "title: Error rates on the ILSVRC-2010 test set", "source: Table 1, section 6"
    other = str(written(tmp_path, (title, "title: Another table"), (source, "source: Table 9"), name="table1"))
    with pytest.raises(UsageError, match=r"holds the report of another suite \(table1, .*; name another folder"):
        run(other)
    assert fake.labels == []
    assert Path("reports/table1/ci/results.json").read_bytes() == before
    run(other, out=Path("elsewhere"))


def test_a_copy_beside_its_original_is_told_before_the_work(fake: Fake, tmp_path: Path) -> None:
    """Under one name, each would replace the other's report; a folder of its own lets it run."""
    title = "title: Error rates on the ILSVRC-2010 test set"
    copies = [written(tmp_path, (title, f"title: {name}"), name=name) for name in ("first", "second")]
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(
        UsageError, match=r"first\.yaml and second\.yaml beside it both have a suite 'table1'.*--out DIR"
    ):
        run(str(copies[0]))
    assert fake.labels == []
    run(str(copies[0]), out=Path("elsewhere"))


def test_a_suite_that_was_reworded_writes_its_report_anew(fake: Fake, tmp_path: Path) -> None:
    """It is still the same table."""
    run()
    title = "title: Error rates on the ILSVRC-2010 test set"
    results, _, _ = run(str(written(tmp_path, (title, "title: Error rates, in other words"), name="table1")))
    assert results.title == "Error rates, in other words"


def test_a_store_that_cannot_be_written_is_told(fake: Fake) -> None:
    """With the flag that names another."""
    Path("file").touch()
    with pytest.raises(UsageError, match=r"cannot be written .*; name another with --store DIR"):
        run_suite(str(TABLE1), "ci", Path("file/below"), None, RUNTIME, FLAGS)


def test_faults_of_the_suite_come_first(fake: Fake, tmp_path: Path) -> None:
    """Nothing is made, not even a store."""
    with pytest.raises(SuiteError):
        run(str(written(tmp_path, ("title:", "titel:"))))
    assert not Path("runs").exists()


def test_stale_results_are_told_and_run_again_only_when_asked(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old ones are set aside."""
    run()
    monkeypatch.setattr("harness.plan.status.is_current", lambda _, digest: digest == "x")
    monkeypatch.setattr("fabricated.code_digest", lambda _: "x")
    run()
    said = capsys.readouterr().err
    assert said.count("STALE: ") == 7
    assert "STALE: test cnn.ten_crop, seed 0: the code of evaluate jobs has changed since" in said
    assert "--refresh-stale runs it again" in said
    assert len(fake.labels) == 7
    run(refresh_stale=True)
    assert "stale results set aside: 7" in capsys.readouterr().err
    assert len(fake.labels) == 14
    assert len(list(Path("runs").glob("*.stale-1"))) == 7


def test_a_report_runs_nothing(fake: Fake) -> None:
    """It shows what is in the store, and what has not run."""
    _, results = report_suite(str(TABLE1), "ci", Path("runs"), None, RUNTIME)
    assert {cell.outcome for cell in results.cells} == {"CITED", "NOT RUN"}
    assert fake.labels == []


def test_a_report_from_the_store_is_that_of_the_run() -> None:
    """Byte for byte."""
    _, folder, _ = run()
    other, _ = report_suite(str(TABLE1), "ci", Path("runs"), Path("other"), RUNTIME)
    for name in ("index.html", "results.json", "curves.json"):
        assert (other / name).read_bytes() == (folder / name).read_bytes()


def test_a_report_folder_is_rebuilt_without_the_store() -> None:
    """Byte for byte, from its own files."""
    _, folder, _ = run()
    page = (folder / "index.html").read_bytes()
    (folder / "index.html").unlink()
    assert rebuild(folder).suite == "table1"
    assert (folder / "index.html").read_bytes() == page


def test_a_folder_that_is_no_report_is_told(tmp_path: Path) -> None:
    """With what it lacks."""
    with pytest.raises(UsageError, match=r"results\.json: not there; name a report folder"):
        rebuild(tmp_path)


def test_rebuilding_changes_nothing_else() -> None:
    """Neither results nor curves."""
    _, folder, _ = run()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    rebuild(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_finished_run_leaves_every_job_done() -> None:
    """A plan says so afterwards."""
    run()
    document = plan_suite(str(TABLE1), "ci", Path("runs"), RUNTIME)
    assert {job["state"] for job in document["jobs"]} == {"done"}
    assert document["estimate"]["seconds"] == 0


@pytest.mark.parametrize(
    ("there", "flags", "processes"),
    [(4, {}, 2), (1, {}, 1), (4, {"gpus": 1}, 1), (4, {"processes": 1}, 1), (0, {}, 1)],
)
def test_a_scale_may_ask_for_gpus(
    fake: Fake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: int,
    flags: dict[str, int],
    processes: int,
) -> None:
    """Its trainings have them where they are and the run says nothing else; no key depends on it."""
    used: list[Runtime] = []
    monkeypatch.setattr("harness.machine.cuda_visible.gpu_uuids", lambda: [f"GPU-{number}" for number in range(there)])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("harness.run.pipeline.Local", lambda runtime, *_: used.append(runtime) or fake)
    written(tmp_path, (CI, f"    gpus: 2\n{CI}"))
    run("mine.yaml", runtime=replace(RUNTIME, device="auto"), jobs=1, **flags)
    assert [runtime.processes for runtime in used] == [processes]
    told = "the suite wants 2 GPUs for each training: it needs 2 GPUs, and 1 can be seen here; each has one"
    assert (told in capsys.readouterr().err) == (there == 1)
    run(str(TABLE1))
    assert len(fake.labels) == 7
