"""Pictures show the pixels and the words they were given, each where it belongs."""

import numpy as np
import pytest
from drawn_pictures import SVG, images, svg, words

from harness.report.page import pictures

RANDOM = np.random.default_rng(0)
NAMES = np.array(["ankle boot", "bag", "coat", "dress", "a class with a very long name indeed"])


def kernels(count: int = 8, maps: int = 3, groups: int = 2) -> dict[str, np.ndarray]:
    """An inspection's arrays."""
    found = RANDOM.standard_normal((count, maps, 5, 5)).astype(np.float32)
    return {"kernels": found, "groups": np.array(groups)}


def panel(count: int = 3) -> dict[str, np.ndarray]:
    """An inspection's arrays: the first image is right, the others are wrong."""
    top = np.tile([0, 1, 2, 3, 4], (count, 1))
    return {
        "images": RANDOM.integers(0, 256, (count, 3, 20, 20)).astype(np.uint8),
        "labels": np.arange(count) % 5,
        "top": top,
        "probabilities": np.tile([0.6, 0.2, 0.1, 0.06, 0.04], (count, 1)),
        "class_names": NAMES,
    }


def neighbours(queries: int = 2, each: int = 3) -> dict[str, np.ndarray]:
    """An inspection's arrays; in features all neighbours have the query's class, in pixels none."""
    labels = np.arange(queries)
    shape = (queries, each, 1, 12, 12)
    return {
        "images": RANDOM.integers(0, 256, (queries, 1, 12, 12)).astype(np.uint8),
        "labels": labels,
        "class_names": NAMES,
        "feature_images": RANDOM.integers(0, 256, shape).astype(np.uint8),
        "pixel_images": RANDOM.integers(0, 256, shape).astype(np.uint8),
        "feature_labels": np.repeat(labels[:, None], each, 1),
        "pixel_labels": np.repeat(labels[:, None] + 1, each, 1),
    }


def test_every_kernel_is_there_pixel_by_pixel():
    """Row after row and group below group, one see-through line apart, darkest weight black and lightest white."""
    arrays = kernels()

    found = images(pictures.kernels(arrays, "Kernels").data_uri)

    tiles = [image[:5, 6 * k : 6 * k + 5] for image in found for k in range(4)]
    for tile, kernel in zip(tiles, arrays["kernels"], strict=True):
        levels = 255 * (kernel - kernel.min()) / np.ptp(kernel)
        assert np.abs(tile.transpose(2, 0, 1).astype(float) - levels).max() <= 0.51


def test_groups_are_named_where_there_are_some():
    """One group needs no name."""
    assert words(pictures.kernels(kernels(), "").data_uri) == ["group 1", "group 2"]
    assert words(pictures.kernels(kernels(groups=1), "").data_uri) == []


@pytest.mark.parametrize("maps", [1, 2, 3, 7])
def test_kernels_of_any_depth_are_drawn(maps):
    """Three maps in colour, any other number in grey."""
    (first, *_) = images(pictures.kernels(kernels(maps=maps), "").data_uri)

    assert np.ptp(first.astype(int), axis=2).any() == (maps == 3)


def test_a_constant_kernel_is_grey():
    """There is nothing to stretch, and nothing to divide by."""
    arrays = {"kernels": np.full((1, 3, 5, 5), 3.0), "groups": np.array(1)}

    (image,) = images(pictures.kernels(arrays, "").data_uri)

    assert (image[:5, :5] == 128).all()


def test_a_panel_shows_images_and_labels():
    """Each image once, its true label above the bars and five guesses in them."""
    arrays = panel()
    uri = pictures.panel(arrays, "Panel").data_uri

    assert all(
        (shown.transpose(2, 0, 1) == image).all() for shown, image in zip(images(uri), arrays["images"], strict=True)
    )
    assert words(uri).count("ankle boot") == 1 + 3
    assert words(uri).count("a class with a very\N{HORIZONTAL ELLIPSIS}") == 3


def test_bars_are_as_long_as_probabilities():
    """0.6 is three times 0.2, and the true label's bar has another colour."""
    root = svg(pictures.panel(panel(1), "").data_uri)
    bars = [path for path in root.iter(f"{SVG}path") if "fill: var(--" in path.get("style", "")]
    width = {}
    for bar in bars:
        xs = [float(x) for x in bar.attrib["d"].replace("\n", " ").split()[1::3] if x.replace(".", "").isdigit()]
        width.setdefault(bar.attrib["style"].split("--")[1].split(")")[0], []).append(max(xs) - min(xs))

    assert len(width["amber"]) == 1
    assert len(width["series"]) == 4
    assert width["amber"][0] == pytest.approx(3 * width["series"][0], rel=0.02)


def test_neighbours_stand_in_rows_of_two_kinds():
    """The query, then its neighbours in features, then those in pixels; every image once, in order."""
    arrays = neighbours()
    uri = pictures.neighbours(arrays, "Neighbours").data_uri

    expected = [arrays["images"][:, None], arrays["feature_images"], arrays["pixel_images"]]
    shown = np.stack([image[..., 0] for image in images(uri)])
    assert (shown == np.concatenate([block.reshape(-1, 12, 12) for block in expected])).all()
    assert {"query", "nearest in features", "nearest in pixels"} <= set(words(uri))


def test_another_class_is_crossed():
    """Not told by colour alone: a cross stands before the name."""
    found = words(pictures.neighbours(neighbours(), "").data_uri)

    assert sum(word.startswith("\N{MULTIPLICATION SIGN} ") for word in found) == 2 * 3


def test_large_photographs_are_made_small():
    """A page with hundreds of images stays small."""
    arrays = panel(1) | {"images": RANDOM.integers(0, 256, (1, 3, 224, 200)).astype(np.uint8)}

    (image,) = images(pictures.panel(arrays, "").data_uri)

    assert image.shape == (64, 57, 3)


@pytest.mark.parametrize(("draw", "arrays"), [("kernels", kernels), ("panel", panel), ("neighbours", neighbours)])
def test_a_picture_is_told_in_words(draw, arrays):
    """What stands in it, for those who do not see it, and the same in the SVG itself."""
    picture = getattr(pictures, draw)(arrays(), "A title")

    assert picture.alt
    assert [child.text for child in list(svg(picture.data_uri))[:2]] == ["A title", picture.alt]


@pytest.mark.parametrize("count", [1, 2, 5, 15])
def test_panels_of_any_size(count):
    """Four in a row, the last row as long as it is."""
    assert len(images(pictures.panel(panel(count), "").data_uri)) == count
