"""Reference code: torchvision's data sets and transforms, torch's own layers, and its reference training loop.

It is tuned fairly: nothing is left in that costs time and that such a loop does not need.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

from harness.data.splits import Split
from harness.models.alexnet import AlexNet
from harness.models.modules import PaperDropout, ResponseNorm
from harness.models.network import Network, build


class Pictures(Dataset):
    """Grey images in the form of torchvision's data sets: PIL images, transformed one by one."""

    def __init__(self, split: Split, crop: int, mean: torch.Tensor) -> None:
        from torchvision import transforms

        self.images = [Image.fromarray(image[0]) for image in split.in_memory.numpy()]
        self.labels = split.labels.tolist()
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(crop),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize((float(np.mean(mean.numpy())) / 255,), (1 / 255,)),
            ]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(self.images[index]), self.labels[index]


def image_folder_loader(folder: Path, crop: int, batch: int, workers: int) -> DataLoader:
    """Load class folders as torchvision does: decoded by PIL, in processes that persist between epochs.

    Images have the size that views are cut from, so nothing is rescaled.
    """
    from torchvision import datasets, transforms

    transform = transforms.Compose(
        [
            transforms.RandomCrop(crop),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    images = datasets.ImageFolder(folder, transform)
    return DataLoader(images, batch, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=True)


def ordinary(network: nn.Module) -> nn.Module:
    """Replace our layers in a net by torch's own."""
    for name, layer in network.named_children():
        if isinstance(layer, ResponseNorm):
            setattr(network, name, nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
        elif isinstance(layer, PaperDropout):
            setattr(network, name, nn.Dropout(layer.p))
        elif isinstance(layer, nn.ReLU):
            setattr(network, name, nn.ReLU(inplace=True))
    return network


class ReferenceLoop:
    """torchvision's references/classification/train.py, `train_one_epoch`: SGD with momentum, one step per batch.

    A step reads the loss and the errors of its batch, as the reference's meters do.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = ordinary(network).train()
        self.criterion = nn.CrossEntropyLoss()
        self.optimiser = torch.optim.SGD(self.network.parameters(), lr=0.01, momentum=0.9, weight_decay=0.0005)
        self.meters: dict[str, list[float]] = {"loss": [], "acc1": [], "acc5": [], "img/s": []}

    def epoch(self, batches: Iterator[tuple[torch.Tensor, torch.Tensor]]) -> None:
        """Take a step for each batch of float images and labels."""
        for image, target in batches:
            start = time.time()
            output = self.network(image)
            loss = self.criterion(output, target)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            for name, correct in zip(("acc1", "acc5"), accuracies(output, target, (1, 5)), strict=True):
                self.meters[name].append(correct)
            self.meters["loss"].append(loss.item())
            self.meters["img/s"].append(len(image) / (time.time() - start))


def accuracies(output: torch.Tensor, target: torch.Tensor, most: tuple[int, ...]) -> list[float]:
    """Return the reference's `accuracy` for each number of guesses, in percent."""
    with torch.inference_mode():
        _, guesses = output.topk(max(most), 1, largest=True, sorted=True)
        correct = guesses.t().eq(target[None])
        return [correct[:k].flatten().sum(dtype=torch.float32).item() * (100.0 / len(target)) for k in most]


def alexnet(width: float) -> Network:
    """Return AlexNet for 1000 classes with random weights."""
    network = build(AlexNet(width=width).layers(1000), (3, 224, 224))
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.01)
    return network


def a_batch(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return float views for AlexNet, and labels."""
    return torch.randn(count, 3, 224, 224), torch.randint(1000, (count,))


@contextmanager
def stepping(width: float, batch: int, threads: int, *, apart: bool) -> Iterator[Callable[[], float]]:
    """Yield a function that takes one step of the reference loop on AlexNet and returns its seconds.

    With `apart`, the loop runs in a separate process, with the memory and settings of such a script.
    """
    if not apart:
        yield _step(width, batch)
        return
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_steps, args=(theirs, width, batch, threads))
    process.start()

    def step() -> float:
        ours.send(1)
        return ours.recv()

    try:
        yield step
    finally:
        ours.send(0)
        process.join()


def _steps(pipe: Connection, width: float, batch: int, threads: int) -> None:
    torch.set_num_threads(threads)
    step = _step(width, batch)
    while pipe.recv() == 1:
        pipe.send(step())


def _step(width: float, batch: int) -> Callable[[], float]:
    loop, (images, labels) = ReferenceLoop(alexnet(width)), a_batch(batch)

    def step() -> float:
        start = time.perf_counter()
        loop.epoch(iter([(images, labels)]))
        return time.perf_counter() - start

    return step


def computes_bf16():
    """Check whether this processor multiplies bfloat16 itself; otherwise torch computes in float32 and converts."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
