"""Prints, every night, the two tables of how far the gate and the tests can be trusted; ends with 1 where they cannot.

    python tests/trust_tables.py                        both tables, the whole of them
    python tests/trust_tables.py --only views           the first, and of the second these categories or changes

The first holds the alarms that the committed baseline gives on each processor, torch and instruction set that was
seen (`tests/observations/`). The second holds the changes of method (`tests/method_changes/`), each with what caught
it: what `tests/method_mutations.py` has found already counts, and what is missing is run, so a night that was stopped
goes on.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

HERE = Path(__file__).parent
FOLDER = click.Path(path_type=Path)


def printed(title: str, *command: str) -> bool:
    """Print a title and what a command prints below it, which makes a process of its own; whether all is well."""
    click.echo(f"\n{title}\n{'=' * len(title)}")
    return subprocess.run([sys.executable, *command], stdout=sys.stdout.fileno(), check=False).returncode == 0


@click.command()
@click.option("--only", "words", multiple=True, help="Of the changes a category, or words of one; may be given again.")
@click.option("--jobs", default=2, show_default=True, help="Processes at a time.")
@click.option(
    "--folder", type=FOLDER, default=Path(tempfile.gettempdir()) / "method-mutations", help="Where it goes on."
)
@click.option("--observations", type=FOLDER, default=HERE / "observations", help="What was seen on other machines.")
def main(words: tuple[str, ...], jobs: int, folder: Path, observations: Path) -> None:
    """Print both tables; ends with 1 where an alarm or a change of method stands."""
    quiet = printed(
        "Alarms of the committed baseline, by processor, torch and instruction set",
        str(HERE / "support" / "probe_observations.py"),
        str(observations),
    )
    only = [part for word in words for part in ("--only", word)]
    caught = printed(
        "Changes of method, and what caught each",
        str(HERE / "method_mutations.py"),
        f"--jobs={jobs}",
        f"--folder={folder}",
        *only,
    )
    sys.exit(0 if quiet and caught else 1)


if __name__ == "__main__":
    main()
