"""Power, energy, memory, clocks and heat of the GPU while a job runs, read beside it in a thread of their own.

Nothing here can make a job fail: the driver is asked in the thread alone, whatever goes wrong there ends the sampling,
and a driver that hangs is left behind. A job that ran on no GPU, or on one that NVML is silent of, has no telemetry.
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
"""Between readings; since Ampere (but for GA100) the driver's power is itself a mean over one second."""
KEEP_EVERY_S = 60.0
"""What a kill may cost of the record."""
PATIENCE_S = 2.0
"""How long the end of a job waits for a last reading."""
SILENT = 3
"""Readings in a row without an answer, after which the driver is given up."""


class Sampler:
    """The telemetry of one job at work, in this process and in those before it that were stopped."""

    def __init__(self, folder: JobFolder, gpus: int = 1) -> None:
        self.folder, self.gpus, self.interval_s = folder, gpus, INTERVAL_S
        self.tally, self.names = Tally(), list[str]()
        self.trouble: str | None = None
        """Why there is no telemetry, or none from some moment on."""
        self.shared = False
        """Whether another program was seen to compute on the GPU."""
        self._earlier = _read(folder)
        self._stopping, self._guard = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, library: Any) -> None:
        """Begin, in a thread that asks this NVML."""
        self._thread = threading.Thread(target=self._run, args=(library,), name="telemetry", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take a last reading and end; a driver that does not answer in time is left to itself."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
            if self._thread.is_alive():
                with self._guard:
                    self.trouble = f"NVML did not answer within {PATIENCE_S:g} s"
            self._thread = None

    def keep(self) -> None:
        """Write down what this process measured beside what earlier ones did, for the one that goes on."""
        with self._guard:
            sessions = self._sessions()
        if sessions:
            with suppress(OSError):  # a full disk costs the record, not the work
                write_json(self.folder.telemetry, {"sessions": sessions})

    def of(self, environment: Mapping[str, Any]) -> Summary | None:
        """What a job came to that ran where its result says; None where that is no GPU that was read."""
        if environment.get("device") != "cuda":
            return None
        with self._guard:
            if self.names and environment.get("instructions") not in self.names:
                self.trouble = f"the job ran on {environment.get('instructions')}, and NVML told of {self.names[0]}"
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
                with suppress(library.NVMLError):  # of a driver that is gone
                    library.nvmlShutdown()
        except Exception as error:  # noqa: BLE001 - whatever the driver does, the job is not to fail of it
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
        said = next((gpu.trouble for gpu in gpus if gpu.trouble), "it tells nothing of this GPU")
        self.trouble = f"NVML: {'a GPU that is partitioned' if gpus[0].partitioned else said}"

    def _with_others(self, gpus: Sequence[Gpu]) -> bool:
        """Whether more than one program computes on a GPU; where processes share a job, this one is none of them."""
        own = os.getpid() if self.gpus > 1 else None
        return any((gpu.processes(own) or 0) > 1 for gpu in gpus)

    def _sample(self, gpus: Sequence[Gpu]) -> bool:
        """Read once; whether there was an answer."""
        reading = together([gpu.read() for gpu in gpus])
        with self._guard:
            self.tally.add(reading)
        return not reading.empty


@contextmanager
def sampled(folder: JobFolder, device: str, gpus: int = 1) -> Iterator[Sampler]:
    """Sample while the block runs, where `device` (`auto`, `cpu` or `cuda`) and this machine may mean `gpus` GPUs.

    What was measured in a block that ends by an exception is kept in the job's folder.
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
    """What processes before this one kept; nothing where that is missing or damaged."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        sessions = parsed_json(folder.telemetry.read_bytes())["sessions"]
        return list(sessions) if all(map(is_summary, sessions)) else []
    return []
