"""Training: one plain loop, read top to bottom; killed at any step and started again, it ends in the same bits."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from harness.data.augment import ColourNoise, random_views
from harness.data.jitter import jittered
from harness.data.spec import Prepare
from harness.data.splits import Split, prefetch
from harness.data.transfer import sent
from harness.errors import Interrupted, UsageError
from harness.jobs import checkpoint
from harness.jobs.code import SHORTENED, code_digest, is_current
from harness.jobs.device import device_environment, on_device, repeats_on, set_up
from harness.jobs.evaluation.evaluate import probabilities, views_look
from harness.jobs.metrics import tally
from harness.jobs.observe import observed, opened_split
from harness.jobs.pixels import Pixels, load_pixels
from harness.jobs.randomness import epoch_batches, generator, seed_step
from harness.jobs.ranks import Ranks, joined
from harness.jobs.recipe import Recipe
from harness.jobs.training.captured import Stepping
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
"""Steps between looks at the losses, so that no other waits for the device; the step of divergence is found exactly.

The host is never further ahead than this, which bounds the batches that it keeps for the device to fetch.
"""


@dataclass
class Training:
    """One training at work: what was asked for, what is trained on what, and where it stands."""

    work: Work
    recipe: Recipe
    training: Split
    validation: Split
    network: Network
    optimiser: SGD
    device: torch.device
    state: State
    steps: int
    """Of a whole epoch: all of them, but in a probe."""
    started: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)
    shown_steps: int = 0
    ranks: Ranks = field(default_factory=joined)
    step: Stepping = field(init=False)

    def __post_init__(self) -> None:
        how = self.recipe.precision, self.micro_batch, self.ranks, self.recipe.batch, self.recipe.label_smoothing
        self.step = Stepping(Step(self.network, self.optimiser, *how), self.work.progress.say)

    @property
    def micro_batch(self) -> int | None:
        """Images whose gradients are taken at once, where these are fewer than a batch."""
        asked = self.work.runtime.micro_batch
        return asked if asked is not None and asked < self.recipe.batch else None

    @property
    def steps_here(self) -> int:
        """Of the epoch at hand, which is cut short where the training ends within it."""
        return min(self.steps, max(0, self.recipe.steps(self.steps) - self.state.epoch * self.steps))

    def seconds(self) -> float:
        """Spent so far, sessions before this one included."""
        return self.state.seconds + time.monotonic() - self.started


def train(work: Work) -> dict[str, Any]:
    """Train one net by one recipe; a loss that is no longer finite is a result, not a failure."""
    with ExitStack() as opened:
        return trained(prepared(work, opened))


def trained(run: Training) -> dict[str, Any]:
    """Take every step from where the training stands to its end; gives its result."""
    pixels = load_pixels(run.work.inputs["pixel_statistics"], run.device)
    mean = pixels.subtracted(run.recipe.augmentation, run.recipe.crop)
    while run.state.epoch < run.recipe.passes(run.steps):
        diverged_at = take_epoch(run, pixels)
        if diverged_at is not None:
            return diverged(run, diverged_at)
        outputs = validated(run, mean)
        if not bool(outputs.isfinite().all()):  # the last step ruined the net, as the next one's loss would show
            return diverged(run, run.steps_here)
        epoch_is_over(run, tally(outputs, run.validation.labels).metrics()["top1_error"])
    return finished(run)


def take_epoch(run: Training, pixels: Pixels) -> int | None:
    """Take the epoch's remaining steps, leaving their losses in the state; gives the step that diverged, if one did."""
    work, recipe, state, device, seed = run.work, run.recipe, run.state, run.device, run.work.spec["seed"]
    mean = pixels.subtracted(recipe.augmentation, recipe.crop)
    noise, share = ColourNoise(recipe.augmentation, pixels.covariance), run.ranks.share(recipe.batch)
    run.network.train()
    batches = epoch_batches(seed, state.epoch, run.training.count, recipe.batch)
    losses = torch.zeros(run.steps_here, device=device)
    losses[: state.step] = torch.tensor(state.losses, device=device)
    wrong = torch.tensor(state.wrong, device=device)
    for batch, images in arriving(run, batches[state.step : run.steps_here]):
        seed_step(seed, state.epoch, state.step)
        follow(run.optimiser, state.rate, recipe, state.epoch * run.steps + state.step, run.steps)
        draws = generator(seed, "augmentation", state.epoch, state.step)
        views = random_views(sent(images, device), mean, recipe.crop, recipe.augmentation, draws, share)
        views = noise.added_to(views, draws, share).to(memory_format=torch.channels_last)
        target = sent(run.training.labels[batch], device)
        losses[state.step], mistaken = run.step(views, target)
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


