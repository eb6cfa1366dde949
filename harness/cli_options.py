"""What the commands share: their options, the settings these amount to, and how a command ends that could not go on."""

from __future__ import annotations

import difflib
import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.errors import HarnessError, Interrupted
from harness.scale_names import SCALES

Function = TypeVar("Function", bound=Callable[..., Any])


class Commands(click.Group):
    """A group that names the nearest command or option when one is misspelt."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find a command; raises click's UsageError with the nearest name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(error.message + hint, ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt, a reader that left, a full disk and a forbidden file are no tracebacks."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of a pipe, such as `head`, has left; what was left to say has no reader
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(128 + signal.SIGPIPE)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise HarnessError(f"{error.filename or 'the output'} cannot be written: {error.strerror}") from None
            if error.filename is None:
                raise
            raise HarnessError(f"{error.filename} cannot be used: {error.strerror}") from None
        except KeyboardInterrupt:
            raise Interrupted(signal.SIGINT, "stopped at once; the same command goes on from what is saved") from None


def options(*options: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """Several options as one decorator."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


with_scale = click.option(
    "--scale",
    type=click.Choice(SCALES),
    help="How large a world to run in; without it, the largest whose data are on disk and that ends within 30 minutes.",
)
FOLDER = click.Path(path_type=Path)
with_store = click.option(
    "--store",
    "store_folder",
    type=FOLDER,
    default=Path("runs"),
    show_default=True,
    help="Where jobs leave their results.",
)
with_places = options(
    with_store,
    click.option("--data-root", type=FOLDER, help="A folder that holds data sets, in torchvision's layout."),
    click.option(
        "--data", "data_flags", multiple=True, metavar="NAME=DIR", help="Where one set lies; may be repeated."
    ),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="CUDA when there is a GPU, else the CPU.",
    ),
)
with_micro_batch = click.option(
    "--micro-batch",
    type=click.IntRange(min=1),
    metavar="IMAGES",
    help="Put at most so many images through a net at once, for less memory; batches keep their size.",
)
with_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
with_out = click.option(
    "--out", type=click.Path(path_type=Path), help="Where the report goes; reports/SUITE/SCALE by default."
)


def runtime_of(flags: dict[str, Any]) -> Any:
    """The runtime settings that the flags describe."""
    from harness.data.locate import Locations  # noqa: PLC0415
    from harness.runtime import Runtime, cores  # noqa: PLC0415

    return Runtime(
        locations=Locations.gather(flags["data_root"], flags["data_flags"], os.environ),
        device=flags["device"],
        threads=flags.get("threads") or cores(),
        checkpoint_every_s=flags.get("checkpoint_every_s", 60.0),
        resume_elsewhere=flags.get("resume_elsewhere", False),
        micro_batch=flags.get("micro_batch"),
    )
