"""The program in its five lines: load, plan, execute, judge, report."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data import DATASETS
from harness.data.locate import Missing, fetch
from harness.errors import DataMissing, UsageError
from harness.judge.counts import seeds_said
from harness.machine.cuda_visible import lacking
from harness.machine.environment import clocked_device
from harness.machine.runtime import Runtime
from harness.plan.division import at_once, divided, elapsed_s, taken, told
from harness.plan.estimate import estimate
from harness.plan.graph import Plan, plan_at
from harness.plan.outline import Outline
from harness.plan.preregistration import declare, remember
from harness.plan.scale_choice import Choice, choose_reported, choose_scale, data_missing
from harness.plan.status import Survey, surveyed
from harness.plan.stored_jobs import timed_on
from harness.progress import Progress, closing, duration
from harness.run.dividing import require_whole_batches
from harness.run.execute import Execution, execute, execute_at_once, set_aside
from harness.run.executors.gpus import places, require_gpus, uses_gpus
from harness.run.executors.local import Local
from harness.run.executors.pool import Pool
from harness.run.redact import without_places
from harness.run.time_left import TimeLeft
from harness.stop_signal import StopSignal
from harness.store.documents import parsed_json
from harness.store.store import Store, make_writable
from harness.suite.file import Suite
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.judge.statistics import Look
    from harness.report.results.document import Results
    from harness.run.executors.slurm.cluster import Cluster

Folder = Path
AGAIN = "alone, for memory was short beside others"
"""Why a job ran by itself though others of its run shared a GPU."""


def run_suite(
    suite_file: str,
    asked: ScaleName | None,
    store_folder: Path,
    out: Path | None,
    runtime: Runtime,
    flags: dict[str, Any],
    cluster: Cluster | None = None,
) -> tuple[Results, Folder, dict[str, str]]:
    """Do what a suite still needs and write its report; gives the results, the report's folder, and what failed.

    Jobs run on this machine, or on a cluster.
    """
    with StopSignal().listening() as stop:  # from the start: a signal between two jobs is not lost either
        return _run(suite_file, asked, store_folder, out, runtime, flags, stop, cluster)


def _run(
    suite_file: str,
    asked: ScaleName | None,
    store_folder: Path,
    out: Path | None,
    runtime: Runtime,
    flags: dict[str, Any],
    stop: StopSignal,
    cluster: Cluster | None,
) -> tuple[Results, Folder, dict[str, str]]:
    progress = Progress(io.StringIO()) if flags.get("quiet") else Progress()
    suite, store = load_suite(suite_path(suite_file)), Store(store_folder)
    store.prepare()
    outline = Outline.of(suite)
    choice = choose_scale(outline, store, runtime, asked)
    device = cluster.settings.device_name if cluster else None
    plan = outline.plan(choice.scale, device or clocked_device(runtime.device, runtime.threads))
    _say_choice(progress, suite, choice)
    if asked is not None:
        _fetch_if_asked(plan, runtime, progress, offline=flags["offline"])
    if (missing := data_missing(plan, runtime.locations)) is not None:
        raise DataMissing(missing)
    runtime = _as_the_suite_asks(plan, runtime, flags, progress, cluster)
    if cluster is None:
        require_gpus(runtime)
    _report_folder(plan, out)  # before hours of work, not after
    declare(plan, store)
    survey = choice.survey or surveyed(plan, store, runtime.locations)
    for look in plan.looks():
        now, refresh = survey.of(plan_at(plan, look)), flags["refresh_stale"]
        failed = _run_look(now, divided(plan, runtime), runtime, progress, stop, cluster, refresh=refresh)
        survey = surveyed(plan, store, runtime.locations, failed)
        declare(plan, store)
        if look is None or not _goes_on(survey, look, progress):
            break
    told = {key: without_places(reason, store, runtime.locations) for key, reason in survey.failed.items()}
    results, folder = _write(replace(survey, failed=told), choice, out)
    remember(plan, store, {"cells": results.cells, "claims": results.claims})
    return results, folder, dict(survey.failed)


def _as_the_suite_asks(
    plan: Plan, runtime: Runtime, flags: dict[str, Any], progress: Progress, cluster: Cluster | None
) -> Runtime:
    """The settings with as many GPUs a training as the scale wants, unless the run says or there are too few."""
    wanted = plan.suite.file.scales[plan.scale].gpus
    if wanted and cluster is not None and cluster.has_gpus(runtime):
        return runtime if flags.get("gpus") or flags.get("processes") else replace(runtime, processes=wanted)
    if wanted is None or flags.get("gpus") or flags.get("processes") or not uses_gpus(runtime):
        return runtime
    if (lack := lacking(wanted)) is not None:
        progress.say(f"the suite wants {wanted} GPUs for each training: {lack}; each has one")
        return runtime
    return replace(runtime, processes=wanted, jobs=flags.get("jobs") or places(runtime.device, wanted))


def _run_look(
    survey: Survey,
    runtime: Runtime,
    alone: Runtime,
    progress: Progress,
    stop: StopSignal,
    cluster: Cluster | None,
    *,
    refresh: bool,
) -> dict[str, str]:
    """Do the jobs that the seeds of a look still need, but for those that failed before; gives why jobs failed.

    `alone` are the settings of jobs that measure time, each of which has the machine to itself.
    """
    look = survey.plan.look
    if look is not None:
        progress.say(f"look {look.number} of {look.of}: {seeds_said(look.seeds)}")
    require_whole_batches(survey.jobs("to do", "stale") if refresh else survey.jobs("to do"), runtime)
    if refresh:
        progress.say(f"stale results set aside: {len(survey.jobs('stale'))}")
        survey = set_aside(survey)
    _say_standing(progress, survey)
    time = _say_todo(progress, survey, runtime)
    if cluster is not None:
        return cluster.execute(survey, runtime, progress, stop).failed
    return _execute(survey, runtime, alone, progress, stop, time).failed


def _goes_on(survey: Survey, look: Look, progress: Progress) -> bool:
    """Say whether something is undecided after a look that the next one may decide."""
    from harness.report.judging import judged  # noqa: PLC0415 - numpy and scipy, which a plan does without

    found = judged(survey.plan, survey.store, survey.standing, survey.failed)
    reached = found.plan.look
    if reached is None or reached.number <= look.number:
        left = "nothing is left that a later look could decide" if not look.last else "it was the last"
        progress.say(f"look {look.number} of {look.of} ends the run: {left}")
        return False
    progress.say(f"look {look.number} of {look.of} leaves something undecided")
    return True


def _execute(
    survey: Survey, runtime: Runtime, alone: Runtime, progress: Progress, stop: StopSignal, time: TimeLeft
) -> Execution:
    """Run the jobs of a survey: those that measure no time at once, or in turn; then the others, one by one.

    A job that ran out of memory beside others runs again in between, when their processes have ended.
    """
    time_alone = replace(time, at_once=1, pace=None)
    if runtime.jobs == 1 and runtime.threads == alone.threads:
        return execute(survey, Local(runtime, progress, stop), progress, time=time_alone)
    now = taken(runtime, time.at_once)
    if now.jobs == 1:
        first = execute(survey, Local(now, progress, stop), progress, timed=False, time=time_alone)
    else:
        with Pool(now, progress, stop) as pool:
            first = execute_at_once(survey, pool, progress, time=time, put_off=True)
        again = replace(survey.only(first.put_off), failed=first.failed)
        last = Local(replace(runtime, jobs=1, why_jobs=AGAIN if runtime.why_jobs else ""), progress, stop)
        first = first.followed_by(execute(again, last, progress, time=time_alone))
    rest = replace(survey, failed=first.failed)
    return first.followed_by(execute(rest, Local(alone, progress, stop), progress, timed=True, time=time_alone))


def report_suite(
    suite_file: str, asked: ScaleName | None, store_folder: Path, out: Path | None, runtime: Runtime
) -> tuple[Folder, Results]:
    """Write a suite's report from what is in the store, running nothing."""
    suite, store = load_suite(suite_path(suite_file)), Store(store_folder)
    outline = Outline.of(suite)
    choice = choose_reported(outline, store, runtime, asked)
    here = clocked_device(runtime.device, runtime.threads)
    plan = outline.plan(choice.scale, timed_on(outline, choice.scale, store, here))
    results, folder = _write(surveyed(plan, store, runtime.locations), choice, out)
    return folder, results


