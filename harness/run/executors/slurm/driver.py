"""The driver: several jobs at a time on Slurm, from the first submission to the last result.

It may die at any time. The next one, on whatever machine sees the store, finds what was submitted in the store and in
the queue, and goes on from there; two at once watch the same jobs, and a lock keeps them from submitting one twice.
"""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.errors import HarnessError, Interrupted, JobFailed
from harness.plan.job import Job
from harness.progress import Progress
from harness.run.executors.pool import Ended
from harness.run.executors.slurm import queue, submission
from harness.run.executors.slurm.outlook import RUNNING, WAITING, Outlook, outlook
from harness.run.executors.slurm.queue import Answer, is_in
from harness.run.executors.slurm.request import Request, arrays
from harness.run.executors.slurm.settings import Settings
from harness.run.executors.slurm.submissions import PREFIX, Submission, Submissions, read_anew, seal_of
from harness.run.executors.slurm.watched import Watched, is_open
from harness.stop_signal import StopSignal
from harness.store.locks import held
from harness.store.store import JobFolder, Store

SLICE_S = 0.1
"""How long a signal may wait until it is heeded."""
LONGEST_BACKOFF_S = 600.0


@dataclass
class Slurm:
    """Where many jobs run at a time; what `executors.Places` asks for."""

    store: Store
    settings: Settings
    runtime: dict[str, object]
    """The settings of the run as jobs read them."""
    requests: Callable[[str], Request | None]
    """What to ask for a job, by its key; None for one that this process does itself."""
    alone: Callable[[JobFolder], None]
    """Does such a job."""
    jobs: Callable[[str], Job]
    """Gives a job by its key."""
    progress: Progress
    stop: StopSignal
    work: dict[str, Watched] = field(default_factory=dict)
    """By key."""

    def __post_init__(self) -> None:
        self.records = Submissions(self.store)
        self.largest = min(queue.largest_array(), 1000)
        self._over: set[tuple[str, int]] = set()
        """Tasks that this driver has given up, by name and index."""
        self._here: list[Ended] = []
        self._avoid: set[str] = set()
        self._asked_at = self._not_before = float("-inf")
        self._backoff = 0.0
        self._silent = False

    @property
    def free(self) -> int:
        """How many more may begin: Slurm's queue has room for all."""
        return 1

    def begin(self, folder: JobFolder, label: str) -> None:
        """Take a job whose inputs are there; what follows from definitions is done at once, the rest is submitted."""
        job = self.jobs(folder.read_job()["key"])
        request = self.requests(job.key)
        if request is not None:
            self.work[job.key] = Watched(folder, job, request)
            return
        self.progress.begin(label)
        try:
            self.alone(folder)
        except HarnessError as error:
            self._here.append((folder, error))
        else:
            self._here.append((folder, None))

    def ended(self) -> list[Ended]:
        """Wait until any job is over; raises Interrupted once a signal came, and leaves the jobs running."""
        found, self._here = self._here, []
        while not found and self.work:
            self._rest()
            found = self._round()
        return found

    def cancel(self) -> None:
        """End every job that this driver watches."""
        self._end([one.task[0].number(one.task[1]) for one in self.work.values() if one.task and one.task[0].array])

    def _rest(self) -> None:
        """Wait until Slurm may be asked again."""
        while True:
            if self.stop.number is not None:
                raise Interrupted(self.stop.number, self._left_running())
            if time.monotonic() >= self._asked_at + self.settings.poll_s:
                return
            time.sleep(SLICE_S)

    def _left_running(self) -> str:
        there = sum(watched.task is not None for watched in self.work.values())
        return (
            f"stopped watching: {there} job(s) stay in Slurm's queue and run on; the same command goes on from there, "
            f"`jobs --store {self.store.root}` shows them, and `jobs --cancel` ends them"
        )

    def _round(self) -> list[Ended]:
        """Ask Slurm once, judge every job by the answer, and submit what is ready."""
        with self._alone_submitting() as ours:
            answer = self._answer()
            if answer is None:
                return self._finished(list(self.work.values()))
            self.records.refresh()
            self._note_arrays(answer)
            self._adopt(answer)
            found = self._judge(answer)
            if ours:
                found += self._submit()
        self._show(answer)
        return found

    @contextmanager
    def _alone_submitting(self) -> Iterator[bool]:
        """Keep other drivers of this store from submitting; not held where nothing waits for a submission."""
        if all(watched.task is not None for watched in self.work.values()):
            yield False
            return
        with held(self.store.slurm) as ours:
            yield ours

    def _answer(self) -> Answer | None:
        """What squeue tells; None where it does not, which is said once."""
        self._asked_at = time.monotonic()
        try:
            answer = queue.ask(PREFIX)
        except (OSError, subprocess.SubprocessError) as error:
            why = " ".join(str(getattr(error, "stderr", "") or error).split())
            if not self._silent:
                self.progress.say(f"squeue does not answer ({why}); jobs run on, and it is asked again")
            self._silent = True
            return None
        if self._silent:
            self.progress.say("squeue answers again")
        self._silent = False
        return answer

    def _note_arrays(self, answer: Answer) -> None:
        """Write down the numbers of submissions whose answer was lost."""
        for name, number in answer.ids.items():
            known = self.records.known.get(name)
            if known is not None and known.array is None:
                known.note_array(number)

    def _adopt(self, answer: Answer) -> None:
        """Watch jobs that another driver, or this one in an earlier life, has submitted."""
        for watched in self.work.values():
            task = self.records.newest(watched.job.key)
            if watched.task is not None or task is None or (task[0].name, task[1]) in self._over:
                continue
            if is_open(task, answer, self.settings.accepted_within_s):
                watched.take(task)
                self.progress.say(f"{watched.job.label}: is in Slurm's queue already, as {task[0].number(task[1])}")

    def _judge(self, answer: Answer) -> list[Ended]:
        """Decide what has become of every submitted job."""
        alive = RUNNING | WAITING
        found = self._finished([one for one in self.work.values() if self._may_be_done(one, answer)])
        ends: list[str] = []
        for watched in [one for one in self.work.values() if one.task is not None]:
            assert watched.task is not None
            judged = outlook(watched.seen(answer, self.settings.start_within_s), self.settings)
            if judged.ends:
                ends.append(watched.task[0].number(watched.task[1]))
            if judged.avoids:
                self._avoid.add(judged.avoids)
            found += self._follow(watched, judged)
        ends += [f"{answer.ids[name]}_{index}" for name, index in self._over if is_in(answer.of(name, index), alive)]
        self._end(ends)
        return found

    def _may_be_done(self, watched: Watched, answer: Answer) -> bool:
        """Say whether a job was submitted, by this driver or another, and neither waits nor runs any more."""
        task = watched.task or self.records.newest(watched.job.key)
        return task is not None and not is_in(answer.of(task[0].name, task[1]), RUNNING | WAITING)

    def _finished(self, watched: list[Watched]) -> list[Ended]:
        """The jobs of these whose sealed result is visible."""
        found: list[Ended] = []
        for one in watched:
            error = None
            try:
                if self.result_of(one) is None:
                    continue
            except HarnessError as damaged:
                error = JobFailed(str(damaged))
            found.append(self._close(one, error))
        return found

    def result_of(self, watched: Watched) -> dict[str, object] | None:
        """The sealed result of a job, with the entries of its directory read anew."""
        read_anew(watched.folder.path)
        return watched.folder.read_result_of(watched.job.key)

    def _follow(self, watched: Watched, judged: Outlook) -> list[Ended]:
        assert watched.task is not None
        if judged.then in ("waits", "runs"):
            return []
        record, index = watched.task
        self._over.add((record.name, index))
        if judged.then == "failed":
            log = "" if judged.ends and record.log(index) is None else record.log_says(index)
            return [self._close(watched, JobFailed(f"{judged.why}{log}"))]
        self.progress.say(f"{watched.job.label}: {judged.why}; it is submitted again")
        watched.let_go()
        return []

    def _close(self, watched: Watched, error: HarnessError | None) -> Ended:
        del self.work[watched.job.key]
        if error is None:
            self.progress.say(f"{watched.job.label}: done")
        return watched.folder, error

    def _end(self, tasks: list[str]) -> None:
        try:
            queue.end(tasks)
        except (OSError, subprocess.SubprocessError) as error:
            self.progress.say(f"scancel does not answer ({error}); {', '.join(tasks)} will be ended later")

    def _submit(self) -> list[Ended]:
        """Submit what is ready, in arrays, as far as jobs may run at once."""
        ready = [(one, one.request) for one in self.work.values() if one.task is None]
        if not ready or time.monotonic() < self._not_before:
            return []
        room = self.settings.jobs_at_once - self._taken()
        for request, alike in arrays(ready, self.largest):
            throttle = min(room, len(alike))
            if throttle < 1:
                break
            try:
                self._submit_array(request, alike, throttle)
            except submission.Refused as error:
                return [self._close(one, JobFailed(f"sbatch refused it: {error}")) for one in alike]
            except (submission.Later, submission.Unclear) as error:
                self._back_off(str(error))
                break
            self._backoff, room = 0.0, room - throttle
        return []

    def _taken(self) -> int:
        """How many jobs the arrays in the queue may run at once."""
        inside = Counter(one.task[0].name for one in self.work.values() if one.task is not None)
        return sum(min(self.records.known[name].throttle, count) for name, count in inside.items())

    def _submit_array(self, request: Request, alike: list[Watched], throttle: int) -> None:
        jobs = [(one.folder, one.job.key, one.job.label, seal_of(one.folder)) for one in alike]
        asked = {**request.document(), "save_before_s": self.settings.save_before_s}
        record = self.records.write(jobs, throttle, asked, self.runtime)
        try:
            record.note_array(submission.submit(record, request, self.settings, sorted(self._avoid)))
        except (submission.Refused, submission.Later):
            self.records.withdraw(record)
            raise
        except submission.Unclear:  # it may be in the queue: its name will tell
            self._entrust(record, alike)
            raise
        self._entrust(record, alike)
        what = alike[0].job.label if len(alike) == 1 else f"{len(alike)} jobs"
        self.progress.say(f"submitted {what} to Slurm as array {record.array}: {request.says()}")

    def _entrust(self, record: Submission, alike: list[Watched]) -> None:
        for index, one in enumerate(alike):
            one.take((record, index))

    def _back_off(self, why: str) -> None:
        self._backoff = min(LONGEST_BACKOFF_S, 2 * self._backoff or self.settings.poll_s)
        self._not_before = time.monotonic() + self._backoff
        self.progress.say(f"sbatch: {why}; the next try is in {self._backoff:.0f} s")

    def _show(self, answer: Answer) -> None:
        """Draw where the jobs are."""
        there = [answer.of(one.task[0].name, one.task[1]) for one in self.work.values() if one.task is not None]
        running = sum(is_in(state, RUNNING) for state in there)
        reasons = Counter(state.reason for state in there if state and state.name in WAITING and state.reason)
        why = f" ({reasons.most_common(1)[0][0]})" if reasons else ""
        self.progress.moving(0.0, f"{running} running, {len(self.work) - running} waiting{why}", 0.0)
