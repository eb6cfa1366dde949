"""Tests of decoding and preparing images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.data.decode import Window, as_rgb, cut_out, decode, decode_window, prepared, prepared_size
from harness.data.rescaling import all_prepared
from harness.data.spec import Prepare
from harness.errors import DataMissing

GRID = np.add.outer(16 * np.arange(12), np.arange(16)).astype(np.uint8)
"""Pixels [12, 16] that each hold their own number."""


def rgb(height: int, width: int, seed: int = 0) -> Image.Image:
    """Return colour noise."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_center_is_cut_from_the_middle() -> None:
    """The centre is cut from the middle; of three spare rows, one is lost above and two below."""
    pixels = prepared(Image.fromarray(GRID), Prepare(center=9))
    assert np.array_equal(pixels, GRID[None, 1:10, 3:12])


def test_pad_adds_zeros_on_every_side() -> None:
    """Padding adds zeros on every side and leaves the image unchanged."""
    pixels = prepared(rgb(5, 7), Prepare(pad=2))
    assert pixels.shape == (3, 9, 11)
    assert pixels.sum() == pixels[:, 2:-2, 2:-2].sum()
    assert np.array_equal(pixels[:, 2:-2, 2:-2], np.asarray(rgb(5, 7)).transpose(2, 0, 1))


def test_rescaling_is_antialiased() -> None:
    """A fine chequerboard reduced to a quarter becomes even grey, which proves antialiasing."""
    board = Image.fromarray((np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8))
    pixels = prepared(board, Prepare(short_side=16)).astype(int)
    assert np.abs(pixels - 127).max() <= 2


def test_rescaling_agrees_with_torchs_antialiased_bilinear() -> None:
    """Rescaling equals torch's antialiased bilinear filter up to the rounding of two passes."""
    import torch
    from torch.nn.functional import interpolate

    image = rgb(61, 90)
    theirs = interpolate(
        torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float(), (32, 47), mode="bilinear", antialias=True
    )
    ours = prepared(image, Prepare(short_side=32))
    assert ours.shape == (3, 32, 47)
    assert np.abs(ours - theirs[0].numpy()).max() <= 1.5


@settings(max_examples=30)
@given(st.integers(1, 80), st.integers(1, 80), st.integers(0, 3))
def test_shape_is_the_declared_one(height: int, width: int, pad: int) -> None:
    """Prepared images have the declared shape."""
    prepare = Prepare(short_side=24, center=20, pad=pad)
    assert prepared(rgb(height, width), prepare).shape == (3, *prepare.sides((height, width)))


@pytest.mark.parametrize("prepare", [Prepare(), Prepare(pad=2), Prepare(center=5), Prepare(short_side=13, center=11)])
@pytest.mark.parametrize("channels", [1, 3])
def test_many_are_prepared_as_one_is(prepare: Prepare, channels: int) -> None:
    """Images in memory are prepared like image files."""
    images = np.random.default_rng(1).integers(0, 256, (4, channels, 8, 9), dtype=np.uint8)
    singly = [prepared(Image.fromarray(image.transpose(1, 2, 0).squeeze()), prepare) for image in images]
    assert np.array_equal(all_prepared(images, prepare), np.stack(singly))


