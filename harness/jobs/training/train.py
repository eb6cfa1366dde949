"""Training: one plain loop, read top to bottom; killed at any step and started again, it ends in the same bits."""

from __future__ import annotations

import json
import math
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from harness.data.spec import Prepare
from harness.data.splits import Split
from harness.data.transfer import sent
from harness.errors import Interrupted, UsageError
from harness.jobs import checkpoint
from harness.jobs.code import SHORTENED, code_digest, is_current
from harness.jobs.device import device_environment, on_device, repeats_on, set_up
from harness.jobs.evaluation.evaluate import probabilities, views_look
from harness.jobs.metrics import tally
from harness.jobs.observe import observed, opened_split
from harness.jobs.pixels import Pixels, load_pixels
from harness.jobs.randomness import epoch_batches, seed_step
from harness.jobs.ranks import Ranks, joined
from harness.jobs.recipe import Recipe
from harness.jobs.training.batches import arriving
from harness.jobs.training.captured import Stepping
from harness.jobs.training.changes import ListedChanges
from harness.jobs.training.first_weights import initialised
from harness.jobs.training.optimiser import follow, make_optimiser
from harness.jobs.training.schedule import Rate
from harness.jobs.training.sgd import SGD
from harness.jobs.training.state import State
from harness.jobs.training.step import Step, in_parts
from harness.jobs.work import Work
from harness.models.network import Network, weights_sha256
from harness.progress import duration
from harness.store.store import write_atomically

FINITE_CHECK_EVERY = 50
"""Steps between checks that losses are finite. Only these checks wait for the device; divergence is still dated
exactly. They also bound how far the host runs ahead, and so how many batches it holds for the device."""


@dataclass
class Training:
    """One training in progress: the job, the data and the net, and how far it is."""

    work: Work
    recipe: Recipe
    training: Split
    validation: Split
    network: Network
    optimiser: SGD
    device: torch.device
    state: State
    steps: int
    """Steps of a whole epoch; a probe takes fewer."""
    started: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)
    shown_steps: int = 0
    ranks: Ranks = field(default_factory=joined)
    step: Stepping = field(init=False)
    changes: ListedChanges = field(init=False)

    def __post_init__(self) -> None:
        self.changes = ListedChanges(self.recipe, self.training.count, self.network.traced.values())
        how = self.recipe.precision, self.micro_batch, self.ranks, self.recipe.batch, self.recipe.label_smoothing
        self.step = Stepping(Step(self.network, self.optimiser, *how), self.work.progress.say)

    @property
    def micro_batch(self) -> int | None:
        """Images whose gradients are computed at once; None if that is a whole batch."""
        asked = self.work.runtime.micro_batch
        return asked if asked is not None and asked < self.recipe.batch else None

    @property
    def steps_here(self) -> int:
        """Steps of the current epoch; fewer than `steps` if the training ends within it."""
        return min(self.steps, max(0, self.recipe.steps(self.steps) - self.state.epoch * self.steps))

    def seconds(self) -> float:
        """Return the seconds spent so far, earlier sessions included."""
        return self.state.seconds + time.monotonic() - self.started


def train(work: Work) -> dict[str, Any]:
    """Train one net by one recipe. A loss that is not finite is a result (`diverged`), not a failure."""
    with ExitStack() as opened:
        return trained(prepared(work, opened))


def trained(run: Training) -> dict[str, Any]:
    """Take every remaining step of the training and return its result."""
    pixels = load_pixels(run.work.inputs["pixel_statistics"], run.device)
    mean = pixels.subtracted(run.recipe.augmentation, run.recipe.crop)
    while run.state.epoch < run.recipe.passes(run.steps):
        diverged_at = take_epoch(run, pixels)
        if diverged_at is not None:
            return diverged(run, diverged_at)
        outputs = validated(run, mean)
        if not bool(outputs.isfinite().all()):  # the last step ruined the net; a next step's loss would show it
            return diverged(run, run.steps_here)
        epoch_is_over(run, tally(outputs, run.validation.labels).metrics()["top1_error"])
    return finished(run)


