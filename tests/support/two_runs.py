"""Two fabricated runs of one suite: a sample's results, and a copy with everything changed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from harness.report.page.digests import sealed

SAMPLES = Path(__file__).parent.parent / "samples"
Results = dict[str, Any]


def sample(name: str = "small") -> Results:
    """Return the results of a report as written."""
    results: Results = json.loads((SAMPLES / f"{name}_results.json").read_text(encoding="utf-8"))
    return results


def cell_of(results: Results, name: str) -> Results:
    """Return one cell, to be changed."""
    return next(cell for cell in results["cells"] if cell["id"] == name)


def give(results: Results, name: str, values: list[float | None], **more: Any) -> Results:
    """Set a cell's values by seed, with their mean."""
    finite = [value for value in values if value is not None]
    by_seed = {str(seed): value for seed, value in enumerate(values)}
    cell = cell_of(results, name)
    cell.update({"values": by_seed, "n": len(values), "mean": sum(finite) / len(finite) if finite else None} | more)
    return cell


def moved() -> tuple[Results, Results]:
    """Return a sample and another run of it, with other numbers, verdicts, specs, deviations, data and machine."""
    a = sample()
    b = copy.deepcopy(a)
    give(b, "cnn.top1", [10.31, 10.02, 10.55, 9.92, 10.4], interval=[9.9, 10.58])
    give(b, "cnn.top5", [0.30, 0.29, 0.36, 0.29, 0.27], interval=[0.26, 0.34], extended=True)
    cell_of(b, "text_parameters").update(values={"0": 60965225.0}, mean=60965225.0)
    b["cells"] = [cell for cell in b["cells"] if cell["id"] != "sift_fv.top5"]
    b["claims"][4] |= {"outcome": "CONFIRMED", "reason": "paired t over 5 seeds", "effect": -0.02, "p": 0.01}
    b["claims"][0] |= {"says": "It is said otherwise"}
    del b["claims"][9]
    b["deviations"] = b["deviations"][1:]
    b["deviations"][0] |= {"why": "Another reason"}
    spec = next(iter(b["experiments"].values()))["spec"]
    spec["added"] = {"rate": 0.5}
    b["environment"]["torch"] = "99.1"
    b["environment"]["only_here"] = True
    b["data"][0]["fingerprint"] = "0" * 64
    return sealed(a, {}), sealed(b, {})
