"""`python -m harness`: the one place where an error becomes a line on standard error and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from harness.errors import HarnessError


def main() -> None:
    """Run the command line."""
    from harness.cli.main import command  # noqa: PLC0415 - after this module's own start, so that errors of it show

    try:
        command.main(prog_name="python -m harness", standalone_mode=True)
    except HarnessError as error:
        with suppress(OSError):  # a terminal that is gone
            sys.stderr.write(f"{error}\n")
            sys.stderr.flush()
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
