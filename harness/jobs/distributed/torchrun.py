"""Runs torchrun once for one job and records which of its processes were lost.

Usage: `python -m harness.jobs.distributed.torchrun PROCESSES SOCKET FOLDER`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from torch.distributed import run
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from harness.jobs.distributed.process import LOST


def main(processes: str, address: str, folder: str) -> int:
    """Start the processes and wait for them; return the exit code.

    Their output goes to files in `folder`, as does the record of lost processes (`LOST`).
    """
    logs = ["--redirects", "3", "--log-dir", folder]
    here = ["--standalone", "--local-addr", "localhost", "--max-restarts", "0"]
    what = ["--nproc-per-node", processes, "--module", "harness.jobs.distributed.process", address]
    try:
        run.run(run.parse_args([*here, *logs, *what]))  # type: ignore[no-untyped-call]
    except ChildFailedError as error:
        lost = [[rank, failure.exitcode] for rank, failure in error.failures.items()]
        (Path(folder) / LOST).write_text(json.dumps(lost), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
