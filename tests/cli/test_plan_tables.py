"""A plan on the terminal: remaining jobs, their cost, sharing suites and missing data, without markup."""

from __future__ import annotations

from typing import Any

import pytest

from harness.cli.plan_tables import amount, show_plan

JOB: dict[str, Any] = {
    "key": "0123456789abcdef01234567", "kind": "train", "label": "train cnn, seed 0", "state": "to do", "why": "",
    "seconds": 600.0, "wanted_by": ["cnn"], "also_in": None,
}  # fmt: skip
HERE = {"seconds": 600.0, "at_once": "2 jobs at a time, 1 thread each",
        "basis": "measured here on a processor", "core_hours": 1 / 3, "gpu_hours": None, "kwh": None,
        "power_basis": "the power of a processor is not measured"}  # fmt: skip
DISK = {"keeps_bytes": 5_000_000, "scratch_bytes": 0, "by_kind": {"train": 5_000_000}, "data_bytes": {"digits": 57_500}}
PLAN: dict[str, Any] = {
    "finds": None, "suite": "table1", "scale": "ci", "reason": "--scale ci was asked for", "unlock": "",
    "blocked_by": None, "estimate": HERE, "elsewhere": None, "disk": DISK, "missing": [],
    "jobs": [JOB, JOB | {"state": "done", "seconds": None}, JOB | {"state": "done", "label": "test", "seconds": None}],
}  # fmt: skip
H200 = {"device": "NVIDIA H200", "seconds": 7200.0, "basis": "assumes one NVIDIA H200", "core_hours": None,
        "gpu_hours": 2.0, "kwh": 1.4, "power_basis": "at the power assumed"}  # fmt: skip


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a wide terminal without colour."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def shown(capsys: pytest.CaptureFixture[str], *, every: bool = False, **changes: Any) -> str:
    """Show the plan with these changes, and return the output."""
    show_plan(PLAN | changes, every=every)
    return capsys.readouterr().out


def rows(text: str) -> list[list[str]]:
    """The rows of the table, cell by cell."""
    return [[cell.strip() for cell in line.split("\u2502")[1:-1]] for line in text.splitlines() if "\u2502" in line]


