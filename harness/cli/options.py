"""Options shared by several commands, the runtime settings that they describe, and errors of a command as messages."""

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

from harness.errors import HarnessError, Interrupted, UsageError
from harness.vocabulary import SCALES

Function = TypeVar("Function", bound=Callable[..., Any])


class Commands(click.Group):
    """A group of commands that suggests the nearest name for a misspelt command or option."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find a command; raises click's UsageError with the nearest name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(error.message + hint, ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the whole first sentence of every command, in as many lines as it takes."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, one.get_short_help_str(limit=1000)) for name, one in commands if one and not one.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt, a closed pipe, a full disk or a forbidden file gives no traceback."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of a pipe, such as `head`, has left
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
    """Combine several options into one decorator."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


with_scale = click.option(
    "--scale",
    type=click.Choice(SCALES),
    help="Scale of the run; by default the largest whose data are on disk and that ends within 30 minutes.",
)
with_reported_scale = click.option(
    "--scale", type=click.Choice(SCALES), help="Scale of the report; by default the largest with results here."
)
FOLDER = click.Path(path_type=Path)
with_store = click.option(
    "--store",
    "store_folder",
    type=FOLDER,
    default=Path("runs"),
    show_default=True,
    help="Folder of jobs and their results.",
)
with_places = options(
    with_store,
    click.option("--data-root", type=FOLDER, help="A folder that holds a folder for each data set."),
    click.option("--data", "data_flags", multiple=True, metavar="NAME=DIR", help="Folder of one data set; repeatable."),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="By default CUDA when there is a GPU, otherwise the CPU.",
    ),
)
with_micro_batch = click.option(
    "--micro-batch",
    type=click.IntRange(min=1),
    metavar="IMAGES",
    help="Pass at most this many images through a net at once, to save memory; batches keep their size.",
)
with_processes = options(
    click.option(
        "--gpus",
        type=click.IntRange(min=1),
        metavar="N",
        help="Share each batch of a training or test among this many GPUs; batches keep their size.",
    ),
    click.option(
        "--processes",
        type=click.IntRange(min=1),
        metavar="N",
        help="The same with this many processes on any device: one per GPU, or all on the CPU.",
    ),
)
with_jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run this many jobs at a time; by default as suits the plan: on a GPU several small trainings or a large one.",
)
with_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
with_out = click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the report; reports/SUITE/SCALE by default."
)


with_open = click.option("--open", "opened", is_flag=True, help="Open the report in a browser.")


def open_page(page: Path) -> None:
    """Open a page in the user's browser; say so where there is none."""
    import webbrowser  # noqa: PLC0415

    if not webbrowser.open(page.resolve().as_uri()):
        click.echo(f"no browser could be started here; the report is {page}", err=True)


CLUSTER_THREADS = 8
"""Threads of each process on a cluster, whose nodes have other cores than this machine."""
with_engine = options(
    click.option(
        "--on",
        type=click.Choice(["local", "slurm"]),
        default="local",
        show_default=True,
        help="Where jobs run: on this machine, or on your Slurm (see docs/slurm.md).",
    ),
    click.option(
        "--slurm",
        "slurm_flags",
        multiple=True,
        metavar="KEY=VALUE",
        help="A setting of Slurm, such as partition=gpu; repeatable. Also HARNESS_SLURM_KEY; [slurm] in harness.toml.",
    ),
    click.option(
        "--nodes",
        type=click.IntRange(min=1),
        metavar="N",
        help="With --on slurm: share the GPUs or processes of each training evenly among this many nodes.",
    ),
)


def cluster_of(flags: dict[str, Any]) -> Any:
    """Return the cluster that the flags describe; None for this machine. Raises UsageError for flags without effect."""
    if flags["on"] == "local":
        given = "--slurm" if flags["slurm_flags"] else "--nodes" if flags["nodes"] else None
        if given is not None:
            raise UsageError(f"{given} is a setting of --on slurm; give both, or leave it out")
        return None
    from harness.run.executors.slurm.cluster import Cluster  # noqa: PLC0415
    from harness.run.executors.slurm.settings import gather  # noqa: PLC0415

    return Cluster(gather(flags["slurm_flags"], os.environ), flags.get("nodes") or 1)


def runtime_of(flags: dict[str, Any]) -> Any:
    """Return the runtime settings that the flags describe."""
    from harness.data.locate import Locations  # noqa: PLC0415
    from harness.machine.entry_points import names  # noqa: PLC0415
    from harness.machine.runtime import Runtime, cores  # noqa: PLC0415

    also = names("datasets")
    locations = Locations.gather(flags["data_root"], flags["data_flags"], os.environ, also=also)
    device, processes = _shared_by(flags)
    on_cluster = flags.get("on") == "slurm"
    jobs = 1 if on_cluster else _at_once(flags, device, processes)
    own = CLUSTER_THREADS if on_cluster else max(1, cores() // (jobs * processes))
    return Runtime(
        locations=locations,
        device=device,
        threads=flags.get("threads") or own,
        jobs=jobs,
        open_threads=not on_cluster and not flags.get("threads"),
        open_jobs=not on_cluster and not flags.get("jobs"),
        processes=processes,
        checkpoint_every_s=flags.get("checkpoint_every_s", 60.0),
        resume_elsewhere=flags.get("resume_elsewhere", False),
        micro_batch=flags.get("micro_batch"),
    )


def _shared_by(flags: dict[str, Any]) -> tuple[Any, int]:
    """Return the device and the number of processes that share a batch; raises UsageError for contradicting flags."""
    gpus, processes = flags.get("gpus"), flags.get("processes")
    if gpus is None:
        return flags["device"], processes or 1
    if processes not in (None, gpus):
        raise UsageError(f"--gpus {gpus} starts {gpus} processes; leave out --processes {processes}")
    if flags["device"] == "cpu":
        raise UsageError(f"--gpus {gpus} contradicts --device cpu; --processes {gpus} shares batches on a CPU")
    return "cuda", gpus


def _at_once(flags: dict[str, Any], device: str, processes: int) -> int:
    """Return the number of jobs at a time; 1 for a command that runs a single job."""
    if "jobs" not in flags or flags["jobs"] is not None:
        return flags.get("jobs") or 1
    from harness.run.executors.gpus import places  # noqa: PLC0415

    return places(device, processes)
