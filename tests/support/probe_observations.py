"""Probes of all suites observed on one processor, torch and instruction set, and the alarms that they would raise.

    python tests/support/probe_observations.py write    adds what this machine sees to tests/observations/
    python tests/support/probe_observations.py          prints the alarms that each would give against the baseline
    python tests/support/probe_observations.py FOLDER   the same of the observations that lie there

It ends with 1 where an alarm stands.

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
WANTED = [
    (maker, torch, limit)
    for maker, limits in {"AuthenticAMD": ("AVX2", "AVX-512"), "GenuineIntel": ("AVX2", "AVX-512", "AMX")}.items()
    for torch in ("2.11.0", "2.14.1")
    for limit in limits
]
"""Processors, versions of torch and instruction sets that the baseline is to give no alarm on; AMX is Intel's."""


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


def table(folder: Path = FOLDER) -> tuple[str, bool]:
    """One line an observation: processor, torch, instructions, probes compared, alarms; and whether there is none.

    Alarms stand below their line; below the table stand the makers and instruction sets that nobody could try.
    """
    lines, quiet, seen = [f"{'probes':>6} {'alarms':>6}  made with"], True, set[tuple[str, str, str]]()
    for path in sorted(folder.glob("*.json.gz")):
        observed = read(path)
        compared, found = alarms(observed)
        made_with = observed["made_with"]
        kind = made_with["processor_kind"].split(", cache")[0]
        torch, instructions = made_with["packages"]["torch"], made_with["device"]["instructions"]
        lines.append(f"{compared:6} {len(found):6}  torch {torch}, {instructions} ({kind})")
        lines += [f"{'':15}{name}: {said}" for name, said in found.items()]
        quiet = quiet and not found
        seen.add((kind.removeprefix("vendor_id ").split(",")[0], torch, instruction_set(instructions)))
    lines += [f"{'-':>6} {'-':>6}  not tried: torch {torch}, {limit} ({maker})"
              for maker, torch, limit in WANTED if (maker, torch, limit) not in seen]  # fmt: skip
    return "\n".join(lines), quiet


def instruction_set(instructions: str) -> str:
    """What decides most of the rounding: what oneDNN uses, or where it is not named what torch does."""
    named = instructions.rsplit("oneDNN ", maxsplit=1)[-1].split(",", maxsplit=1)[0].replace("-", "")
    if "AMX" in named:
        return "AMX"
    return "AVX-512" if named.startswith("AVX512") else "AVX2" if named.startswith("AVX2") else "SSE"


def main(arguments: list[str]) -> int:
    """What the command line asks for; gives the exit status."""
    if arguments == ["write"]:
        sys.stdout.write(f"{write()}\n")
        return 0
    said, quiet = table(*map(Path, arguments))
    sys.stdout.write(f"{said}\n")
    return 0 if quiet else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
