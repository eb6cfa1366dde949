"""The settings of a user's Slurm: by flags, environment, or the configuration file that also names places of data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from harness.data.locate import CONFIG_FILES, config_table
from harness.errors import UsageError

ENVIRONMENT_PREFIX = "HARNESS_SLURM_"
TABLE = "slurm"
"""Name of the table in the configuration file."""

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Line = Annotated[str, Field(min_length=1, pattern=r"^[^\r\n]+$")]


class Settings(BaseModel):
    """What to ask of Slurm for each job, and how patiently to watch it; None leaves a choice to Slurm or the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partition: Line | None = None
    account: Line | None = None
    qos: Line | None = None
    gpus_per_node: Count | None = None
    """GPUs of a node, the most that a job on one node may ask for."""
    cpus_per_gpu: Count | None = None
    """Cores for each GPU of a job; for a job on no GPU, its cores. By default as many as the job's threads."""
    memory_gb: Count | None = None
    """Memory of a job on each node; by default from the size of its checkpoint."""
    walltime_min: Count | None = None
    """Minutes after which Slurm ends a job, which then goes on in another submission; by default from the estimate."""
    exclude: tuple[Line, ...] = ()
    """Nodes that must not be used."""
    setup: tuple[Line, ...] = ()
    """Shell lines before each job, such as `module load cuda`."""
    options: dict[Line, str] = Field(default_factory=dict)
    """Further options of sbatch, by name, such as `constraint`."""
    jobs_at_once: Count = 256
    """Jobs that may run at a time."""
    device_name: Line | None = None
    """Name of the nodes' GPU, for jobs that measure time; by default that of this machine."""
    requeue: bool = True
    """Whether Slurm may start a job again that it preempted or whose node failed."""
    poll_s: Seconds = 30.0
    """Seconds between two questions to Slurm."""
    grace_s: Seconds = 60.0
    """Seconds for which a result may be invisible here after its job has ended elsewhere."""
    start_within_s: Seconds = 600.0
    """Seconds within which a job that Slurm calls running has to have begun."""
    returns_within_s: Seconds = 180.0
    """Seconds within which a preempted job, or one whose node failed, may be back in the queue."""
    accepted_within_s: Seconds = 120.0
    """Seconds after which a submission without an answer, whose name no queue shows, was not accepted."""
    tries: Count = 3
    """Times that a job is submitted without getting further before it counts as failed."""
    save_before_s: Annotated[int, Field(ge=1, le=3600)] = 120
    """Seconds before its walltime at which a job is told to save and end."""


FIELDS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(kind)
    for name, kind in get_type_hints(Settings, include_extras=True).items()
    if name in Settings.model_fields
}


def gather(
    flags: Iterable[str] = (), environ: Mapping[str, str] | None = None, config_files: Iterable[Path] = CONFIG_FILES
) -> Settings:
    """Collect the settings; a flag KEY=VALUE comes before the environment, and that before a configuration file.

    Raises UsageError that names the flag, variable or file with a fault.
    """
    found: dict[str, Any] = {}
    for path in reversed(list(config_files)):
        table = config_table(path, TABLE)
        found |= {name: _checked(name, value, f"{path}: {TABLE}.{name}") for name, value in table.items()}
    for where, name, text in (*_variables(environ or {}), *_flags(flags)):
        found[name] = _checked(name, text, where, text=True)
    return Settings(**found)


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for variable, text in environ.items():
        if variable.startswith(ENVIRONMENT_PREFIX) and text:
            yield variable, variable.removeprefix(ENVIRONMENT_PREFIX).lower(), text


def _flags(flags: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    for flag in flags:
        name, equals, text = flag.partition("=")
        if not equals:
            raise UsageError(f"--slurm {flag}: expected KEY=VALUE")
        yield f"--slurm {name}", name, text


def _checked(name: str, value: Any, where: str, *, text: bool = False) -> Any:
    """Give the value of a setting as its type; `text` says that it comes as one string."""
    if name not in FIELDS:
        raise UsageError(f"{where}: there is no such setting; there are {', '.join(FIELDS)}")
    try:
        if text:
            return FIELDS[name].validate_python(_split(name, value))
        return FIELDS[name].validate_python(tuple(value) if isinstance(value, list) else value, strict=True)
    except (ValidationError, ValueError) as error:
        says = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise UsageError(f"{where}: {value!r}: {says}") from None


def _split(name: str, text: str) -> Any:
    """Take a string apart: nodes and options at commas, shell lines at line ends."""
    kind = get_origin(Settings.model_fields[name].annotation)
    if kind is tuple:
        return tuple(filter(None, text.split("\n" if name == "setup" else ",")))
    if kind is dict:
        pairs = [part.partition("=") for part in text.split(",") if part]
        if any(not equals for _, equals, _ in pairs):
            raise ValueError("expected NAME=VALUE, NAME=VALUE")
        return {option: value for option, _, value in pairs}
    return text