def _write(survey: Survey, choice: Choice, out: Path | None) -> tuple[Results, Folder]:
    from harness.report.gather import gather  # noqa: PLC0415 - numpy and scipy, which a plan does without
    from harness.report.page.rewrite import rewrite_report  # noqa: PLC0415 - as `gather`

    results, curves = gather(survey.plan, survey.store, survey.standing, choice, survey.failed)
    folder = _report_folder(survey.plan, out)
    return rewrite_report(results, curves, folder), folder


def _report_folder(plan: Plan, out: Path | None) -> Folder:
    """Where the report goes, made; raises UsageError where it cannot be written."""
    folder = out or Path("reports") / plan.suite.name / plan.scale
    make_writable(folder, "the report", "name another with --out DIR")
    if out is None:
        _refuse_namesake(plan.suite)
    _refuse_other(plan.suite, folder)
    return folder


def _refuse_namesake(suite: Suite) -> None:
    """Raise UsageError where a file beside the suite's, such as that it was copied from, has a suite of its name."""
    named = re.compile(rf"^suite:\s*([\"']?){re.escape(suite.name)}\1\s*(#.*)?$", re.MULTILINE)
    for other in sorted(suite.path.resolve().parent.glob("*.yaml")):
        if other != suite.path.resolve() and other.is_file() and named.search(_text(other)):
            both = f"{suite.path} and {other.name} beside it both have a suite {suite.name!r}"
            raise UsageError(f"{both}, and their reports share a folder; rename one, or name a folder with --out DIR")


