"""Completion of commands, options and suites by the shell."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from harness.errors import UsageError

PROGRAM = "paper-harness"
VARIABLE = "_PAPER_HARNESS_COMPLETE"
"""The variable by which a shell asks for words; not that of click, which would name the module."""

SHELLS = ("bash", "zsh", "fish")
_THIS = "this"


def suites(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of known suites, and the files of the folder."""
    from harness.suite.shipped import suite_texts  # noqa: PLC0415 - only a shell that asks needs it

    names = [CompletionItem(name) for name in sorted(suite_texts()) if name.startswith(begun)]
    return [*names, CompletionItem(begun, type="file")]


def _show(context: click.Context, _: click.Parameter, shell: str | None) -> None:
    """Print the script that the shell has to read, and end."""
    if shell is None or context.resilient_parsing:
        return
    name = Path(os.environ.get("SHELL", "")).name if shell == _THIS else shell
    found = get_completion_class(name) if name in SHELLS else None
    if found is None:
        asked = f"for the shell {name!r}" if name else "because SHELL names no shell"
        raise UsageError(f"there is no completion {asked}; name one: --show-completion bash, zsh or fish")
    click.echo(found(context.command, {}, PROGRAM, VARIABLE).source())
    context.exit()


with_completion = click.option(
    "--show-completion",
    is_flag=False,
    flag_value=_THIS,
    metavar="[SHELL]",
    expose_value=False,
    is_eager=True,
    callback=_show,
    help='Print the completion of this shell, or of SHELL: eval "$(paper-harness --show-completion bash)".',
)
