"""What the probes of all suites came to on one processor, torch and instruction set; and the alarms these would give.

    python tests/support/probe_observations.py write   adds what this machine sees to tests/observations/
    python tests/support/probe_observations.py         prints the alarms that each would give against the baseline

An observation is kept when a new kind of machine, torch or limit of instructions was at hand, so that a tolerance that
is too narrow for one of them shows before it stops somebody's gate. `ONEDNN_MAX_CPU_ISA` and `ATEN_CPU_CAPABILITY`
limit the instructions of `write`.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness.data.locate import Locations
from harness.machine.runtime import Runtime
from harness.regression.baseline import read_baseline
from harness.regression.check import updated
from harness.regression.compare_probes import ADDED, Places, compare_probe
from harness.regression.compare_snapshots import place
from harness.regression.observations import Rules
from harness.store.store import Store
from harness.suite.shipped import shipped_suites

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(__file__).parent.parent / "observations"
BASELINE = ROOT / "reports" / "baselines" / "ci.json"


def write() -> Path:
    """Run every probe here, and keep what they come to beside what this machine is."""
    rules = Rules("ci", Runtime(locations=Locations(), device="cpu", threads=1))
    with tempfile.TemporaryDirectory() as folder:
        suites = sorted(shipped_suites().glob("*.yaml"))
        baseline = updated(
            suites, Path(folder) / "ci.json", rules, Store(Path(folder) / "runs"), disturbing=False
        ).baseline
    made_with = next(iter(baseline.suites.values()))["made_with"]
    probes = {name: suite["probes"] for name, suite in baseline.suites.items()}
    path = FOLDER / f"{named(made_with)}.json.gz"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps({"made_with": made_with, "probes": probes}, sort_keys=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def named(made_with: dict[str, Any]) -> str:
    """A file name that says processor, torch and instructions."""
    family = re.findall(r"(?:family|model) (\d+)", made_with["processor_kind"])
    words = ["-".join([made_with["device"]["instructions"].split(", ")[-1], *family])]
    words += [f"torch {made_with['packages']['torch']}", *made_with["device"]["instructions"].split(", ")[:-1]]
    return re.sub(r"[^A-Za-z0-9.]+", "-", "_".join(words)).lower()


def read(path: Path) -> dict[str, Any]:
    """An observation."""
    return dict(json.loads(gzip.decompress(path.read_bytes())))


def alarms(observed: dict[str, Any]) -> tuple[int, dict[str, str]]:
    """How many probes of an observation are those of today's baseline, and what alarms they give, by suite and name.

    Without the second look that a check takes before it alarms: it can only take alarms away.
    """
    suites, compared, found = read_baseline(BASELINE, "ci").suites, 0, dict[str, str]()
    for suite, probes in observed["probes"].items():
        known = suites.get(suite, {}).get("probes", {})
        for name, probe in probes.items():
            if name not in known or known[name]["asked"] != probe["asked"]:
                continue
            same = place(suites[suite]["made_with"]) == place(observed["made_with"])
            held = {
                part: found
                for part, found in known[name]["found"].items()
                if part in probe["found"] or part not in ADDED  # an earlier observation says nothing of it
            }
            one = compare_probe(suite, name, {**known[name], "found": held}, probe, Places(same=same, same_kind=True))
            compared += 1
            if one.severity == "regression":
                found[f"{suite} {name}"] = one.said
    return compared, found


def table() -> str:
    """One line an observation: processor, torch, instructions, probes compared, alarms; alarms below their line."""
    lines = [f"{'probes':>6} {'alarms':>6}  made with"]
    for path in sorted(FOLDER.glob("*.json.gz")):
        observed = read(path)
        compared, found = alarms(observed)
        made_with = observed["made_with"]
        kind = made_with["processor_kind"].split(", cache")[0]
        lines.append(
            f"{compared:6} {len(found):6}  torch {made_with['packages']['torch']}, "
            f"{made_with['device']['instructions']} ({kind})"
        )
        lines += [f"{'':15}{name}: {said}" for name, said in found.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(f"{write() if sys.argv[1:] == ['write'] else table()}\n")
