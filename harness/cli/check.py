"""Commands that hold what suites come to against a baseline."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from harness.cli.ci_outputs import with_ci_outputs
from harness.cli.options import FOLDER, options, runtime_of, with_json, with_places
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
        help="What to compare with; reports/baselines/SCALE.json by default.",
    ),
    click.option("--threads", type=click.IntRange(min=1), help="CPU threads of trainings; probes take one."),
    click.option("--train", is_flag=True, help="Run the trainings too that have no current result in the store."),
)


@click.command()
@click.argument("suite_files", metavar="SUITE...", nargs=-1, required=True)
@_with_baseline
@_with_scale
@with_places
@with_json
@with_ci_outputs
@click.option("--only", "globs", multiple=True, metavar="GLOB", help="Only experiments and cells named so; may repeat.")
@click.option(
    "--suites-changed-since",
    "revision",
    metavar="REV",
    help="Only suites whose file, or whose paper's files, differ from this git revision.",
)
@click.option("--strict", is_flag=True, help="Let timings and changed outcomes of statistical claims gate too.")
def check(suite_files: tuple[str, ...], globs: tuple[str, ...], revision: str | None, **flags: Any) -> None:
    """Compare what suites come to now with a baseline; exits 3 where something has got worse or is no longer the same.

    At ci it trains nothing: it takes the first steps of every training, tests its first weights, and measures again.
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
        click.echo(error, err=True)  # what was found weighs more than where it could not be written
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
    """Make a baseline's entries of these suites anew, show what that changes, and write it; others stay as they are."""
    from harness.regression.check import updated  # noqa: PLC0415
    from harness.regression.terminal import show_findings  # noqa: PLC0415
    from harness.suite.shipped import suite_path  # noqa: PLC0415

    rules, store, file = _asked(flags)
    asks = sys.stdin.isatty()
    if not yes and not asks:
        click.echo(
            "without a terminal nobody can be asked: this shows what would change; --yes would write it", err=True
        )
    found = updated([suite_path(name) for name in suite_files], file, rules, store)
    show_findings(found.differences)
    if not found.differences:
        click.echo("nothing would change but the commit that it names")
    if not yes and not asks:
        raise UsageError(f"{file} is unchanged: without a terminal nobody can be asked; pass --yes to write")
    if not yes and not click.confirm(f"write {file}?", err=True):
        raise UsageError(f"{file} is unchanged")
    found.baseline.write()
    click.echo(file)


def _asked(flags: dict[str, Any]) -> tuple[Any, Any, Path]:
    """The rules of a check, the store, and the baseline's file."""
    from harness.regression.observations import Rules  # noqa: PLC0415
    from harness.store.store import Store  # noqa: PLC0415

    scale: ScaleName = flags["scale"]
    file = flags["baseline_file"] or Path("reports") / "baselines" / f"{scale}.json"
    return Rules(scale, runtime_of(flags), train=flags["train"]), Store(flags["store_folder"]), file
