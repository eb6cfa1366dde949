"""The commands that write the first files of a paper, or of a suite, in the folder where they are given."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import Commands

with_keep = click.option("--keep", is_flag=True, help="Keep the files that are there, and write the others.")


@click.group(cls=Commands)
def new() -> None:
    """Begin a paper of your own in this folder, or another suite of it; nothing that is there is overwritten."""


@new.command()
@click.argument("name")
@with_keep
def paper(name: str, keep: bool) -> None:  # noqa: FBT001
    """Write a project that reproduces the paper NAME: its files, a net, a suite, a test, a workflow.

    It validates, plans and runs at `ci` at once, in this folder, without being installed.
    """
    from harness.suite.new_files import FIRST_SUITE, paper_texts, schema_texts  # noqa: PLC0415 - pydantic and YAML

    texts, project = paper_texts(name), Path("pyproject.toml")
    kept = project.exists()
    _write(texts, keep=keep)
    if kept:
        click.echo(f"{project} was kept; it needs these lines, by which suites find the net and the paper:")
        click.echo(_entry_points(texts[project]))
    _take_in_what_it_adds()
    _write(schema_texts(), keep=True)
    suite = f"suites/{name}_{FIRST_SUITE}.yaml"
    click.echo(f"next: python -m harness validate {suite}, and python -m harness run {suite} --scale ci")


@new.command()
@click.argument("name")
@click.option("--paper", "of", metavar="PAPER", help="Of which paper; where there is one in `suites`, that.")
def suite(name: str, of: str | None) -> None:
    """Write suites/NAME.yaml, a suite that validates, with the first net, recipe and protocol of its paper."""
    from harness.suite.new_files import suite_texts  # noqa: PLC0415 - pydantic and YAML

    _write(suite_texts(name, of, Path("suites")), keep=False)


def _write(texts: dict[Path, str], *, keep: bool) -> None:
    from harness.suite.new_files import write_new  # noqa: PLC0415 - pydantic and YAML

    for path in write_new(texts, keep=keep):
        click.echo(f"wrote {path}")


def _take_in_what_it_adds() -> None:
    """Have the schemas know the new net; who changes its fields writes them anew by `schema`."""
    from harness.jobs.extensions import REGISTRIES, add_all  # noqa: PLC0415 - pydantic

    for group in REGISTRIES:
        add_all(group)


def _entry_points(pyproject: str) -> str:
    """The tables of entry points in a project's file."""
    lines = pyproject.splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith("[project.entry-points")]
    return "\n".join(line for head in heads for line in lines[head : head + 2])
