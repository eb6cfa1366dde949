"""The command line: data on standard output, progress on standard error, exit codes as listed in docs/running.md."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness import __version__
from harness.cli.check import baseline, check
from harness.cli.compare import compare
from harness.cli.completion import suites, with_completion
from harness.cli.data import data
from harness.cli.doctor import doctor
from harness.cli.external import import_weights, record, submission
from harness.cli.jobs_elsewhere import job, jobs
from harness.cli.listing import list_all
from harness.cli.new import new
from harness.cli.options import (
    Commands,
    cluster_of,
    open_page,
    runtime_of,
    with_engine,
    with_jobs,
    with_json,
    with_micro_batch,
    with_open,
    with_out,
    with_places,
    with_processes,
    with_scale,
)
from harness.cli.publish import coverage, publish
from harness.cli.report import report
from harness.cli.store import store, verify
from harness.errors import REGRESSION_EXIT, JobFailed, SuiteError
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.report.results.document import Results

EXAMPLES = """\b
Examples:
  python -m harness run suites/table1.yaml              # at the largest scale that this machine can run
  python -m harness run suites/table1.yaml --scale ci   # at the smallest scale, whose data are always there
  python -m harness plan suites/table1.yaml --scale paper --data ilsvrc2010=/data/ilsvrc2010
  python -m harness validate suites/*.yaml
  python -m harness report reports/table1/ci            # write the page again from the results
  python -m harness check suites/*.yaml                 # has a new torch, driver or refactoring changed anything?

\b
Exit codes: 0 finished, whatever the verdicts; 1 internal error, or a check found a fault; 2 usage or suite error;
3 of `check`, a regression, or with --strict, a cell that differs or diverged; 4 data missing; 5 device missing; 6 a job
failed; 7 no baseline; 129, 130, 138 and 143 interrupted.
"""


@click.group(
    cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120}
)
@click.version_option(__version__, prog_name="harness")
@with_completion
def command() -> None:
    """Reproduce the tables, figures and claims of a paper, and report each printed number beside the reproduced one."""


@command.command()
@click.argument("suite_file", metavar="SUITE", shell_complete=suites)
@with_scale
@with_places
@with_out
@with_json
@with_micro_batch
@with_jobs
@with_processes
@with_engine
@click.option("--offline", is_flag=True, help="Download nothing, even for a scale named by --scale.")
@click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads of each process; by default they share the cores."
)
@click.option(
    "--checkpoint-every",
    "checkpoint_every_s",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between checkpoints, and so the most work that a kill may lose.",
)
@click.option(
    "--resume-elsewhere",
    is_flag=True,
    help="Resume from checkpoints of another machine or number of threads or processes; marked in results.",
)
@click.option(
    "--refresh-stale", is_flag=True, help="Run stale jobs again; their old results are set aside, not deleted."
)
@click.option(
    "--strict",
    is_flag=True,
    help="Exit with 3 when a cell is WORSE, BETTER or DIFFERS or its mean includes a diverged run, or a claim is "
    "CONTRADICTED.",
)
@click.option("--full", is_flag=True, help="Print every verdict with its reason, not only as many as a screen holds.")
@click.option("-q", "--quiet", is_flag=True, help="Print no progress, and of the results the answer alone.")
@with_open
def run(suite_file: str, scale: ScaleName | None, store_folder: Path, out: Path | None, **flags: Any) -> None:
    """Run what a suite still needs, judge it, and write the report."""
    from harness.run.pipeline import run_suite  # noqa: PLC0415 - help and validate do without it

    runtime, cluster = runtime_of(flags), cluster_of(flags)
    results, folder, failed = run_suite(suite_file, scale, store_folder, out, runtime, flags, cluster)
    if flags["as_json"]:
        click.echo(json.dumps(results.plain(), indent=1, sort_keys=True))
    else:
        from harness.cli.result_screen import show_answer, show_results  # noqa: PLC0415

        show_answer(results, folder) if flags["quiet"] else show_results(results, folder, full=flags["full"])
    if flags["opened"]:
        open_page(folder / "index.html")
    if failed:
        jobs = "1 job" if len(failed) == 1 else f"{len(failed)} jobs"
        raise JobFailed(f"{jobs} failed; the report says which and why: {folder / 'index.html'}")
    if flags["strict"] and (_diverged(results) or _differs(results)):
        sys.exit(REGRESSION_EXIT)


def _diverged(results: Results) -> bool:
    """Name the cells whose mean includes diverged runs, which count as guessing; return whether there are any."""
    found = {cell.id: cell.diverged for cell in results.cells if cell.diverged}
    for cell, seeds in found.items():
        click.echo(f"{cell}: diverged, and counted as guessing: seed {', '.join(map(str, seeds))}", err=True)
    return bool(found)


def _differs(results: Results) -> bool:
    cells = {cell.outcome for cell in results.cells}
    return bool(cells & {"WORSE", "BETTER", "DIFFERS"}) or any(
        claim.outcome == "CONTRADICTED" for claim in results.claims
    )


@command.command()
@click.argument("suite_file", metavar="SUITE", shell_complete=suites)
@with_scale
@with_places
@with_json
@with_processes
@with_engine
@click.option("--full", "every", is_flag=True, help="Give each job a row, with its key; else jobs alike share one.")
@click.option("--across", is_flag=True, help="Show jobs that other shipped suites need too; slow at first.")
@click.option(
    "--calibrate",
    is_flag=True,
    help="Time a few steps of each training and test on made-up images for a better estimate; remembered.",
)
def plan(suite_file: str, scale: ScaleName | None, store_folder: Path, as_json: bool, **flags: Any) -> None:  # noqa: FBT001
    """Show the jobs of a suite (done, stale, to do, or blocked and why), their cost, and what is missing."""
    from harness.cli.plan_tables import show_plan  # noqa: PLC0415
    from harness.plan.summary import plan_suite  # noqa: PLC0415

    say = (lambda line: click.echo(line, err=True)) if flags["calibrate"] else None
    runtime, cluster, arrays = runtime_of(flags), cluster_of(flags), None
    if cluster is not None:
        from harness.run.executors.slurm.forecast import forecast  # noqa: PLC0415

        arrays = partial(forecast, runtime=runtime, cluster=cluster)
    document = plan_suite(
        suite_file, scale, store_folder, runtime, across=flags["across"], calibrating=say, forecasting=arrays
    )
    if as_json:
        click.echo(json.dumps(document, indent=1, sort_keys=True))
    else:
        show_plan(document, every=flags["every"])


@command.command()
@click.argument("suite_files", metavar="SUITE...", nargs=-1, required=True)
@with_json
def validate(suite_files: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001
    """Check suite files; prints faults as FILE:LINE:COL: key.path: message.

    Faults of YAML and of types come first. Once there are none, names that mean nothing, and then what they come to.
    """
    from harness.plan.outline import outlines  # noqa: PLC0415 - help does without it
    from harness.suite.shipped import suite_path  # noqa: PLC0415

    sound, faults = outlines(suite_path(name) for name in suite_files)
    if as_json:
        click.echo(json.dumps({"sound": [outline.name for outline in sound.values()], "faults": faults}, indent=1))
    else:
        for path, outline in sound.items():
            click.echo(
                f"{path}: sound ({outline.cells} cells, {outline.claims} claims, scales {', '.join(outline.scales)})"
            )
    if faults:
        raise SuiteError(faults)


@command.command()
@click.argument("file", type=click.Choice(["suite", "paper", "recipes", "references", "results"]), default="suite")
def schema(file: str) -> None:
    """Print the JSON Schema of a kind of file: one that people write, for editors of YAML, or results.json.

    The schema of suites includes what installed packages add.
    """
    if file == "results":
        from harness.report.results.schema import results_schema  # noqa: PLC0415 - pydantic

        click.echo(json.dumps(results_schema(), indent=1, sort_keys=True))
        return
    from harness.jobs.extensions import REGISTRIES, add_all  # noqa: PLC0415
    from harness.suite.json_schema import schema_of  # noqa: PLC0415

    for group in REGISTRIES:
        add_all(group)
    click.echo(json.dumps(schema_of(file), indent=1, sort_keys=True))


@command.command()
@with_json
def env(as_json: bool) -> None:  # noqa: FBT001
    """Show the machine, versions and commit that a run here would record."""
    from harness.cli.tables import show_nested  # noqa: PLC0415
    from harness.machine.environment import environment  # noqa: PLC0415

    document = environment()
    if as_json:
        click.echo(json.dumps(document, indent=1, sort_keys=True))
    else:
        show_nested(document)


ELSEWHERE = (
    report,
    submission,
    record,
    import_weights,
    publish,
    compare,
    verify,
    store,
    doctor,
    check,
    baseline,
    job,
    jobs,
    data,
    coverage,
    list_all,
    new,
)
"""Commands defined in other modules."""
for one in ELSEWHERE:
    command.add_command(one)
