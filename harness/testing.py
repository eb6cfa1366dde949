"""Results of a suite for use in other people's tests: its cells and claims by name, each with a one-line description.

The main entry is the fixture `reproduction` of the pytest plugin; `reproduce` runs a suite without pytest.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.errors import HarnessError, UsageError
from harness.store.locks import held
from harness.store.store import make_writable

if TYPE_CHECKING:
    from harness.report.results.document import Results
    from harness.report.results.verdict_records import CellRecord, ClaimRecord

_PACKAGE = Path(__file__).parent
_LAST_LINES = 20

Named = TypeVar("Named")


@dataclass(frozen=True, slots=True)
class ReproducedCell:
    """One printed number beside ours, all numbers in the cell's unit; None where nothing was measured."""

    id: str
    label: str
    printed: str
    paper: float | None
    unit: str
    mean: float | None
    interval: tuple[float, float] | None
    """95% t interval over seeds."""
    values: dict[int, float]
    """Values by seed."""
    outcome: str
    reason: str

    def __repr__(self) -> str:
        from harness.report.page.numbers import digits_after, plain  # noqa: PLC0415 - a plugin is imported in every run

        digits = digits_after(self.printed)
        bounds = " to ".join(plain(end, digits) for end in self.interval) if self.interval else ""
        ours = "not measured" if self.mean is None else f"ours {plain(self.mean, digits)}{self.unit}"
        over = f" over {len(self.values)} seeds" if len(self.values) > 1 else ""
        within = f" ({bounds})" if bounds else ""
        return f"<cell {self.id}: paper {self.printed}{self.unit}, {ours}{within}{over}, {self.outcome}: {self.reason}>"


@dataclass(frozen=True, slots=True)
class ReproducedClaim:
    """A claim of the paper with its verdict, its evidence, and the effect where there is one."""

    id: str
    ref: str
    says: str
    outcome: str
    evidence: str
    effect: float | None
    n: int | None
    p: float | None
    reason: str

    def __repr__(self) -> str:
        at = f" ({self.evidence})" if self.evidence else ""
        return f"<claim {self.id}: {self.outcome}{at}: {self.reason}: {self.says}>"


@dataclass(slots=True)
class Reproduction:
    """The results of a suite at one scale, and the cells and claims that a test looked at.

    `results` is the whole document of the report; `page` is the path of its HTML page.
    """

    results: Results
    page: Path
    looked_at: dict[str, ReproducedCell | ReproducedClaim] = field(default_factory=dict)

    @property
    def cells(self) -> list[ReproducedCell]:
        """Every printed number, in the order of the suite."""
        return [_cell(record) for record in self.results.cells]

    @property
    def claims(self) -> list[ReproducedClaim]:
        """Every claim, in the order of the suite."""
        return [_claim(record) for record in self.results.claims]

    def cell(self, name: str) -> ReproducedCell:
        """Return the cell with this id, such as `cnn.top1`; raises UsageError that names the nearest id otherwise."""
        __tracebackhide__ = True  # makes pytest show the line of the test
        found = _named({cell.id: cell for cell in self.cells}, name, "cell")
        self.looked_at[f"cell {name}"] = found
        return found

    def claim(self, name: str) -> ReproducedClaim:
        """Return the claim with this id; raises UsageError that names the nearest id otherwise."""
        __tracebackhide__ = True
        found = _named({claim.id: claim for claim in self.claims}, name, "claim")
        self.looked_at[f"claim {name}"] = found
        return found

    def told(self) -> str:
        """List the cells and claims that a test looked at, one per line, and the path of the report."""
        seen = [repr(one) for one in self.looked_at.values()] or [self.results.headline]
        return "\n".join([*seen, f"report: {self.page}"])


def reproduce(suite: str, scale: str, store: Path, out: Path, folder: Path) -> Reproduction:
    """Run what a suite still needs, in the folder `folder`, and write its report to `out`.

    Stale results run again; nothing is downloaded. One run at a time works in a store, and others wait for it. The run
    has a process of its own, so that threads, determinism and memory of torch in this process stay as they are. Raises
    UsageError for a store that is not writable, and HarnessError with the exit code and message of a failed run.
    """
    arguments = ["run", suite, "--scale", scale, "--store", str(store), "--out", str(out), "--offline"]
    command = [sys.executable, "-P", "-m", "harness", *arguments, "--refresh-stale"]
    said: deque[str] = deque(maxlen=_LAST_LINES)
    with (
        _alone(store),
        subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=folder, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            sys.stderr.write(line)
            said.append(line)
    if process.returncode:
        raise _error(process.returncode, "".join(said).strip() or f"ended with exit code {process.returncode}")
    from harness.report.page.read import read_results  # noqa: PLC0415 - a plugin is imported in every run

    return Reproduction(read_results(out), out / "index.html")


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Wait for other processes that reproduce into this store, such as the workers of one test run."""
    make_writable(store, "the store", "name another with --harness-store DIR")
    with held(store, "reproduction.lock", wait=True):
        yield


def _environment() -> dict[str, str]:
    """Return this process's environment, with the package on the path where it is not installed."""
    if "site-packages" in _PACKAGE.parts:
        return dict(os.environ)
    paths = [str(_PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def _error(code: int, message: str) -> HarnessError:
    error = HarnessError(message)
    error.exit_code = code
    return error


def _named(known: Mapping[str, Named], name: str, kind: str) -> Named:
    __tracebackhide__ = True
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known) or 'none'}"
    raise UsageError(f"no {kind} {name!r} in this suite; {hint}")


def _cell(record: CellRecord) -> ReproducedCell:
    return ReproducedCell(
        id=record.id,
        label=record.label,
        printed=record.printed,
        paper=record.paper,
        unit=record.unit,
        mean=record.mean,
        interval=_closed(record.interval),
        values={int(seed): value for seed, value in record.values.items() if value is not None},
        outcome=record.outcome,
        reason=record.reason,
    )


def _closed(interval: Sequence[float | None] | None) -> tuple[float, float] | None:
    """Both ends of an interval; None where one is open."""
    low, high = interval or (None, None)
    return None if low is None or high is None else (low, high)


def _claim(record: ClaimRecord) -> ReproducedClaim:
    return ReproducedClaim(
        id=record.id,
        ref=record.ref,
        says=record.says,
        outcome=record.outcome,
        evidence=record.evidence,
        effect=record.effect,
        n=record.n,
        p=record.p,
        reason=record.reason,
    )