def arriving(run: Training, batches: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The images of the epoch's remaining batches: prepared ones, or views that jitter has already cut to size."""
    recipe, epoch, seed = run.recipe, run.state.epoch, run.work.spec["seed"]
    share = run.ranks.share(recipe.batch)
    if recipe.augmentation.jitter is None:
        return prefetch(run.training, batches if share is None else batches[:, share.part])
    draws = (generator(seed, "jitter", epoch, step) for step in range(run.state.step, run.steps_here))
    return jittered(run.training, batches, draws, recipe.augmentation, recipe.crop, run.device, share)


def prepared(work: Work, opened: ExitStack) -> Training:
    """Everything a training needs, at its first step or where a checkpoint left it; `opened` closes the splits."""
    spec = work.spec
    recipe = Recipe.parsed({"source": "", **spec["recipe"]})
    device = set_up(work.runtime)
    stored = None if recipe.augmentation.jitter is None else Prepare()  # jitter rescales the images as they are stored
    training, validation = (
        opened.enter_context(opened_split(work, name, prepare)).on(device)
        for name, prepare in zip(spec["splits"], (stored, None), strict=True)
    )
    steps = training.count // recipe.batch
    if steps == 0:
        raise UsageError(f"{training.count} training images do not fill one batch of {recipe.batch}")
    network = initialised(spec, recipe)
    if "network" in work.inputs:
        checkpoint.start_from(network, checkpoint.load_weights(work.inputs["network"]))
    network = on_device(network, device)
    optimiser = make_optimiser(network, recipe.optimiser, recipe.rate)
    run = Training(work, recipe, training, validation, network, optimiser, device, State(Rate(recipe.rate)), steps)
    resume(run)
    return run


def validated(run: Training, mean: torch.Tensor) -> torch.Tensor:
    """The net's outputs on the validation split, central views; all of the epoch is saved should a signal come."""
    try:
        look = views_look(run.network, mean, run.recipe.crop, "centre")
        return probabilities(look, run.validation, run.device, run.work)
    except Interrupted:
        save(run)
        raise


def epoch_is_over(run: Training, val_error: float) -> None:
    """Note the epoch's figures and move to the next; errors in percent."""
    state, rate = run.state, run.state.rate
    steps = run.steps_here
    loss, train_error = math.fsum(state.losses) / steps, 100 * state.wrong / (steps * run.recipe.batch)
    row = {"train_loss": loss, "train_error": train_error, "val_top1_error": val_error}
    taken = rate.value if rate.taken is None else rate.taken
    state.curve.append({"epoch": state.epoch + 1, "rate": taken, **row})
    write_curve(run)
    said = f"loss {loss:.4f}  training error {train_error:.2f}%  validation error {val_error:.2f}%  rate {taken:g}"
    run.work.progress.epoch(state.epoch + 1, run.recipe.passes(run.steps), said)
    next_epoch(run, val_error)


def next_epoch(run: Training, val_error: float) -> None:
    """Tell the schedule of the epoch and move to the start of the next one; the error is in percent."""
    state = run.state
    state.rate.after_epoch(run.recipe.schedule, state.epoch + 1, val_error)
    state.epoch, state.step, state.losses, state.wrong = state.epoch + 1, 0, [], 0


def finished(run: Training) -> dict[str, Any]:
    """The result of a training that came to its end, its weights kept."""
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
    """The result of a training whose loss at this step of the epoch is not a number."""
    at_step = run.state.epoch * run.steps + step
    run.work.progress.say(f"{run.work.progress.label}: diverged at step {at_step} (epoch {run.state.epoch + 1})")
    write_curve(run)
    return {"outcome": "diverged", "values": {}, "diverged_at": at_step, "steps": at_step, **described(run)}


def described(run: Training) -> dict[str, Any]:
    """What every training result says of its data, marks, machine and time."""
    return {
        "data": [observed(split, run.work.runtime.locations) for split in (run.training, run.validation)],
        "marks": run.state.marks + in_parts(run.recipe.batch, run.micro_batch) + run.ranks.marks(run.recipe.batch),
        "environment": device_environment(run.device),
        "cost": {"seconds": run.seconds()},
        **({} if run.micro_batch is None else {"micro_batch": run.micro_batch}),
        **run.ranks.record(),
    }


def save(run: Training) -> None:
    """Write everything that the rest of the training depends on."""
    content = {
        "state": {**asdict(run.state), "seconds": run.seconds()},
        "network": run.network.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "made_with": made_with(run),
    }
    checkpoint.save(run.work.folder, content)
    run.saved = time.monotonic()


def made_with(run: Training) -> dict[str, Any]:
    """What has to be the same for the rest of a training to come out as if it had never been stopped."""
    images = run.training.ids_sha256
    parts = {} if run.micro_batch is None else {"micro_batch": run.micro_batch}
    return {**repeats_on(run.device), **parts, "code": code_digest("train")[:SHORTENED], "training images": images[:12]}


def resume(run: Training) -> None:
    """Take up the newest sound checkpoint; refuses one made with something else unless asked, then marks the result."""
    content = checkpoint.load(run.work.folder, run.work.progress)
    if content is None:
        return
    mine, theirs = made_with(run), content["made_with"]
    if is_current("train", theirs.get("code", "")):  # by the same code, or by one that gives the same bits
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
    """Draw how far the training is."""
    run.shown_steps += 1
    done, whole = run.state.epoch * run.steps + run.state.step, run.recipe.steps(run.steps)
    step_s = (time.monotonic() - run.started) / run.shown_steps
    run.work.progress.moving(done / whole, f"{run.recipe.batch / step_s:,.0f} img/s", step_s * (whole - done))


def write_curve(run: Training) -> None:
    """Write the figures of every epoch so far, one JSON object a line."""
    lines = (json.dumps(row, sort_keys=True, allow_nan=False) + "\n" for row in run.state.curve)
    if run.ranks.first:
        write_atomically(run.work.folder.metrics, "".join(lines).encode())
