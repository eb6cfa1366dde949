"""The speed and power of a device for each shape of job, as earlier runs or a calibration measured them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from harness.machine.cache import cache_folder
from harness.machine.environment import gpus, processor
from harness.machine.runtime import Runtime
from harness.plan.job import Job
from harness.store.documents import canonical, parsed_json
from harness.store.store import Store, write_json

WATTS = "watts of "
"""Before a rate's name, the mean power at which it was reached."""

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rate:
    """Multiply-adds a second of one job, the watts of the GPU meanwhile where known, and where both are from."""

    multiply_adds_s: float
    power_w: float | None
    source: Literal["measured", "calibrated", "assumed"]


@dataclass(frozen=True, slots=True)
class Rates:
    """The known speeds of one device."""

    device: str
    place: str
    """The device with the threads and processes that use it, as `place_of` tells."""
    alone: str
    """The same for a job that shares its GPU with no other."""
    measured: Numbers
    """Rates that earlier runs into this store reached."""
    calibrated: Numbers

    @classmethod
    def known(cls, store: Store, runtime: Runtime) -> Rates:
        """Read the rates of the device that jobs would run on here."""
        places = place_of(runtime), place_of(replace(runtime, shared_gpus=0))
        return cls(device_name(runtime), *places, _numbers(store.rates), _numbers(calibration_file()))

    def of(self, kind: str, spec: dict[str, Any], training: dict[str, Any] | None = None) -> Rate | None:
        """The rate of a job: of its very shape, by runs or else by a calibration, or else of jobs like it; or None.

        `training` is the spec of the training whose net a test looks through. Of jobs that share a GPU it is the rate
        of all on it together, or of one alone until some were measured so.
        """
        found = self.exactly(shape_of(kind, spec, training))
        return found or self._first("measured", (rate_key(kind, spec, place) for place in self._places))

    def exactly(self, shape: str) -> Rate | None:
        """The rate of jobs of that shape, as `shape_of` names it, and of no others."""
        names = [f"{shape} on {place}" for place in self._places]
        return self._first("measured", names) or self._first("calibrated", names)

    @property
    def _places(self) -> dict[str, None]:
        return dict.fromkeys((self.place, self.alone))

    def _first(self, source: Literal["measured", "calibrated"], names: Iterable[str]) -> Rate | None:
        numbers = self.measured if source == "measured" else self.calibrated
        return next((_rate(numbers, name, source) for name in names if name in numbers), None)


def note_rate(
    store: Store,
    job: Mapping[str, Any],
    seconds: float,
    runtime: Runtime,
    training: dict[str, Any] | None = None,
    power_w: float | None = None,
) -> None:
    """Remember how fast a finished job was, and at what power, for the next plan.

    Of a job that shared a GPU, remember how fast all on it were together.
    """
    if job.get("work", 0) <= 0 or seconds <= 0:
        return
    place, kind, spec = place_of(runtime), job["kind"], job["spec"]
    exact = f"{shape_of(kind, spec, training)} on {place}"
    numbers = dict(_numbers(store.rates))
    for name in (exact, rate_key(kind, spec, place)):
        numbers[name] = job["work"] * runtime.jobs_a_gpu / seconds
        numbers.pop(WATTS + name, None)
        numbers |= {} if power_w is None else {WATTS + name: power_w}
    write_json(store.rates, numbers)


def note_calibration(
    job: Job, training: dict[str, Any] | None, multiply_adds_s: float, power_w: float | None, runtime: Runtime
) -> None:
    """Remember a calibration, in the user's cache folder; raises OSError where that cannot be written."""
    name = f"{shape_of(job.kind, job.spec, training)} on {place_of(runtime)}"
    numbers = dict(_numbers(calibration_file())) | {name: multiply_adds_s}
    write_json(calibration_file(), numbers | ({} if power_w is None else {WATTS + name: power_w}))


def calibration_file() -> Path:
    """Give the path of the file of calibrations; it may be deleted at any time."""
    try:
        return cache_folder() / "calibration.json"
    except RuntimeError:  # a user without a home
        return Path("/nonexistent/calibration.json")


def shape_of(kind: str, spec: dict[str, Any], training: dict[str, Any] | None) -> str:
    """All that decides how fast a job's arithmetic goes: the net, its input, the batch and precision, or the views."""
    net = spec if kind == "train" else training or {}
    recipe, protocol = spec.get("recipe", {}), spec.get("protocol", {})
    shape: dict[str, Any] = {
        "net": [net.get(name) for name in ("model", "classes", "input")],
        "step": [recipe.get(name) for name in ("batch", "precision")],
        "views": [protocol.get(name) for name in ("views", "scales", "window", "flips")],
    }
    if kind == "measure":
        shape = {name: value for name, value in spec.items() if name not in ("seed", "device_name")}
    digest = hashlib.sha256(canonical(shape).encode()).hexdigest()[:12]
    return f"{kind} {spec.get('what') or net.get('model', {}).get('name', '')} of shape {digest}"


def rate_key(kind: str, spec: dict[str, Any], place: str) -> str:
    """Name the rate that jobs which are alike share, by kind, the net's name and input, precision and place.

    Of a measurement, what it measures.
    """
    measured = spec.get("what") if kind == "measure" else None
    spec = spec if kind == "train" else {}
    recipe = spec.get("recipe", {})
    size = "x".join(map(str, spec.get("input", [])))
    what = (kind, measured or spec.get("model", {}).get("name"), size, recipe.get("precision"))
    return f"{' '.join(part for part in what if part)} on {place}"


def place_of(runtime: Runtime) -> str:
    """The device that jobs would run on, in how many threads and processes, and whether others share it."""
    shared = "" if runtime.processes == 1 else f", {runtime.processes} processes"
    beside = ", side by side" if runtime.jobs_a_gpu > 1 else ""
    return f"{device_name(runtime)}, {runtime.threads} threads{shared}{beside}"


def device_name(runtime: Runtime) -> str:
    """The device that jobs would run on, found without torch."""
    return str(gpus()[0]["name"]) if on_gpu(runtime) else processor()


def on_gpu(runtime: Runtime) -> bool:
    """Say whether that is a GPU."""
    return runtime.device != "cpu" and bool(gpus())


def _rate(numbers: Numbers, name: str, source: Literal["measured", "calibrated"]) -> Rate | None:
    return Rate(numbers[name], numbers.get(WATTS + name), source) if name in numbers else None


def _numbers(path: Path) -> Numbers:
    """The sound entries of such a file."""
    try:
        found = parsed_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a lost or broken cache costs an estimate, nothing else
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: float(value) for key, value in found.items() if type(value) in (int, float) and 0 < value < math.inf}
