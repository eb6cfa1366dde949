"""Telemetry: power, energy, memory, clock and temperature of the GPU during a job, read in a separate thread.

Telemetry cannot make a job fail. Only the thread calls the driver, an error there ends the sampling, and the program
does not wait for a driver that hangs. A job on the CPU, or on a GPU that NVML does not report, has no telemetry.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from harness.machine.environment import nvml
from harness.machine.gpu_summary import Summary, Tally, is_summary, joined
from harness.machine.nvml import Gpu, together, visible_gpus
from harness.store.documents import parsed_json
from harness.store.store import JobFolder, write_json

INTERVAL_S = 1.0
"""Seconds between readings; since Ampere (except GA100) the driver's power is itself a mean over one second."""
KEEP_EVERY_S = 60.0
"""Seconds between saves of the record, and so the most that a kill may lose."""
PATIENCE_S = 2.0
"""Seconds that the end of a job waits for a last reading."""
SILENT = 3
"""Consecutive readings without an answer after which the sampling ends."""


class Sampler:
    """The telemetry of one job, in this process and in earlier processes that were interrupted."""

    def __init__(self, folder: JobFolder, gpus: int = 1) -> None:
        self.folder, self.gpus, self.interval_s = folder, gpus, INTERVAL_S
        self.tally, self.names = Tally(), list[str]()
        self.trouble: str | None = None
        """Why telemetry is missing or ended early."""
        self.shared = False
        """Whether another program was seen to compute on the GPU."""
        self._earlier = _read(folder)
        self._stopping, self._guard = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, library: Any) -> None:
        """Start the thread that reads from this NVML."""
        self._thread = threading.Thread(target=self._run, args=(library,), name="telemetry", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take a last reading and end; a driver that does not answer in time is not waited for."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
            if self._thread.is_alive():
                with self._guard:
                    self.trouble = f"NVML did not answer within {PATIENCE_S:g} s"
            self._thread = None

    def keep(self) -> None:
        """Save the summaries of this and earlier processes for the process that resumes the job."""
        with self._guard:
            sessions = self._sessions()
        if sessions:
            with suppress(OSError):  # a full disk costs the record, not the work
                write_json(self.folder.telemetry, {"sessions": sessions})

    def of(self, environment: Mapping[str, Any]) -> Summary | None:
        """Return the telemetry of a finished job; None where its environment names no GPU that was read."""
        if environment.get("device") != "cuda":
            return None
        with self._guard:
            if self.names and environment.get("instructions") not in self.names:
                self.trouble = f"the job ran on {environment.get('instructions')}, and NVML reports {self.names[0]}"
                return None
            return joined(self._sessions())

    def _sessions(self) -> list[Summary]:
        own = self.tally.summary()
        if own is None:
            return self._earlier
        about = {"gpus": self.names, "interval_s": self.interval_s, "shared": self.shared, "ended": self.trouble}
        return [*self._earlier, {**about, **own}]

    def _run(self, library: Any) -> None:
        try:
            library.nvmlInit()
            try:
                self._watch(visible_gpus(library, self.gpus))
            finally:
                with suppress(library.NVMLError):  # the driver may be gone
                    library.nvmlShutdown()
        except Exception as error:  # noqa: BLE001 - the job must not fail, whatever the driver does
            with self._guard:
                self.trouble = self.trouble or f"NVML: {error or type(error).__name__}"

    def _watch(self, gpus: list[Gpu]) -> None:
        if not gpus:
            self.trouble = "no GPU is visible to NVML"
            return
        self.names = [gpu.name for gpu in gpus]
        kept, silent = time.monotonic(), 0
        while silent < SILENT:
            last = self._stopping.is_set()
            silent = 0 if self._sample(gpus) else silent + 1
            if last:
                self.shared |= self._with_others(gpus)
                return
            if time.monotonic() - kept >= KEEP_EVERY_S and not self._stopping.is_set():
                self.shared |= self._with_others(gpus)
                self.keep()
                kept = time.monotonic()
            self._stopping.wait(self.interval_s)
        said = next((gpu.trouble for gpu in gpus if gpu.trouble), "it reports nothing about this GPU")
        self.trouble = f"NVML: {'the GPU is partitioned' if gpus[0].partitioned else said}"

    def _with_others(self, gpus: Sequence[Gpu]) -> bool:
        """Check whether more than one program computes on a GPU; processes that share the job do not count."""
        own = os.getpid() if self.gpus > 1 else None
        return any((gpu.processes(own) or 0) > 1 for gpu in gpus)

    def _sample(self, gpus: Sequence[Gpu]) -> bool:
        """Read all GPUs once; False where none answered."""
        reading = together([gpu.read() for gpu in gpus])
        with self._guard:
            self.tally.add(reading)
        return not reading.empty


@contextmanager
def sampled(folder: JobFolder, device: str, gpus: int = 1) -> Iterator[Sampler]:
    """Sample GPUs during the block, unless `device` (`auto`, `cpu` or `cuda`) is `cpu` or there is no driver.

    `gpus` is the number of GPUs that the job uses. Where the block ends by an exception, the readings so far are kept
    in the job's folder.
    """
    sampler = Sampler(folder, gpus)
    library = None if device == "cpu" else nvml()
    if library is not None:
        sampler.start(library)
    try:
        yield sampler
    except BaseException:
        sampler.stop()
        sampler.keep()
        raise
    finally:
        sampler.stop()


def _read(folder: JobFolder) -> list[Summary]:
    """Return the summaries that earlier processes saved; empty where the file is missing or damaged."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        sessions = parsed_json(folder.telemetry.read_bytes())["sessions"]
        return list(sessions) if all(map(is_summary, sessions)) else []
    return []
