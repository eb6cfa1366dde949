"""A stand-in for Slurm: commands that answer as Slurm does, and whose jobs end at once with a result, or as told.

`python pretended_slurm.py COMMAND FOLDER ARGUMENTS...` is one call of a command; scripts on PATH make it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

COMMANDS = ("sbatch", "squeue", "scancel", "scontrol", "srun")
HERE = Path(__file__).parent


def install(folder: Path, **settings: object) -> Path:
    """Write the commands into a folder, to be put first on PATH; give it."""
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps({"array": 1001, "ends": "COMPLETED", **settings}))
    for name in COMMANDS:
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "pretended_slurm.py"} {name} {folder} "$@"\n')
        script.chmod(0o755)
    return folder


def sbatch(folder: Path, script: str) -> str:
    """Take an array; each of its jobs ends at once."""
    text = Path(script).read_text()
    name = re.findall(r"--job-name=(\S+)", text)[0]
    last = int(re.findall(r"--array=0-(\d+)", text)[0])
    number = 1 + sum(1 for _ in folder.glob("array-*"))
    settings = json.loads((folder / "settings.json").read_text())
    (folder / f"array-{number}").write_text(json.dumps({"name": name, "last": last, "state": settings["ends"]}))
    if settings["ends"] == "COMPLETED":
        submission = Path(re.findall(r"body '?(\S+?)'?$", text, re.MULTILINE)[0])
        for job in json.loads((submission / "submission.json").read_text())["jobs"]:
            finish(submission.parent.parent / job["folder"], job["key"])
    return f"Submitted batch job {number}"


def finish(folder: Path, key: str) -> None:
    """Write the result of a job that does nothing."""
    from harness.store.documents import RESULT_FORMAT, json_text, seal

    nothing: dict[str, object] = {name: {} for name in ("beside", "environment", "inputs", "outputs", "values")}
    cost = {"seconds": 0.0, "finished_at": "2026-01-01T00:00:00+00:00"}
    result = {**nothing, "format": RESULT_FORMAT, "key": key, "kind": "measure", "code": "0" * 64, "outcome": "done",
              "data": [], "marks": [], "cost": cost}  # fmt: skip
    (folder / "result.json").write_text(json_text(seal(result)))


def squeue(folder: Path) -> str:
    """List every task of every array."""
    lines = []
    for path in folder.glob("array-*"):
        array = json.loads(path.read_text())
        number = path.name.removeprefix("array-")
        if array["state"] == "PENDING":
            lines.append(f"{number}|0-{array['last']}%9|PENDING||{array['name']}|Priority")
        else:
            lines += [f"{number}|{i}|{array['state']}|n1|{array['name']}|None" for i in range(array["last"] + 1)]
    return "\n".join(lines)


def main(command: str, folder: str, *arguments: str) -> None:
    """Answer one call, and note it."""
    here = Path(folder)
    with (here / "calls").open("a") as calls:
        calls.write(" ".join([command, *arguments[:3]]) + "\n")
    if command == "sbatch":
        sys.stdout.write(f"{sbatch(here, arguments[-1])}\n")
    elif command == "squeue":
        sys.stdout.write(f"{squeue(here)}\n")
    elif command == "scontrol":
        settings = json.loads((here / "settings.json").read_text())
        sys.stdout.write(f"MaxArraySize            = {settings['array']}\n")


if __name__ == "__main__":
    sys.path.insert(0, os.environ.get("HARNESS_TEST_PACKAGE", str(HERE.parents[1])))
    main(*sys.argv[1:])
