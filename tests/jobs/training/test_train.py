"""Tests of training: one loop that ends in the same bits however often it is stopped."""

import json
import os
import re
import shutil
import signal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from finished_worlds import CUT
from tiny_suites import CROP, SIDE, lasting, tiny_world

from harness.data.augment import random_views
from harness.data.locate import Locations
from harness.data.spec import DataSpec
from harness.data.splits import open_split
from harness.errors import Interrupted
from harness.jobs.code import code_digest
from harness.jobs.device import on_device, repeats_on
from harness.jobs.evaluation.evaluate import trained_network
from harness.jobs.randomness import epoch_batches, generator, seed_step
from harness.jobs.recipe import Recipe
from harness.jobs.training import train as training
from harness.jobs.training.schedule import Rate
from harness.models.network import weights_sha256

STEPS = 10
PART = CUT["subset"]
CENTRE = slice((SIDE - CROP) // 2, (SIDE + CROP) // 2)

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def done(finished):
    """Run a tiny suite to its end."""
    return finished(**CUT)


@pytest.fixture
def world(done, tmp_path):
    """Return the same suite with only its training left to do."""
    world = done.copied(tmp_path)
    shutil.rmtree(world.folder("train").path)
    return world


@pytest.fixture
def untested(world):
    """Return the same suite with its training and test left to do."""
    shutil.rmtree(world.folder("evaluate").path)
    return world


def stop_after(monkeypatch, *moments):
    """Send SIGTERM after these steps, counted over all epochs from 1, once each."""
    left, whole = list(moments), training.show

    def show(run):
        whole(run)
        if left and run.state.epoch * run.steps + run.state.step == left[0]:
            left.pop(0)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(training, "show", show)


def run_with_stops(world, times, **runtime):
    """Run a world that is stopped so many times, then to its end."""
    for _ in range(times):
        with pytest.raises(Interrupted):
            world.run(**runtime)
    return world.run(**runtime)


def test_a_run_repeats_bit_for_bit(done, world):
    """Two runs with one seed have equal results except for time."""
    world.run()
    assert lasting(world.result("train")) == lasting(done.result("train"))


def test_seeds_give_different_nets(finished):
    """Seeds give different nets: both first weights and order depend on them."""
    world = finished(**CUT, seeds=2)
    assert world.result("train", 0)["weights_sha256"] != world.result("train", 1)["weights_sha256"]


MOMENTS = {
    "first step": (1,), "within an epoch": (5,), "one before an epoch's end": (9,), "epoch's last": (10,),
    "one before the end": (19,), "last": (20,),
}  # fmt: skip


@pytest.mark.parametrize(
    "moments",
    [(3, 10, 12), *(pytest.param(moments, id=name, marks=pytest.mark.nightly) for name, moments in MOMENTS.items())],
)
def test_stopped_and_started_again_it_ends_in_the_same_bits(done, world, monkeypatch, moments):
    """A training stopped and resumed ends in the same bits: weights, curve, sums over an epoch, and all other results.

    It is stopped within an epoch, at its last step, and within the next.
    """
    stop_after(monkeypatch, *moments)
    run_with_stops(world, len(moments))
    assert lasting(world.result("train")) == lasting(done.result("train"))
    assert world.folder("train").read_metrics() == done.folder("train").read_metrics()


LISTED = {
    "schedule": {
        "rule": "changes",
        "changes": [
            {"at": 0, "biases": 0.02},
            {"at": 0.6, "layers": ["conv1"], "weights": 0.001},
            {"at": 1, "layers": ["conv1"], "weights": 0.0},
            {"at": 1.3, "weights": 0.002, "colour_std": 0.0},
        ],
    },
    "order": "fixed",
    "remainder": "trained",
    "augmentation": {
        "crops": True, "flips": True, "colour_std": 0.1, "mean": "centre_crop", "shared": 8, "noise_divides": True,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param((7,), id="after a change", marks=pytest.mark.nightly),
        pytest.param((9, 11, 18), id="around the short batch"),
    ],
)
def test_as_released_it_ends_in_the_same_bits_too(tmp_path, monkeypatch, moments):
    """A recipe as released also resumes to the same bits: rates by layer, freezing, noise that ends, a last batch."""
    first, again = (tiny_world(tmp_path / name, subset=PART, change=LISTED) for name in ("whole", "stopped"))
    assert first.run().failed == {}
    assert first.result("train")["steps"] == 2 * (STEPS + 1)
    stop_after(monkeypatch, *moments)
    run_with_stops(again, len(moments))
    assert lasting(again.result("train")) == lasting(first.result("train"))
    assert again.folder("train").read_metrics() == first.folder("train").read_metrics()


def test_stopped_while_validating_it_goes_on_from_the_epochs_end(done, world, monkeypatch):
    """A training stopped during validation resumes at the end of the epoch without repeating it."""
    whole = training.validated

    def validated(run, mean):
        monkeypatch.setattr(training, "validated", whole)
        os.kill(os.getpid(), signal.SIGINT)
        return whole(run, mean)

    monkeypatch.setattr(training, "validated", validated)
    run_with_stops(world, 1)
    assert f"going on in epoch 1, step {STEPS}" in world.said
    assert lasting(world.result("train")) == lasting(done.result("train"))


def test_a_checkpoint_every_step_changes_nothing(done, world):
    """Saving a checkpoint at every step changes nothing."""
    world.run(checkpoint_every_s=0)
    assert lasting(world.result("train")) == lasting(done.result("train"))


@pytest.mark.parametrize(("damaged", "goes_on"), [(1, "going on in epoch 1, step"), (2, "starting anew")])
def test_damaged_checkpoints_cost_time_and_nothing_else(done, world, monkeypatch, damaged, goes_on):
    """Damaged checkpoints cost only time: the previous one or the start is used, with a message."""
    stop_after(monkeypatch, 6)
    with pytest.raises(Interrupted):
        world.run(checkpoint_every_s=0)
    folder = world.folder("train")
    for path in (folder.checkpoint, folder.earlier_checkpoint)[:damaged]:
        path.write_bytes(path.read_bytes()[:-40] + b"x" * 40)
    world.run()
    assert world.said.count("is damaged") == damaged
    assert goes_on in world.said
    assert world.result("train")["weights_sha256"] == done.result("train")["weights_sha256"]


def test_the_schedule_is_told_the_validation_error(world, monkeypatch):
    """The schedule receives the validation error, not another error."""
    told, after = [], Rate.after_epoch
    monkeypatch.setattr(
        Rate,
        "after_epoch",
        lambda rate, schedule, epoch, error: (told.append(error), after(rate, schedule, epoch, error)),
    )
    world.run(["pixels", "train"])
    rows = world.folder("train").read_metrics()
    assert told == [row["val_top1_error"] for row in rows]
    assert told != [row["train_error"] for row in rows]


def stopped_world(world, monkeypatch):
    """Return a world whose training was stopped in its first epoch."""
    stop_after(monkeypatch, 6)
    with pytest.raises(Interrupted):
        world.run()
    return world


def test_a_checkpoint_of_another_thread_count_is_refused(world, monkeypatch):
    """A checkpoint of another thread count is refused, with the difference and every way to continue."""
    failed = stopped_world(world, monkeypatch).run(threads=2).failed
    reason = failed[world.plan.trainings["cnn", 0]]
    assert "threads 1 -> 2" in reason
    assert "--resume-elsewhere" in reason
    assert world.folder("train").checkpoint.exists()


def test_an_unfinished_training_keeps_the_threads_of_its_checkpoint(untested, monkeypatch):
    """Where nobody asked for a number, it goes on with that of its checkpoint, unmarked."""
    world = stopped_world(untested, monkeypatch)
    assert world.run(threads=2, open_threads=True).failed == {}
    assert world.result("train")["marks"] == []
    assert world.folder("train").read_environment()["job"]["threads"] == 1


def test_resumed_elsewhere_on_request_it_is_marked(untested, monkeypatch):
    """A training resumed elsewhere on request is marked, and so is its test."""
    world = untested
    stopped_world(world, monkeypatch)
    monkeypatch.setattr(training, "repeats_on", lambda device: {**repeats_on(device), "threads": 2})
    assert world.run(resume_elsewhere=True).failed == {}
    (mark,) = world.result("train")["marks"]
    assert mark == "resumed elsewhere in epoch 1: threads 1 -> 2"
    assert world.result("evaluate")["marks"] == [mark]


def test_a_checkpoint_of_other_code_is_refused(world, monkeypatch):
    """A checkpoint of other code is refused."""
    stopped_world(world, monkeypatch)
    monkeypatch.setattr("harness.jobs.code._own_digest", lambda _: "f" * 64)
    monkeypatch.setattr(training, "code_digest", lambda _: "f" * 64)
    (reason, *_) = world.run().failed.values()
    assert re.search(r"code '[0-9a-f]{12}' -> 'ffffffffffff'", reason)


def test_a_checkpoint_of_code_that_gives_the_same_bits_is_gone_on_from(world, monkeypatch):
    """A checkpoint of code listed as equal is accepted without a mark."""
    stopped_world(world, monkeypatch)
    pair = [code_digest("train"), "f" * 64]
    monkeypatch.setattr("harness.jobs.same_code.pairs", lambda: {"train": [pair]})
    monkeypatch.setattr("harness.jobs.code._own_digest", lambda _: "f" * 64)
    monkeypatch.setattr(training, "code_digest", lambda _: "f" * 64)
    assert world.run().failed == {}
    assert world.result("train")["marks"] == []


def nan_at(monkeypatch, step):
    """Make the loss of one step NaN, counted over all epochs from 0, and so all later weights."""
    now, seed, loss = [], training.seed_step, F.cross_entropy
    monkeypatch.setattr(training, "seed_step", lambda *place: (now.append(place[1:]), seed(*place)))

    def spoilt(logits, target, **smoothing):
        epoch, within = now[-1]
        return loss(logits, target, **smoothing) * (float("nan") if epoch * STEPS + within == step else 1)

    monkeypatch.setattr(F, "cross_entropy", spoilt)


@pytest.mark.parametrize(
    "stops",
    [
        pytest.param((), id="never"),
        pytest.param((2,), id="before", marks=pytest.mark.nightly),
        pytest.param((7,), id="after", marks=pytest.mark.nightly),
        pytest.param((7, 9), id="twice after"),
    ],
)
def test_a_loss_that_is_no_number_is_a_result_with_its_exact_step(world, monkeypatch, stops):
    """A NaN loss is a result with its exact step, whether or not the run was stopped around it."""
    nan_at(monkeypatch, 6)
    stop_after(monkeypatch, *stops)
    assert run_with_stops(world, len(stops)).failed == {}
    result = world.result("train")
    assert (result["outcome"], result["diverged_at"], result["values"]) == ("diverged", 6, {})
    assert "diverged at step 6 (epoch 1)" in world.said
    assert not world.folder("train").checkpoint.exists()


def test_divergence_in_a_later_epoch_keeps_the_curve_so_far(world, monkeypatch):
    """Divergence in a later epoch keeps the curve of the epochs before."""
    nan_at(monkeypatch, STEPS + 4)
    world.run()
    assert world.result("train")["diverged_at"] == STEPS + 4
    assert [row["epoch"] for row in world.folder("train").read_metrics()] == [1]


def test_divergence_is_looked_for_within_a_long_epoch(world, monkeypatch):
    """Divergence is noticed within a long epoch, not only at its end."""
    monkeypatch.setattr(training, "FINITE_CHECK_EVERY", 5)
    nan_at(monkeypatch, 1)
    steps = []
    monkeypatch.setattr(training, "show", lambda run: steps.append(run.state.step))
    world.run()
    assert max(steps) < 5
    assert world.result("train")["diverged_at"] == 1


def test_a_net_ruined_by_the_very_last_step_has_diverged(untested, monkeypatch):
    """A net ruined by the very last step counts as diverged."""
    world = untested
    nan_at(monkeypatch, 2 * STEPS)
    whole, steps = training.make_optimiser, []

    def ruinous(*arguments, **more):
        optimiser = whole(*arguments, **more)
        step = optimiser.step

        def ruining_step():
            step()
            steps.append(1)
            if len(steps) == 2 * STEPS:
                with torch.no_grad():
                    optimiser.param_groups[0]["params"][0].fill_(float("inf"))

        optimiser.step = ruining_step
        return optimiser

    monkeypatch.setattr(training, "make_optimiser", ruinous)
    world.run()
    assert world.result("train")["diverged_at"] == 2 * STEPS
    assert world.result("evaluate")["outcome"] == "diverged"


def trained_by_hand(world, rule):
    """Train the tiny recipe with each step written out; `rule` updates (weight, velocity, gradient, rate)."""
    spec = world.folder("train").read_job()["spec"]
    recipe = Recipe.parsed({"source": "", **spec["recipe"]})
    split = open_split(DataSpec.parsed(spec["data"]), "train", Locations())
    mean = torch.from_numpy(np.load(world.folder("pixels").pixels)["mean"])
    network = on_device(training.initialised(spec, recipe), CPU).train()
    velocities = {name: torch.zeros_like(weight) for name, weight in network.named_parameters()}
    for epoch, rate in enumerate((0.02, 0.002)):
        for step, batch in enumerate(epoch_batches(spec["seed"], epoch, split.count, recipe.batch)):
            seed_step(spec["seed"], epoch, step)
            draws = generator(spec["seed"], "augmentation", epoch, step)
            views = random_views(split.images(batch), mean, recipe.crop, recipe.augmentation, draws)
            network.zero_grad()
            F.cross_entropy(network(views), split.labels[batch]).backward()
            with torch.no_grad():
                for name, weight in network.named_parameters():
                    decay = 0.0005 if name.endswith("weight") else 0.0
                    rule(weight, velocities[name], weight.grad + decay * weight, rate)
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def papers_rule(weight, velocity, gradient, rate):
    """Apply the printed rule: v <- 0.9 v - rate (decay w + gradient); w <- w + v (AlexNet section 5)."""
    velocity.mul_(0.9).sub_(rate * gradient)
    weight.add_(velocity)


def torchs_rule(weight, velocity, gradient, rate):
    """Apply torch's rule, with the rate outside the velocity, so that a drop acts at once."""
    velocity.mul_(0.9).add_(gradient)
    weight.sub_(rate * velocity)


def test_the_update_is_the_papers_across_a_drop_of_the_rate(done):
    """The loop ends where the printed rule ends up to rounding, across a drop of the rate; torch's rule does not."""
    network = trained_network(done.folder("train"), done.folder("train").read_job()["spec"], CPU)
    ours = torch.cat([weight.detach().flatten() for weight in network.parameters()])
    to_papers, to_torchs = ((ours - trained_by_hand(done, rule)).norm() for rule in (papers_rule, torchs_rule))
    assert to_papers < 1e-4 * ours.norm()
    assert to_papers < to_torchs / 100


def test_the_validation_error_is_that_of_the_net_that_was_kept(done):
    """The validation error equals that recomputed from the stored weights, image by image."""
    spec = done.folder("train").read_job()["spec"]
    split = open_split(DataSpec.parsed(spec["data"]), "val", Locations())
    mean = torch.from_numpy(np.load(done.folder("pixels").pixels)["mean"])
    network = trained_network(done.folder("train"), spec, CPU).eval()
    with torch.no_grad():
        wrong = sum(
            int(network((split.images([index]) - mean)[..., CENTRE, CENTRE]).argmax()) != int(split.labels[index])
            for index in range(split.count)
        )
    assert done.result("train")["values"]["val_top1_error"] == 100 * wrong / 199


def test_the_curve_has_an_epoch_a_line_and_ends_in_the_results_values(done):
    """The curve has one line for each epoch, with the declared rates, and ends in the result's values."""
    rows = done.folder("train").read_metrics()
    assert [(row["epoch"], row["rate"]) for row in rows] == [(1, 0.02), (2, 0.002)]
    last = {name: value for name, value in rows[-1].items() if name not in ("epoch", "rate")}
    assert last == done.result("train")["values"]


def test_the_digest_is_that_of_the_weights_that_were_kept(done):
    """The digest is that of the stored weights."""
    network = trained_network(done.folder("train"), done.folder("train").read_job()["spec"], CPU)
    assert weights_sha256(network) == done.result("train")["weights_sha256"]


def test_bf16_trains_float32_weights_to_another_end(done, tmp_path):
    """bf16 gives float32 weights that differ from those of fp32."""
    world = tiny_world(tmp_path, subset=PART, precision="bf16")
    world.run({"pixels", "train"})
    assert {tensor.dtype for tensor in torch.load(world.folder("train").weights).values()} == {torch.float32}
    assert world.result("train")["weights_sha256"] != done.result("train")["weights_sha256"]


def test_a_batch_larger_than_the_split_is_told(tmp_path):
    """A batch larger than the split is an error."""
    (reason, *_) = tiny_world(tmp_path, subset=PART, batch=671).run().failed.values()
    assert reason == "670 training images do not fill one batch of 671"


def test_the_first_weights_come_from_the_seed_alone(done):
    """The first weights depend only on the seed, whatever was drawn before."""
    spec = done.folder("train").read_job()["spec"]
    recipe = Recipe.parsed({"source": "", **spec["recipe"]})
    first = weights_sha256(training.initialised(spec, recipe))
    torch.rand(10)
    assert weights_sha256(training.initialised(spec, recipe)) == first
    assert weights_sha256(training.initialised({**spec, "seed": 1}, recipe)) != first


def test_a_finished_training_leaves_no_checkpoint_and_an_unfinished_one_keeps_it(world, monkeypatch):
    """A finished training leaves no checkpoint; an unfinished one keeps it."""
    folder = world.folder("train")
    monkeypatch.setattr("harness.run.executors.local.code_digest", lambda _: 1 / 0)
    assert "ZeroDivisionError" in next(iter(world.run(checkpoint_every_s=0).failed.values()))
    monkeypatch.undo()
    world.run(checkpoint_every_s=0)
    assert not folder.checkpoint.exists()
    assert not folder.earlier_checkpoint.exists()
    assert json.loads(folder.result.read_text())["outcome"] == "done"


def a_recipe_in_iterations(folder, **change):
    """Return the tiny suite with its length in iterations: 25, with 10 in an epoch."""
    return tiny_world(folder, subset=PART, epochs=None, iterations=25, drops_after=[12, 20], **change)


def test_a_training_of_iterations_ends_within_an_epoch(tmp_path):
    """A training of 25 iterations ends within its third epoch, with a drop of the rate between two steps."""
    world = a_recipe_in_iterations(tmp_path)
    assert world.run({"pixels", "train"}).failed == {}
    assert world.result("train")["steps"] == 25
    rows = world.folder("train").read_metrics()
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert [row["rate"] for row in rows] == pytest.approx([0.02, 0.002, 0.0002])


@pytest.mark.parametrize("moment", [11, *(pytest.param(moment, marks=pytest.mark.nightly) for moment in (13, 20, 24))])
def test_a_rate_that_changes_between_steps_resumes_to_the_bit(tmp_path, monkeypatch, moment):
    """A rate that changes between steps resumes to the bit, stopped around every change, with a linear warm-up."""
    warm_up = {"length": 15, "rate": 0.001}
    whole = a_recipe_in_iterations(tmp_path / "whole", warm_up=warm_up)
    whole.run({"pixels", "train"})
    stopped = a_recipe_in_iterations(tmp_path / "stopped", warm_up=warm_up)
    stop_after(monkeypatch, moment)
    with pytest.raises(Interrupted):
        stopped.run({"pixels", "train"})
    stopped.run({"pixels", "train"})
    assert lasting(stopped.result("train")) == lasting(whole.result("train"))


def test_every_step_is_taken_at_the_rate_of_its_schedule(tmp_path, monkeypatch):
    """The optimiser holds the schedule's rate at every step, through a warm-up and drops."""
    from harness.jobs.training.sgd import SGD

    world, taken, step = a_recipe_in_iterations(tmp_path, warm_up={"length": 4, "rate": 0.004}), [], SGD.step
    monkeypatch.setattr(SGD, "step", lambda self: (taken.append(float(self.param_groups[0]["lr"])), step(self)))
    world.run({"pixels", "train"})
    expected = [0.004, 0.008, 0.012, 0.016] + [0.02] * 8 + [0.002] * 8 + [0.0002] * 5
    assert taken == pytest.approx(expected)
