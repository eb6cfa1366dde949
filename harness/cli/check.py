"""The commands `check` and `baseline update`, which compare suites with a baseline and make one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from harness.cli.ci_outputs import with_ci_outputs
from harness.cli.options import (
    FOLDER,
    cluster_of,
    options,
    runtime_of,
    with_engine,
    with_jobs,
    with_json,
    with_places,
)
from harness.errors import UsageError
from harness.vocabulary import SCALES, ScaleName

_with_scale = click.option(
    "--scale", type=click.Choice(SCALES), default="ci", show_default=True, help="The scale of the baseline."
)
_with_baseline = options(
    click.option(
        "--baseline",
        "baseline_file",
        type=FOLDER,
        metavar="FILE",
        help="The baseline; reports/baselines/SCALE.json by default.",
    ),
    click.option("--threads", type=click.IntRange(min=1), help="CPU threads of trainings; probes use one."),
    with_jobs,
    click.option("--train", is_flag=True, help="Also run trainings without a current result in the store."),
    with_engine,
)


@click.command()
@click.argument("suite_files", metavar="SUITE...", nargs=-1, required=True)
@_with_baseline
@_with_scale
@with_places
@with_json
@with_ci_outputs
@click.option("--only", "globs", multiple=True, metavar="GLOB", help="Only matching experiments and cells; repeatable.")
@click.option(
    "--suites-changed-since",
    "revision",
    metavar="REV",
    help="Only suites whose file, or whose paper's files, differ from this git revision.",
)
@click.option("--strict", is_flag=True, help="Also fail on changed timings and statistical claims.")
def check(suite_files: tuple[str, ...], globs: tuple[str, ...], revision: str | None, **flags: Any) -> None:
    """Compare the current results of suites with a baseline; exits with 3 where something is worse or has changed.

    At ci scale it trains nothing. It runs the first steps of every training, tests the first weights, and repeats the
    measurements.
    """
    from harness.regression.check import check as checked_against  # noqa: PLC0415 - help does without it
    from harness.regression.check import exit_code  # noqa: PLC0415
    from harness.regression.outputs import write_outputs  # noqa: PLC0415
    from harness.regression.selection import changed_since  # noqa: PLC0415
    from harness.regression.terminal import as_document, show_checked  # noqa: PLC0415
    from harness.suite.shipped import suite_path  # noqa: PLC0415

    paths = [suite_path(name) for name in suite_files]
    if revision is not None:
        paths = changed_since(paths, revision)
        click.echo(f"{len(paths)} of {len(suite_files)} suites have changed since {revision}", err=True)
    rules, store, file = _asked(flags)
    checked = checked_against(paths, file, rules, store, globs=globs, strict=flags["strict"])
    if flags["as_json"]:
        click.echo(json.dumps(as_document(checked), indent=1, sort_keys=True))
    else:
        show_checked(checked)
    code = exit_code(checked)
    try:
        write_outputs(checked, flags["junit"], flags["markdown"], flags["github"])
    except UsageError as error:
        if code == 0:
            raise
        click.echo(error, err=True)  # the findings matter more than a file that could not be written
    sys.exit(code)


@click.group()
def baseline() -> None:
    """Make the baselines that `check` compares with."""


@baseline.command()
@click.argument("suite_files", metavar="SUITE...", nargs=-1, required=True)
@_with_baseline
@_with_scale
@with_places
@click.option("--yes", is_flag=True, help="Write without asking.")
def update(suite_files: tuple[str, ...], yes: bool, **flags: Any) -> None:  # noqa: FBT001
    """Make the entries of these suites in a baseline anew, show the changes, and write it; other entries stay."""
    from harness.regression.check import updated  # noqa: PLC0415
    from harness.regression.terminal import show_findings  # noqa: PLC0415
    from harness.suite.shipped import suite_path  # noqa: PLC0415

    rules, store, file = _asked(flags)
    asks = sys.stdin.isatty()
    if not yes and not asks:
        click.echo("without a terminal nobody can confirm: this only shows the changes; --yes writes them", err=True)
    found = updated([suite_path(name) for name in suite_files], file, rules, store)
    show_findings(found.differences)
    if not found.differences:
        click.echo("nothing would change but the recorded commit")
    if not yes and not asks:
        raise UsageError(f"{file} is unchanged: without a terminal nobody can confirm; pass --yes to write")
    if not yes and not click.confirm(f"write {file}?", err=True):
        raise UsageError(f"{file} is unchanged")
    found.baseline.write()
    click.echo(file)


def _asked(flags: dict[str, Any]) -> tuple[Any, Any, Path]:
    """Return the rules of a check, the store, and the baseline's file."""
    from harness.regression.observations import Rules  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    scale: ScaleName = flags["scale"]
    file = flags["baseline_file"] or Path("reports") / "baselines" / f"{scale}.json"
    rules = Rules(scale, runtime_of(flags), train=flags["train"], cluster=cluster_of(flags))
    return rules, Store(flags["store_folder"]), file
