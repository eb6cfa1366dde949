"""What comes before the net, against torchvision's loading: python -m pytest tests/benchmarks --benchmark-enable."""

import io
import multiprocessing
import os
import statistics
import sys
import time
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from reference_loops import Pictures, image_folder_loader

import harness.jobs.device  # noqa: F401 - before torch allocates, as in every job
from harness.data import DATASETS, cutting_compiled
from harness.data.augment import random_views
from harness.data.cut_ahead import cut_ahead
from harness.data.locate import Locations
from harness.data.spec import Augmentation, DataSpec, Prepare
from harness.data.splits import open_split
from harness.ingest.encode import Compact
from harness.ingest.prepare import prepare
from harness.progress import Progress
from harness.stop_signal import StopSignal

THREADS = 2  # the processors that the targets are for
GATE = 0.8  # machines are noisy
FILES, RESIDENT = 4.0, 15.0  # the targets
PACKED = {"jpeg": 4.0, "raw": 10.0}
PASSES = {"files": 4, "jpeg": 4, "raw": 10}
"""Passes that take about as long as one of a loader, so that the start and end of a round weigh as much in both."""
ROUNDS = 15
"""Rounds of which the median counts: what else a machine does changes single ones."""
AUGMENTATION = Augmentation(crops=True, flips=True, colour_std=0)