def _text(file: Path) -> str:
    """What a file holds; nothing of one that cannot be read, which no run can read either."""
    try:
        return file.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _refuse_other(suite: Suite, folder: Folder) -> None:
    """Raise UsageError where the folder holds the report of another suite, of the same name or not."""
    try:
        there = parsed_json((folder / "results.json").read_bytes())
    except (OSError, ValueError):
        return
    ours = {"suite": suite.name, "paper": suite.file.paper, "source": suite.file.source, "title": suite.file.title}
    if not isinstance(there, dict) or {"suite", "paper", "source", "title"} - there.keys():
        return
    reworded = there["suite"] == suite.name and there["paper"] == suite.file.paper
    if not reworded or (there["source"] != ours["source"] and there["title"] != ours["title"]):
        told = f"{there['suite']}, {there['title']!r} of {there['paper']}"
        raise UsageError(f"{folder} holds the report of another suite ({told}); name another folder with --out DIR")


def _say_choice(progress: Progress, suite: Suite, choice: Choice) -> None:
    progress.say(f"{suite.name}: scale {choice.scale}: {choice.reason}")
    if choice.unlock:
        progress.say(f"  larger scales: {choice.unlock}")


def _fetch_if_asked(plan: Plan, runtime: Runtime, progress: Progress, *, offline: bool) -> None:
    """Fetch what is missing and can be fetched; only called when the user named the scale that needs it."""
    for dataset in (DATASETS[name] for name in plan.datasets):
        named = dataset.name in runtime.locations.named  # then that folder is the only place looked in
        if dataset.fetchable and not named and isinstance(runtime.locations.find(dataset), Missing):
            fetch(dataset, runtime.locations.roots[0].path, progress.say, offline=offline)


def _say_standing(progress: Progress, survey: Survey) -> None:
    for key, status in survey.standing.items():
        label = survey.plan.jobs[key].label
        if status.state == "stale":
            progress.say(f"STALE: {label}: {status.why}; --refresh-stale runs it again")
        elif status.state == "imported":
            progress.say(f"IMPORTED: {label}: {status.why}; what rests on it tests the evaluation only")
        elif status.state == "blocked":
            progress.say(f"BLOCKED: {label}: {status.why}")


def _say_todo(progress: Progress, survey: Survey, runtime: Runtime) -> TimeLeft:
    """Say how many jobs are to do, how long they take, and when they are done."""
    todo, jobs = [job for job in survey.jobs("to do") if job.key not in survey.failed], survey.plan.jobs
    if not todo:
        done = sum(status.result is not None for status in survey.standing.values())
        which = "all" if done == len(jobs) else f"{done} of"
        progress.say(f"nothing to do: {which} {len(jobs)} jobs have results")
        return TimeLeft()
    time = estimate(todo, survey.store, runtime, jobs)
    together = at_once(todo, time.seconds, runtime)
    seconds = elapsed_s(time.seconds, together, runtime)
    about = f"about {duration(seconds)}, until {closing(seconds)}"
    progress.say(f"{len(todo)} of {len(jobs)} jobs to do, {about} ({time.basis}); {told(runtime, together)}")
    return TimeLeft(time.of_job, together, pace=time.seconds / seconds)
