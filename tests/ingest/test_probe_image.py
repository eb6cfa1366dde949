"""Examination of single images, and of many at once."""

from __future__ import annotations

import gzip
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from image_layouts import jpeg, saved
from PIL import Image

from harness.ingest.probe_image import chosen, in_order, look_at, unpacked
from harness.ingest.sources import StoredImage

PICTURE = Image.effect_noise((50, 40), 60).convert("RGB")


def look(data, name="x.JPEG", **more):
    """Examine an image of these bytes."""
    return look_at(StoredImage(name, None, name, lambda: io.BytesIO(data)), **{"decode": False} | more)


def test_header_and_end_say_what_an_image_is():
    """It is not decoded."""
    seen = look(jpeg(PICTURE))
    assert (seen.mode, seen.format, seen.size, seen.damage) == ("RGB", "JPEG", (50, 40), "")


def test_bytes_after_the_end_are_no_damage():
    """Some of ImageNet's files have them; such a file is decoded to be sure."""
    assert look(jpeg(PICTURE) + b"trailing").damage == ""
    assert look(jpeg(PICTURE)[:-400] + b"trailing").damage == "truncated"


@pytest.mark.parametrize(
    ("form", "name", "misnamed"),
    [("JPEG", "x.JPEG", False), ("JPEG", "x.jpg", False), ("PNG", "x.png", False), ("PNG", "x.JPEG", True),
     ("JPEG", "x.png", True), ("BMP", "x.jpg", True), ("MPO", "x.JPEG", False)],
)  # fmt: skip
def test_a_name_may_be_that_of_another_format(form, name, misnamed):
    """A JPEG with further pictures after the first is still a JPEG."""
    more = {"save_all": True, "append_images": [PICTURE]} if form == "MPO" else {}
    assert look(saved(PICTURE, form, **more), name).misnamed(name) is misnamed


def test_a_file_that_cannot_be_opened_is_unreadable():
    """Its permissions may forbid it."""

    def refused():
        raise PermissionError(13, "Permission denied")

    assert look_at(StoredImage("x.JPEG", None, "x", refused), decode=True).damage == "unreadable"


def test_what_gzip_packed_is_looked_at():
    """It is reported as packed."""
    seen = look(gzip.compress(jpeg(PICTURE)))
    assert (seen.gzipped, seen.format, seen.damage) == (True, "JPEG", "")
    assert look(gzip.compress(jpeg(PICTURE)[:-400])).damage == "truncated"
    assert unpacked(b"plain") == b"plain"


def test_no_fault_tells_an_address_in_memory():
    """Addresses change between runs, so records of the same fault would differ."""
    assert "0x" not in look(b"no image").fault


def test_a_share_is_chosen_by_name_alone():
    """The choice is the same everywhere, about as many as requested."""
    names = [f"n{number}" for number in range(4000)]
    few, many = ({name for name in names if chosen(name, share)} for share in (0.1, 0.3))
    assert few < many
    assert (len(few) / 4000, len(many) / 4000) == (pytest.approx(0.1, abs=0.02), pytest.approx(0.3, abs=0.03))
    assert all(chosen(name, 1.0) for name in names)
    assert not any(chosen(name, 0.0) for name in names)


def test_answers_come_in_order_and_few_are_in_hand():
    """Slow items do not matter, and items are taken only as needed."""
    asked, gate = [], threading.Event()

    def items():
        for number in range(50):
            asked.append(number)
            yield number

    def work(number):
        if number == 0:
            gate.wait(10)
        return number

    with ThreadPoolExecutor(2) as pool:
        answers = in_order(pool, work, items(), 4)
        threading.Timer(0.05, gate.set).start()
        assert next(answers) == 0
        assert len(asked) == 4
        assert list(answers) == list(range(1, 50))


def test_an_error_ends_the_work():
    """Items not yet started are dropped."""

    def work(number):
        if number == 3:
            raise ValueError(number)
        return number

    with ThreadPoolExecutor(2) as pool, pytest.raises(ValueError, match="3"):
        list(in_order(pool, work, range(10**9), 4))