pytestmark = [
    pytest.mark.usefixtures("compiled_cutting"),
    pytest.mark.filterwarnings("ignore:.*pin_memory.*"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


def natural(random, height, width):
    """An image with the spectrum of photographs; as a JPEG of quality 90 it has about the 17 KB of an ImageNet copy."""
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    fall = np.maximum(np.hypot(rows, columns), 1 / width) ** -1.8

    def field():
        plane = np.fft.irfft2(fall * (random.normal(size=fall.shape) + 1j * random.normal(size=fall.shape)))
        return (plane - plane.mean()) / plane.std()

    light, grain = 120 + 50 * field(), random.normal(0, 2, (height, width))
    colours = [light + grain + 15 * field() for _ in range(3)]
    return Image.fromarray(np.stack(colours, -1).clip(0, 255).astype(np.uint8))


def copies(folder, count):
    """Prepared copies as training reads them, shorter side 256, in class folders; returns their sizes in bytes."""
    random, sizes = np.random.default_rng(0), []
    for number in range(count):
        path = folder / "train" / f"n{number % 8:08d}" / f"{number}.JPEG"
        path.parent.mkdir(parents=True, exist_ok=True)
        height, width = (256, 340) if number % 4 else (340, 256)
        natural(random, height, width).save(path, quality=90, subsampling="4:2:0")
        sizes.append(path.stat().st_size)
    return sizes


def processor_s():
    """Processor time of this process and of its children, which are the workers of a loader, in seconds."""
    stats = [Path(f"/proc/{worker.pid}/stat").read_text() for worker in multiprocessing.active_children()]
    ticks = sum(sum(map(int, stat.rpartition(")")[2].split()[11:13])) for stat in stats)
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def times_as_fast(benchmark, ours, theirs, rounds):
    """The ratio of medians of rounds that take turns, in seconds an image; both say how many images they handed out.

    Elapsed time is what the targets are for. The ratio in processor time is told too, because other programs on the
    machine change it less, and whether numba was there to compile the subtraction of the mean image.
    """
    times = {ours: [], theirs: []}

    def timed(images):
        start, used = time.perf_counter(), processor_s()
        count = images()
        times[images].append(((time.perf_counter() - start) / count, (processor_s() - used) / count))

    benchmark.pedantic(timed, (ours,), setup=lambda: timed(theirs), rounds=rounds, warmup_rounds=1)
    if not benchmark.enabled:
        return float("inf")
    (ours_s, ours_cpu_s), (theirs_s, theirs_cpu_s) = (
        [statistics.median(kind) for kind in zip(*times[images][1:], strict=True)] for images in (ours, theirs)
    )
    ratio, in_processor_time = theirs_s / ours_s, theirs_cpu_s / ours_cpu_s
    benchmark.extra_info |= {"times_as_fast": round(ratio, 2), "images_per_s": round(1 / ours_s)}
    benchmark.extra_info["times_as_fast_in_processor_time"] = round(in_processor_time, 2)
    benchmark.extra_info["compiled"] = cutting_compiled._Choice.chosen not in (None, cutting_compiled.subtract)
    return ratio


@pytest.fixture
def two_threads():
    """The processors that the targets are for."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


def opened(copy):
    """The training images of a copy, prepared as AlexNet takes them."""
    spec = DataSpec(name="ilsvrc2010", prepare=Prepare(short_side=256, center=256))
    return open_split(spec, "train", Locations.gather(named=[f"ilsvrc2010={copy}"], config_files=()), threads=THREADS)


def views_of(split, mean, crop, batch, passes):
    """What a net is given in so many passes, as the training loop makes it; returns how many images."""
    draws = torch.Generator().manual_seed(0)
    orders = [torch.randperm(split.count, generator=draws) for _ in range(passes)]
    batches = torch.cat([order[: split.count - split.count % batch] for order in orders]).view(-1, batch)
    if split.in_memory is None:
        each = repeat(draws, len(batches))
        return sum(len(views) for views in cut_ahead(split.pixels, batches, each, mean, crop, AUGMENTATION))
    return sum(len(random_views(split.images(some), mean, crop, AUGMENTATION, draws)) for some in batches)


def test_image_files_come_four_times_as_fast_as_from_image_folder(benchmark, two_threads, tmp_path):
    """From 256-pixel copies to float views of 224 less the mean image, reflected at random, for AlexNet."""
    enabled = benchmark.enabled
    sizes, batch = copies(tmp_path / "ilsvrc2010", 512 if enabled else 16), 64 if enabled else 8
    assert 14_000 < statistics.mean(sizes) < 22_000
    split = opened(tmp_path / "ilsvrc2010")
    mean = torch.full((3, 256, 256), 120.0)
    loader = image_folder_loader(tmp_path / "ilsvrc2010" / "train", 224, batch, THREADS)

    def theirs():
        return sum(len(images) for images, _ in loader)

    ratio = times_as_fast(
        benchmark, lambda: views_of(split, mean, 224, batch, PASSES["files"]), theirs, ROUNDS if enabled else 1
    )
    split.close()
    assert ratio >= GATE * FILES


@pytest.mark.parametrize("form", PACKED)
def test_packed_images_come_many_times_as_fast_as_from_image_folder(benchmark, two_threads, tmp_path, form):
    """The same JPEGs in packs: their bytes four times as fast, their pixels ten times."""
    enabled = benchmark.enabled
    count, batch = (512, 64) if enabled else (16, 8)
    copies(tmp_path / "ilsvrc2010", count)
    more = {"allow_damaged": 0.0, "threads": THREADS, "progress": Progress(io.StringIO()), "stop": StopSignal()}
    packed = tmp_path / "packed"
    prepare(DATASETS["ilsvrc2010"], tmp_path / "ilsvrc2010", packed, Compact(256, 90, form), splits=("train",), **more)
    split = opened(packed)
    mean = torch.full((3, 256, 256), 120.0)
    loader = image_folder_loader(tmp_path / "ilsvrc2010" / "train", 224, batch, THREADS)

    def theirs():
        return sum(len(images) for images, _ in loader)

    ratio = times_as_fast(
        benchmark, lambda: views_of(split, mean, 224, batch, PASSES[form]), theirs, ROUNDS if enabled else 1
    )
    split.close()
    assert ratio >= GATE * PACKED[form]


def test_resident_images_come_fifteen_times_as_fast_as_from_a_loader(benchmark, two_threads):
    """Small grey images that are kept in memory, prepared, against PIL images and torchvision's transforms."""
    split = open_split(DataSpec(name="digits", prepare=Prepare(short_side=32)), "train", Locations())
    mean = torch.full((1, 32, 32), 60.0)
    loader = DataLoader(Pictures(split, 28, mean), 128, shuffle=True, drop_last=True)

    def theirs():
        return sum(len(images) for images, _ in loader)

    def ours():
        return views_of(split, mean, 28, 128, 5)

    assert times_as_fast(benchmark, ours, theirs, 15 if benchmark.enabled else 1) >= GATE * RESIDENT