def take_epoch(run: Training, pixels: Pixels) -> int | None:
    """Take the epoch's remaining steps and leave their losses in the state; return the first diverged step or None."""
    work, recipe, state, device, seed = run.work, run.recipe, run.state, run.device, run.work.spec["seed"]
    mean = pixels.subtracted(recipe.augmentation, recipe.crop)
    noise = run.changes.noise(pixels.covariance, state.epoch, state.step)
    run.network.train()
    batches = epoch_batches(seed, state.epoch, run.training.count, recipe.batch, recipe.order, recipe.remainder)
    losses = torch.zeros(run.steps_here, device=device)
    losses[: state.step] = torch.tensor(state.losses, device=device)
    wrong = torch.tensor(state.wrong, device=device)
    left, position = batches[state.step : run.steps_here], (seed, state.epoch, state.step)
    for batch, cut, draws in arriving(run.training, mean, left, recipe, run.ranks, position):
        if run.changes.due(state.epoch, state.step):
            state.rate.value = run.changes.set_rates(run.optimiser, state.epoch, state.step)
            noise = run.changes.noise(pixels.covariance, state.epoch, state.step)
        elif run.changes.schedule is None:
            follow(run.optimiser, state.rate, recipe, state.epoch * run.steps + state.step, run.steps)
        seed_step(seed, state.epoch, state.step)
        views = noise.added_to(cut, draws, run.ranks.share(len(batch))).to(memory_format=torch.channels_last)
        target = sent(run.training.labels[run.ranks.part(batch)], device)
        losses[state.step], mistaken = run.step(views, target, len(batch))
        wrong += mistaken
        state.step += 1

        if state.step % FINITE_CHECK_EVERY == 0 and not bool(losses.isfinite().all()):
            break
        stopping = run.ranks.agree(work.stop)
        if stopping or time.monotonic() - run.saved >= work.runtime.checkpoint_every_s:
            state.losses, state.wrong = losses[: state.step].tolist(), int(wrong)
            save(run)
        if stopping:
            work.stop.raise_if_asked()
        show(run)
    state.losses, state.wrong = losses.tolist(), int(wrong)
    return None if bool(losses.isfinite().all()) else int((~losses.isfinite()).nonzero()[0])


def prepared(work: Work, opened: ExitStack) -> Training:
    """Build the training, at its first step or where a checkpoint left it; `opened` closes the splits."""
    spec = work.spec
    recipe = Recipe.parsed({"source": "", **spec["recipe"]})
    device = set_up(work.runtime)
    stored = None if recipe.augmentation.jitter is None else Prepare()  # jitter rescales the stored images
    training, validation = (
        opened.enter_context(opened_split(work, name, prepare)).on(device)
        for name, prepare in zip(spec["splits"], (stored, None), strict=True)
    )
    steps = recipe.steps_of_epoch(training.count)
    if steps == 0:
        raise UsageError(f"{training.count} training images do not fill one batch of {recipe.batch}")
    network = initialised(spec, recipe)
    if "network" in work.inputs:
        checkpoint.start_from(network, checkpoint.load_weights(work.inputs["network"]), spec.get("takes"))
    network = on_device(network, device)
    optimiser = make_optimiser(network, recipe.optimiser, recipe.rate, by_layer=recipe.schedule.rule == "changes")
    run = Training(work, recipe, training, validation, network, optimiser, device, State(Rate(recipe.rate)), steps)
    resume(run)
    return run


def validated(run: Training, mean: torch.Tensor) -> torch.Tensor:
    """Return the net's outputs on the validation split (central views); if a signal arrives, save the epoch first."""
    try:
        look = views_look(run.network, mean, run.recipe.crop, "centre")
        return probabilities(look, run.validation, run.device, run.work)
    except Interrupted:
        save(run)
        raise


def epoch_is_over(run: Training, val_error: float) -> None:
    """Record the epoch's figures, with errors in percent, and move to the next epoch."""
    state, rate = run.state, run.state.rate
    steps, seen = run.steps_here, min(run.training.count, run.steps_here * run.recipe.batch)
    loss, train_error = math.fsum(state.losses) / steps, 100 * state.wrong / seen
    row = {"train_loss": loss, "train_error": train_error, "val_top1_error": val_error}
    taken = rate.value if rate.taken is None else rate.taken
    state.curve.append({"epoch": state.epoch + 1, "rate": taken, **row})
    write_curve(run)
    said = f"loss {loss:.4f}  training error {train_error:.2f}%  validation error {val_error:.2f}%  rate {taken:g}"
    run.work.progress.epoch(state.epoch + 1, run.recipe.passes(run.steps), said)
    next_epoch(run, val_error)


def next_epoch(run: Training, val_error: float) -> None:
    """Tell the schedule the validation error, in percent, and move to the start of the next epoch."""
    state = run.state
    state.rate.after_epoch(run.recipe.schedule, state.epoch + 1, val_error)
    state.epoch, state.step, state.losses, state.wrong = state.epoch + 1, 0, [], 0


