"""Tests of the compiled subtraction: the bits of numpy's and OpenCV's, loaded when it pays, and never necessary."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from threading import Thread

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data import cutting, cutting_compiled
from harness.data.augment import cut_out, gathered
from harness.data.cutting import Subtracted
from harness.data.cutting_compiled import subtract, subtraction

numba = pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose anew at the next number."""
    monkeypatch.setattr(cutting_compiled._Choice, "numbers", cutting_compiled.WORTH_COMPILING)
    monkeypatch.setattr(cutting_compiled._Choice, "chosen", None)


def drawn(shape: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw pixels and a mean image."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, shape).astype(np.uint8), (255 * random.random(shape)).astype(np.float32)


@numba
@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 3, 4]), st.integers(0, 9), st.integers(0, 99))
def test_the_kernel_subtracts_in_float32(height: int, width: int, channels: int, around: int, seed: int) -> None:
    """Parts of larger images, of any size and number of channels, whether they may be written to or not."""
    from harness.data.cutting_kernels import subtract as kernel

    whole = (height + around, width + around, channels)
    pixels, mean = drawn(whole, seed)
    pixels.flags.writeable = seed % 2 == 0
    part, under = pixels[around:, :width], mean[:height, around:]
    view = np.full((height, width, channels), np.nan, np.float32)
    kernel(part, under, view)
    expected = part.astype(np.float32) - under
    assert (view.view(np.int32) == expected.view(np.int32)).all()


@numba
@pytest.mark.parametrize("larger", ["pixels", "mean", "view"])
def test_the_kernel_refuses_sizes_that_differ(larger: str) -> None:
    """It reads memory as it is told."""
    from harness.data.cutting_kernels import subtract as kernel

    pixels, mean = drawn((5, 5, 3), 0)
    given = {"pixels": pixels[:4], "mean": mean[:4], "view": np.empty((4, 5, 3), np.float32)}
    given[larger] = {"pixels": pixels, "mean": mean, "view": np.empty((5, 5, 3), np.float32)}[larger]
    with pytest.raises(ValueError, match="differ in size"):
        kernel(*given.values())


@numba
@pytest.mark.parametrize("name", ["pixels", "mean"])
@pytest.mark.parametrize(
    "turned",
    [
        lambda array: array[::-1],
        lambda array: array[:, ::-1],
        lambda array: array[..., ::-1],
        lambda array: array.transpose(1, 0, 2),
        lambda array: np.broadcast_to(array[..., :1], array.shape),
    ],
    ids=["upside down", "mirrored", "blue first", "columns first", "one channel"],
)
def test_the_kernel_refuses_other_layouts(name: str, turned: Callable[[np.ndarray], np.ndarray]) -> None:
    """It would read other memory than that of the array."""
    from harness.data.cutting_kernels import subtract as kernel

    given = dict(zip(("pixels", "mean"), drawn((5, 5, 3), 0), strict=True))
    given[name] = turned(given[name])
    with pytest.raises(ValueError, match="do not lie side by side"):
        kernel(*given.values(), np.empty((5, 5, 3), np.float32))


@numba
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("moving", [True, False])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_views_are_those_gathered(
    ready: None,
    monkeypatch: pytest.MonkeyPatch,
    channels: int,
    moving: bool,  # noqa: FBT001 - pytest's way
    layout: torch.memory_format,
) -> None:
    """Cut views equal gathered ones to the bit; where channels lie side by side, the kernel makes every one."""
    monkeypatch.setattr(cutting, "SINGLY", 1)
    kernel, made = subtraction(1), list[int]()

    def counted(pixels: np.ndarray, mean: np.ndarray, view: np.ndarray) -> None:
        made.append(1)
        kernel(pixels, mean, view)

    monkeypatch.setattr(cutting_compiled._Choice, "chosen", counted)
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (40, channels, 12, 15), generator=random).to(torch.uint8).to(memory_format=layout)
    mean = 255 * torch.rand(channels, *((12, 15) if moving else (7, 7)), generator=random)
    spots = tuple(torch.randint(size, (40,), generator=random) for size in (6, 9, 2))
    less = Subtracted.of(np.ascontiguousarray(mean.permute(1, 2, 0).numpy()), moving=moving)
    assert torch.equal(cut_out(images, less, spots, 7), gathered(images, mean, spots, 7, moving=moving))
    assert kernel is not subtract
    if channels == 3 and layout == torch.channels_last:
        assert len(made) == 40


def test_until_it_pays_numbers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing looks for numba before."""
    monkeypatch.setattr(cutting_compiled._Choice, "numbers", 0)
    monkeypatch.setattr(cutting_compiled._Choice, "chosen", None)
    monkeypatch.setattr(cutting_compiled, "_agreeing", None)
    assert subtraction(7) is subtract
    assert cutting_compiled._Choice.numbers == 7


def test_it_is_chosen_once(ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later calls take what the first one chose, and take no lock for it."""
    chosen = [subtraction(1)]
    monkeypatch.setattr(cutting_compiled, "_loading", None)
    assert subtraction(1) is chosen[0]


def test_without_numba_libraries_subtract(ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numba cannot be imported, there is no kernel and no error."""
    monkeypatch.setitem(sys.modules, "harness.data.cutting_kernels", None)
    assert subtraction(1) is subtract


@pytest.mark.parametrize("kernel", [lambda *_: 1 / 0, lambda _pixels, _mean, view: view.fill(0)])
def test_a_kernel_that_fails_or_differs_is_not_used(ready: None, monkeypatch: pytest.MonkeyPatch, kernel) -> None:
    """As with a damaged cache of compiled code."""

    class Kernels:
        subtract = staticmethod(kernel)

    monkeypatch.setattr(cutting_compiled, "_compiled", lambda: Kernels)
    assert subtraction(1) is subtract


def test_other_threads_do_not_wait_while_one_loads_it(ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """They subtract by libraries meanwhile, with the same bits."""
    others = list[object]()

    def loaded() -> None:
        other = Thread(target=lambda: others.append(subtraction(1)))
        other.start()
        other.join(60)

    monkeypatch.setattr(cutting_compiled, "_agreeing", loaded)
    subtraction(1)
    assert others == [subtract]
