"""The code and the suites of an earlier commit, to compare with today's."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def unpacked(commit: str, folder: Path) -> Path:
    """Unpack `harness` and `suites` of a commit below the folder, once; return where they lie.

    Raises subprocess.CalledProcessError where the history of this copy does not hold the commit.
    """
    git = ["git", "-C", str(ROOT)]
    command = [*git, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    place = folder / name
    if not (place / "code").exists():
        place.mkdir(parents=True, exist_ok=True)
        archive = place / "code.tar"
        subprocess.run([*git, "archive", "--output", str(archive), name, "harness", "suites"], check=True)
        with tarfile.open(archive) as members:
            members.extractall(place / "unpacking", filter="data")
        (place / "unpacking").rename(place / "code")
    return place / "code"
