"""Probes of all suites observed on one processor, torch and instruction set, and the alarms that they would raise.

    python tests/support/probe_observations.py write    adds this machine's observation to tests/observations/
    python tests/support/probe_observations.py          prints each observation's alarms against the baseline

An observation is added for each new kind of machine, torch or limit of instructions, so that a tolerance too narrow for
one of them is found before it stops somebody's gate. `ONEDNN_MAX_CPU_ISA` and `ATEN_CPU_CAPABILITY` limit the
instructions of `write`.
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
    """Run every probe here, and save the results with a description of this machine."""
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
    """Return a file name with processor, torch and instructions."""
    family = re.findall(r"(?:family|model) (\d+)", made_with["processor_kind"])
    words = ["-".join([made_with["device"]["instructions"].split(", ")[-1], *family])]
    words += [f"torch {made_with['packages']['torch']}", *made_with["device"]["instructions"].split(", ")[:-1]]
    return re.sub(r"[^A-Za-z0-9.]+", "-", "_".join(words)).lower()


def read(path: Path) -> dict[str, Any]:
    """Read an observation."""
    return dict(json.loads(gzip.decompress(path.read_bytes())))


def alarms(observed: dict[str, Any]) -> tuple[int, dict[str, str]]:
    """Compare an observation with today's baseline; return the number of compared probes and the alarms by name.

    A check takes a second look before it raises an alarm, which can only remove alarms; it is left out here.
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
                if part in probe["found"] or part not in ADDED  # earlier observations lack this part
            }
            one = compare_probe(suite, name, {**known[name], "found": held}, probe, Places(same=same, same_kind=True))
            compared += 1
            if one.severity == "regression":
                found[f"{suite} {name}"] = one.said
    return compared, found


def table() -> str:
    """Format one line per observation: processor, torch, instructions, compared probes, alarms; alarms follow below."""
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