@pytest.mark.parametrize("mode", ["L", "1", "LA", "RGBA", "CMYK", "YCbCr", "P"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    """Every mode becomes RGB with similar colours, and grey is repeated."""
    red = Image.new("RGB", (4, 4), (204, 51, 51)).convert(mode)
    pixels = np.asarray(as_rgb(red)).astype(int)
    assert pixels.shape == (4, 4, 3)
    if mode in {"L", "LA", "1"}:
        assert (pixels[..., 0] == pixels[..., 1]).all()
        assert (pixels[..., 0] == pixels[..., 2]).all()
    else:
        assert np.abs(pixels - [204, 51, 51]).max() <= 3


def test_transparent_palette_is_read_without_a_warning(tmp_path: Path) -> None:
    """A palette with transparency is read without Pillow's warning."""
    palette = Image.new("P", (8, 8))
    palette.putpalette([10, 20, 30] * 256)
    palette.save(tmp_path / "palette.png", transparency=bytes(range(256)))
    pixels, mode = decode(str(tmp_path / "palette.png"), Prepare(center=8))
    assert mode == "P"
    assert pixels[:, 0, 0].tolist() == [10, 20, 30]


def test_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    """A CMYK JPEG with Adobe's inverted inks keeps its colours."""
    Image.new("RGB", (16, 16), (200, 30, 40)).convert("CMYK").save(tmp_path / "inks.JPEG", quality=95)
    pixels, mode = decode(str(tmp_path / "inks.JPEG"), Prepare(center=16))
    assert mode == "CMYK"
    assert np.abs(pixels[:, 8, 8].astype(int) - [200, 30, 40]).max() <= 6


def test_orientation_in_exif_is_ignored(tmp_path: Path) -> None:
    """EXIF orientation is ignored."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn a quarter to the right
    image = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), [16, 16], axis=1).repeat(32, 0))
    image.save(tmp_path / "turned.JPEG", exif=exif)
    pixels, _ = decode(str(tmp_path / "turned.JPEG"), Prepare(center=32))
    assert pixels[0, :, 4].max() < 40
    assert pixels[0, :, 28].min() > 215


@pytest.mark.parametrize("damage", ["cut", "empty", "text"])
def test_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    """A damaged file is an error with its name, not a half-black image."""
    path = tmp_path / "broken.JPEG"
    rgb(64, 64).save(path)
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "text": b"<html>not found</html>"}[damage])
    with pytest.raises(DataMissing, match=r"broken\.JPEG: cannot be decoded and prepared"):
        decode(str(path), Prepare(short_side=32, center=32))


def test_image_smaller_than_the_center_is_named(tmp_path: Path) -> None:
    """An image smaller than `center` is an error with its name."""
    rgb(20, 40).save(tmp_path / "small.png")
    with pytest.raises(DataMissing, match=r"small\.png: .* crop of 32 pixels does not fit in 20"):
        decode(str(tmp_path / "small.png"), Prepare(center=32))


SHARES = st.floats(0, 1, exclude_max=True)


@given(st.integers(20, 200), st.integers(20, 200), st.integers(16, 120), SHARES, SHARES)
def test_window_lies_within_the_rescaled_image(height: int, width: int, side: int, down: float, right: float) -> None:
    """A window lies within the rescaled image for any draw."""
    tall, wide, top, left = Window(side, down, right, 16).place(height, width)
    assert (tall, wide) == Prepare(short_side=side).rescaled(height, width)
    assert 0 <= top <= tall - 16
    assert 0 <= left <= wide - 16


def test_both_ends_of_a_window_are_reached() -> None:
    """Draws of 0 and just below 1 give the first and the last place."""
    last = float(np.nextafter(1, 0))
    assert Window(24, 0.0, 0.0, 16).place(24, 40)[2:] == (0, 0)
    assert Window(24, last, last, 16).place(24, 40)[2:] == (8, 24)


@given(st.integers(20, 90), st.integers(20, 90), st.integers(16, 120), SHARES, SHARES, st.integers(0, 1000))
@settings(max_examples=60)
def test_cut_window_is_the_window_of_the_rescaled_image(
    height: int, width: int, side: int, down: float, right: float, seed: int
) -> None:
    """A window cut directly equals the window of the rescaled image up to the rounding of two passes.

    Each of Pillow's passes, along rows and along columns, rounds to whole grey levels.
    """
    image, window = rgb(height, width, seed), Window(side, down, right, 16)
    tall, wide, top, left = window.place(height, width)
    whole = np.asarray(image.resize((wide, tall), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    there = whole[:, top : top + 16, left : left + 16].astype(int)
    assert np.abs(cut_out(image, window) - there).max() <= 2


def test_window_of_a_file_says_how_it_is_stored(tmp_path: Path) -> None:
    """Decoding a window returns the stored mode, and grey files are read in colour."""
    rgb(40, 60).convert("L").save(tmp_path / "grey.png")
    pixels, mode = decode_window(str(tmp_path / "grey.png"), Window(32, 0.5, 0.5, 28))
    assert (pixels.shape, pixels.dtype, mode) == ((3, 28, 28), np.uint8, "L")
    assert np.array_equal(pixels[0], pixels[1])


@pytest.mark.parametrize("prepare", [Prepare(), Prepare(short_side=32), Prepare(short_side=32, center=28, pad=2)])
def test_size_from_the_header_is_the_decoded_one(tmp_path: Path, prepare: Prepare) -> None:
    """The size from the header is that of the decoded image."""
    path = str(tmp_path / "image.png")
    rgb(45, 71).save(path)
    assert prepared_size(path, prepare) == decode(path, prepare)[0].shape[1:]


@pytest.mark.parametrize("read", [lambda path: decode_window(path, Window(32, 0, 0, 28)),
                                  lambda path: prepared_size(path, Prepare(short_side=32))])  # fmt: skip
def test_damaged_file_is_named_by_every_reader(tmp_path: Path, read) -> None:
    """Every reader reports a damaged file by name."""
    (tmp_path / "broken.JPEG").write_bytes(b"no image")
    with pytest.raises(DataMissing, match=r"broken\.JPEG"):
        read(str(tmp_path / "broken.JPEG"))