def finished(run: Training) -> dict[str, Any]:
    """Store the weights of a training that is complete and return its result."""
    weights = {name: tensor.cpu().contiguous() for name, tensor in run.network.state_dict().items()}
    checkpoint.save_weights(run.work.folder, weights)
    last = run.state.curve[-1]
    return {
        "outcome": "done",
        "values": {name: last[name] for name in ("train_loss", "train_error", "val_top1_error")},
        "weights_sha256": weights_sha256(run.network),
        "steps": run.recipe.steps(run.steps),
        **described(run),
    }


def diverged(run: Training, step: int) -> dict[str, Any]:
    """Return the result of a training whose loss is not finite at this step of the epoch."""
    at_step = run.state.epoch * run.steps + step
    run.work.progress.say(f"{run.work.progress.label}: diverged at step {at_step} (epoch {run.state.epoch + 1})")
    write_curve(run)
    return {"outcome": "diverged", "values": {}, "diverged_at": at_step, "steps": at_step, **described(run)}


def described(run: Training) -> dict[str, Any]:
    """Return the parts that all training results share: data, notes, machine and time."""
    return {
        "data": [observed(split, run.work.runtime.locations) for split in (run.training, run.validation)],
        "marks": run.state.marks + in_parts(run.recipe.batch, run.micro_batch) + run.ranks.marks(run.recipe.batch),
        "environment": device_environment(run.device),
        "cost": {"seconds": run.seconds()},
        **({} if run.micro_batch is None else {"micro_batch": run.micro_batch}),
        **run.ranks.record(),
    }


def save(run: Training) -> None:
    """Write a checkpoint with everything that the rest of the training depends on."""
    content = {
        "state": {**asdict(run.state), "seconds": run.seconds()},
        "network": run.network.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "made_with": made_with(run),
    }
    checkpoint.save(run.work.folder, content)
    run.saved = time.monotonic()


def made_with(run: Training) -> dict[str, Any]:
    """Return the settings that must not change for a resumed training to end in the same bits."""
    images = run.training.ids_sha256
    parts = {} if run.micro_batch is None else {"micro_batch": run.micro_batch}
    return {**repeats_on(run.device), **parts, "code": code_digest("train")[:SHORTENED], "training images": images[:12]}


def resume(run: Training) -> None:
    """Load the newest sound checkpoint; refuse one made under other settings, or if allowed note it in the result."""
    content = checkpoint.load(run.work.folder, run.work.progress)
    if content is None:
        return
    if run.work.runtime.open_threads and run.device.type == "cpu":
        torch.set_num_threads(content["made_with"].get("threads", torch.get_num_threads()))
    mine, theirs = made_with(run), content["made_with"]
    if is_current("train", theirs.get("code", "")):  # by the same code, or code with the same bits
        theirs = {**theirs, "code": mine["code"]}
    changed = "; ".join(checkpoint.differences(mine, theirs))
    if changed and not run.work.runtime.resume_elsewhere:
        raise UsageError(
            f"{run.work.folder.path}: the checkpoint would not go on bit for bit ({changed}); go on where it was made, "
            "pass --resume-elsewhere to go on here and have the result marked, or move the folder away to start anew"
        )
    state = run.state = State(**{**content["state"], "rate": Rate(**content["state"]["rate"])})
    if changed:
        state.marks.append(f"resumed elsewhere in epoch {state.epoch + 1}: {changed}")
    run.network.load_state_dict(content["network"])
    run.optimiser.load_state_dict(content["optimiser"])
    label = run.work.progress.label
    run.work.progress.say(
        f"{label}: going on in epoch {state.epoch + 1}, step {state.step}, {duration(state.seconds)} in"
    )


def show(run: Training) -> None:
    """Report how far the training is."""
    run.shown_steps += 1
    done, whole = run.state.epoch * run.steps + run.state.step, run.recipe.steps(run.steps)
    step_s = (time.monotonic() - run.started) / run.shown_steps
    run.work.progress.moving(done / whole, f"{run.recipe.batch / step_s:,.0f} img/s", step_s * (whole - done))


def write_curve(run: Training) -> None:
    """Write the figures of every epoch so far, one JSON object a line."""
    lines = (json.dumps(row, sort_keys=True, allow_nan=False) + "\n" for row in run.state.curve)
    if run.ranks.first:
        write_atomically(run.work.folder.metrics, "".join(lines).encode())