def test_a_plan_is_counted_and_costed(capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs are counted by state, and the estimate gives its basis."""
    text = shown(capsys)
    assert "1 to do, 2 done" in text
    assert (
        "about 10 min of work, 2 jobs at a time, 1 thread each: 0.333 core-hours (measured here on a processor)" in text
    )
    assert "kWh not known (the power of a processor is not measured)" in text
    assert "disk: 5 MB (weights 5 MB)\n" in text
    assert "data, in addition: digits 57.5 kB\n" in text


def test_each_job_has_a_row_with_its_key_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Else none has."""
    assert rows(shown(capsys, every=True))[0] == ["to do", "train cnn, seed 0", "0123456789abcdef0123", "10 min"]
    assert "--full" not in shown(capsys, every=True)
    assert "0123456789abcdef0123" not in shown(capsys)
    assert "1 to do, 2 done; --full lists each job with its key\n" in shown(capsys)


def test_jobs_alike_share_a_row_with_their_number_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of another kind, state or experiment have their own."""
    trained = [JOB | {"label": f"train cnn, seed {seed}"} for seed in range(12)]
    coded = [JOB | {"kind": "encode", "label": f"codes of fv.{name}, seed 0", "wanted_by": ["fv"], "seconds": 2.0}
             for name in ("sift, train", "sift, test", "colour, train")]  # fmt: skip
    others = [JOB | {"state": "done", "seconds": None}, JOB | {"wanted_by": ["cnn", "five"]}]
    assert rows(shown(capsys, jobs=[*trained, *coded, *others])) == [
        ["to do", "12", "train cnn", "2 h"],
        ["to do", "3", "codes of fv", "6 s"],
        ["done", "1", "train cnn, seed 0", ""],
        ["to do", "1", "train cnn, seed 0", "10 min"],
    ]


def test_names_with_nothing_in_common_are_not_cut_to_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor to a part of a word."""
    alike = [JOB | {"label": "train relu, seed 0"}, JOB | {"label": "train relu_wide, seed 0"}]
    assert rows(shown(capsys, jobs=alike))[0][2] == "train"
    strange = [JOB | {"label": "one"}, JOB | {"label": "two"}]
    assert rows(shown(capsys, jobs=strange))[0][2] == "one, ..."


def test_a_gpu_is_reckoned_in_gpu_hours(capsys: pytest.CaptureFixture[str]) -> None:
    """The energy gives its basis too."""
    gpu = HERE | {"core_hours": None, "gpu_hours": 986.4, "kwh": 690.5, "power_basis": "at the power measured"}
    text = shown(capsys, estimate=gpu)
    assert "986 GPU-hours (measured here on a processor); 690 kWh at the power measured" in text


def test_a_gpu_that_is_not_here_is_told_beside_the_processor(capsys: pytest.CaptureFixture[str]) -> None:
    """The times of jobs are the GPU's."""
    text = shown(capsys, elsewhere=H200)
    assert "or 2 GPU-hours, 1.4 kWh at the power assumed (assumes one NVIDIA H200)" in text
    assert "time, H200" in text


def test_what_a_gpu_elsewhere_leaves_to_a_processor_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """In hours of a core, where it is any to speak of."""
    text = shown(capsys, elsewhere=H200 | {"processor_core_hours": 4200.0})
    assert "(assumes one NVIDIA H200), and 4,200 core-hours of a processor for jobs that use no GPU" in text
    assert "processor" not in shown(capsys, elsewhere=H200 | {"processor_core_hours": 0.2}, estimate=HERE | {
        "basis": "measured", "power_basis": "unknown"})  # fmt: skip


def test_checkpoints_are_told_apart_from_what_stays(capsys: pytest.CaptureFixture[str]) -> None:
    """Checkpoints are removed when a training ends."""
    text = shown(capsys, disk=DISK | {"scratch_bytes": 7_930_000_000, "data_bytes": {"ilsvrc2012": None}})
    assert "and 7.93 GB of checkpoints while a training runs" in text
    assert "ilsvrc2012 of a size not known" in text


def test_a_finished_plan_costs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """No time and no disk space are shown."""
    text = shown(capsys, jobs=[JOB | {"state": "done"}])
    assert "of work" not in text
    assert "disk" not in text


def test_what_blocks_and_what_would_unlock_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Each missing item is shown once, with the number of jobs that need it."""
    blocked = [JOB | {"state": "blocked", "why": "ILSVRC-2010 is not on disk"}] * 3
    missing = [{"what": "ILSVRC-2010 is not on disk", "jobs": 3}]
    text = shown(
        capsys,
        blocked_by="ILSVRC-2010 is not on disk. Looked in:",
        unlock="paper: get it.",
        jobs=blocked,
        missing=missing,
    )
    assert "missing: ILSVRC-2010 is not on disk (3 jobs)\n" in text
    assert "blocked: ILSVRC-2010 is not on disk. Looked in:" in text
    assert "larger scales: paper: get it." in text
    assert "3 jobs: blocked" not in text


def test_why_a_result_is_stale_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The line names the job, or the number of jobs."""
    stale = JOB | {"state": "stale", "why": "the code has changed"}
    assert "train cnn, seed 0: stale: the code has changed\n" in shown(capsys, jobs=[stale])
    assert "2 jobs: stale: the code has changed\n" in shown(capsys, jobs=[stale, stale])


def test_who_shares_a_job_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Several experiments of this suite, and other suites, are named."""
    text = shown(capsys, jobs=[JOB | {"wanted_by": ["cnn", "relu"], "also_in": ["table2", "figure3"]}])
    assert "train cnn, seed 0: shared by cnn, relu\n" in text
    assert "train cnn, seed 0: also needed by table2, figure3\n" in text
    assert "shared by" not in shown(capsys)


@pytest.mark.parametrize("hostile", ["[/]", "[bold]x", "[link=http://x]", "\\[", "[/bold]"])
def test_nothing_in_the_data_is_markup(capsys: pytest.CaptureFixture[str], hostile: str) -> None:
    """A suite may contain any text."""
    job = JOB | {"label": hostile, "why": hostile, "wanted_by": [hostile, "a"], "also_in": [hostile], "state": "stale"}
    text = shown(capsys, reason=hostile, unlock=hostile, blocked_by=hostile, jobs=[job, JOB],
                 missing=[{"what": hostile, "jobs": 1}], estimate=HERE | {"basis": hostile})  # fmt: skip
    assert text.count(hostile) >= 11


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.02764, "0.0276"), (1.4, "1.4"), (99.94, "99.9"), (1490.4, "1,490"), (1_495_345.0, "1,495,345")],
)
def test_amounts_have_three_digits(value: float, text: str) -> None:
    """Exponents are never used."""
    assert amount(value) == text
