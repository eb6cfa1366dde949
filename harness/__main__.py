"""`python -m harness`: the one place where an error becomes a line on standard error and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TextIO

from harness.errors import HarnessError


def main() -> None:
    """Run the command line."""
    from harness.cli.completion import VARIABLE  # noqa: PLC0415
    from harness.cli.main import command  # noqa: PLC0415 - after this module's own start, so that errors of it show

    try:
        command.main(prog_name="python -m harness", complete_var=VARIABLE, standalone_mode=True)
    except HarnessError as error:
        with suppress(OSError):  # a terminal that is gone
            sys.stderr.write(f"{error}\n")
            sys.stderr.flush()
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    finally:
        for stream in (sys.stdout, sys.stderr):
            drop_unheard(stream)


def drop_unheard(stream: TextIO) -> None:
    """Discard buffered output for a terminal or pipe that is gone.

    Otherwise the interpreter tries to write it once more as it ends, fails, and exits with 120 instead of our code.
    """
    try:
        stream.flush()
    except OSError as error:
        if error.errno not in (errno.EIO, errno.EPIPE):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
