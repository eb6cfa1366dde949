"""The settings of Slurm, from flags, the environment and configuration files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.run.executors.slurm.settings import FIELDS, Settings, gather

FILE = """
[slurm]
partition = "file"
account = "lab"
setup = ["module load cuda", "module load python"]
exclude = ["n7"]
memory_gb = 64
requeue = false
[slurm.options]
constraint = "h200"
"""


def gathered(*flags: str, file: Path | None = None, **environ: str) -> Settings:
    """Gather settings of these sources alone."""
    return gather(flags, environ, [] if file is None else [file])


def test_a_flag_comes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    """Setting by setting."""
    (file := tmp_path / "harness.toml").write_text(FILE)
    found = gathered("partition=flag", file=file, HARNESS_SLURM_PARTITION="environment", HARNESS_SLURM_ACCOUNT="other")
    assert (found.partition, found.account, found.memory_gb, found.requeue) == ("flag", "other", 64, False)
    assert found.setup == ("module load cuda", "module load python")
    assert found.options == {"constraint": "h200"}


def test_text_becomes_what_a_setting_is() -> None:
    """Nodes at commas, shell lines at line ends, options as pairs."""
    found = gathered(
        "exclude=n1,n2",
        "options=constraint=a100,reservation=us",
        "poll_s=2.5",
        "requeue=no",
        HARNESS_SLURM_SETUP="a, b\nc",
    )
    assert (found.exclude, found.setup, found.poll_s, found.requeue) == (("n1", "n2"), ("a, b", "c"), 2.5, False)
    assert found.options == {"constraint": "a100", "reservation": "us"}


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("partition", "--slurm partition: expected KEY=VALUE"),
        ("queue=x", "--slurm queue: there is no such setting; there are partition, account"),
        ("memory_gb=0", "--slurm memory_gb: '0': Input should be greater than or equal to 1"),
        ("memory_gb=lots", "--slurm memory_gb: 'lots': Input should be a valid integer"),
        ("poll_s=inf", "--slurm poll_s: 'inf': Input should be a finite number"),
        ("partition=a\nb", "--slurm partition"),
        ("options=constraint", "--slurm options: 'constraint': expected NAME=VALUE"),
    ],
)
def test_a_faulty_flag_is_named_with_its_fault(flag: str, says: str) -> None:
    """One message, no traceback."""
    with pytest.raises(UsageError) as caught:
        gathered(flag)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[slurm]\nmemory_gb = '64'\n", "slurm.memory_gb: '64': Input should be a valid integer"),
        ("[slurm]\nqueue = 'x'\n", "slurm.queue: there is no such setting"),
        ("slurm = 1\n", "slurm is not a table"),
        ("[cluster]\n", "unknown key 'cluster'; there are only [data] and [slurm]"),
    ],
)
def test_a_faulty_file_is_named_with_its_fault(tmp_path: Path, text: str, says: str) -> None:
    """In a file a number has to be a number."""
    (file := tmp_path / "harness.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        gathered(file=file)
    assert str(caught.value).startswith(f"{file}: {says}")


def test_every_setting_can_be_given_in_every_way() -> None:
    """The names are the same everywhere, and each has a check."""
    assert FIELDS.keys() == Settings.model_fields.keys()


def test_settings_without_any_source_are_the_defaults() -> None:
    """And they cannot be changed afterwards."""
    found: Any = gathered()
    assert found == Settings()
    with pytest.raises(ValueError, match="frozen"):
        found.partition = "x"
