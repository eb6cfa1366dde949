"""Mutated files of every kind: the program answers with a message, no traceback, no hang, and no file elsewhere.

25 mutants of each kind by default; HARNESS_FUZZ sets another number. Of suites, `-m nightly` tries that number too, or
ten thousand without it.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from finished_worlds import SHORT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import MUTANTS, ODD, mutated_bytes, mutated_suite, mutated_text, mutated_tree, touching_only, within
from PIL import Image
from result_documents import typed
from tiny_suites import World

from harness.data.decode import Window, decode, decode_window, prepared_size
from harness.data.locate import Locations
from harness.data.sets.cifar10 import read as read_cifar10
from harness.data.sets.digits import read as read_digits
from harness.data.sets.fashion_mnist import read as read_fashion
from harness.data.spec import Prepare
from harness.errors import HarnessError, SuiteError
from harness.jobs import JOBS
from harness.jobs.code import code_digest
from harness.plan.graph import make_plan
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.exports.texts import KINDS, export
from harness.report.gather import gather
from harness.report.page.digests import sealed
from harness.report.page.render import rebuild, render
from harness.store.documents import seal
from harness.store.store import Store
from harness.suite.load import load_suite

SAMPLES = Path(__file__).parent / "samples"
LONGEST_S = 60
"""Seconds after which a case counts as hanging, on a busy machine."""
SEEDS = st.integers(0, 2**32 - 1)


mutants = settings(
    max_examples=MUTANTS,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


EXPECTED = {"refused", "refused by another message", "sound", "sound and reported"}


def suite_case(seed: int, folder: Path) -> str:
    """Load one mutant, plan it at every scale and sometimes report it; return the outcome."""
    chance = random.Random(seed)
    path = folder / "mutant.yaml"
    path.write_text(mutated_suite(chance), encoding="utf-8", errors="surrogatepass")
    with within(LONGEST_S), touching_only(Path(os.environ["XDG_CACHE_HOME"])):
        try:
            suite = load_suite(path)
            plans = [make_plan(suite, scale) for scale in suite.file.scales]
        except SuiteError as error:
            named = [line.startswith(f"{path}:") and line.isprintable() for line in error.faults]
            return "refused" if all(named) else f"refused without its name: {error.faults}"
        except HarnessError:
            return "refused by another message"
        if chance.random() < 0.2:
            plan, store = plans[-1], Store(folder / "runs")
            standing = statuses(plan, store, Locations())
            render(*gather(plan, store, standing, Choice(plan.scale, "", "")))
            return "sound and reported"
    return "sound"


@mutants
@given(SEEDS)
def test_a_mutated_suite_is_sound_or_refused(tmp_path: Path, seed: int) -> None:
    """A refused suite gives lines that name the file; a sound one is planned and reported."""
    assert suite_case(seed, tmp_path) in EXPECTED


@pytest.mark.nightly
def test_thousands_of_mutated_suites_are_sound_or_refused(tmp_path: Path) -> None:
    """All failures are collected, so that one night shows them all."""
    outcomes: Counter[str] = Counter()
    for seed in range(int(os.environ.get("HARNESS_FUZZ", "10000"))):
        try:
            outcomes[suite_case(seed, tmp_path)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            outcomes[f"{type(error).__name__}: {str(error)[:200]} (first with seed {seed})"] += 1
    print(dict(outcomes))  # noqa: T201 - pytest shows it with -s or on failure
    assert set(outcomes) <= EXPECTED


def documents(name: str) -> tuple[Any, Any]:
    """Return fresh copies of the two documents of a report."""
    results, curves = ((SAMPLES / f"{name}_{kind}.json").read_text(encoding="utf-8") for kind in ("results", "curves"))
    return json.loads(results), json.loads(curves)


def whole(results: Any, curves: Any) -> Any:
    """The results with digests that fit, as far as JSON can hold them."""
    try:
        return sealed(results, curves)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return results


@mutants
@given(SEEDS)
def test_a_mutated_report_is_rebuilt_or_refused(tmp_path: Path, seed: int) -> None:
    """Page and exports are made from mutated documents, which may come from anybody."""
    chance = random.Random(seed)
    folder = tmp_path / "report"
    folder.mkdir(exist_ok=True)
    results, curves = documents(chance.choice(["small", "paper"]))
    files = {"results": results, "curves": curves}
    which = chance.choice(list(files))
    if chance.random() < 0.7:
        files[which] = mutated_tree(files[which], results, chance)
    if chance.random() < 0.9 and all(isinstance(document, dict) for document in files.values()):
        files["results"] = whole(files["results"], files["curves"])  # else nothing behind the digests is reached
    for name, document in files.items():
        text = json.dumps(document)
        (folder / f"{name}.json").write_bytes(text.encode())
    if chance.random() < 0.3:
        path = folder / f"{which}.json"
        path.write_bytes(mutated_bytes(path.read_bytes(), chance))
    with within(LONGEST_S), touching_only(folder, Path(os.environ["XDG_CACHE_HOME"])):
        try:
            found = rebuild(folder)
        except HarnessError:
            return
        for kind in KINDS:
            try:
                export(found, kind)
            except HarnessError:
                continue


@pytest.fixture(scope="module", autouse=True)
def fonts() -> None:
    """Let matplotlib search for fonts, which starts another program, before the tests watch for that."""
    results, curves = documents("small")
    render(typed(results), curves)


@pytest.fixture(scope="module")
def world(finished: Callable[..., World]) -> World:
    """Return a finished suite."""
    return finished(**SHORT)


STORED = [
    "result.json",
    "job.json",
    "environment.json",
    "metrics.jsonl",
    "declaration",
    "fingerprints.json",
    "rates.json",
]


@pytest.fixture(scope="module")
def _digests_known() -> None:
    """Have the digest of every kind's code computed, for the first time writes a cache."""
    for kind in JOBS:
        code_digest(kind)


@mutants
@given(SEEDS)
@pytest.mark.usefixtures("_digests_known")
def test_a_mutated_store_is_reported_or_refused(world: World, tmp_path: Path, seed: int) -> None:
    """Mutants are sealed again or not; a store that is not refused gives a page and can be worked on."""
    chance = random.Random(seed)
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)
    shutil.copytree(world.store.root, tmp_path / "runs")
    store, name = Store(tmp_path / "runs"), chance.choice(STORED)
    folder = store.folder(kind := chance.choice(["train", "evaluate", "pixels"]), world._key(kind, 0))
    if name == "declaration":
        path = next(store.declarations.iterdir())
    elif name in ("fingerprints.json", "rates.json"):
        path = store.root / name
    else:
        path = folder.path / name
    if not path.exists():
        return
    if name.endswith(("jsonl", "rates.json")) or chance.random() < 0.3:
        path.write_bytes(mutated_bytes(path.read_bytes(), chance))
    else:
        document = json.loads(path.read_bytes())
        document = mutated_tree(document, json.loads(world.folder("train").result.read_bytes()), chance)
        if isinstance(document, dict) and "seal" in document and chance.random() < 0.9:
            with suppress(ValueError):  # a lone surrogate cannot be sealed
                document = seal(document)
        path.write_text(json.dumps(document))
    again = World(world.plan, store)
    if chance.random() < 0.3:
        shutil.rmtree(world_test(store, again))  # a run then repeats the jobs built on it
    with within(LONGEST_S), touching_only(store.root, Path(os.environ["XDG_CACHE_HOME"])):
        try:
            render(*gather(again.plan, store, statuses(again.plan, store, Locations()), Choice("ci", "", "")))
            for reason in again.run().failed.values():
                assert "Error: " not in reason.split(" (see ")[0] or "cannot" in reason, reason
        except HarnessError:
            return


def world_test(store: Store, world: World) -> Path:
    """Return the folder of the test."""
    return store.folder("evaluate", world._key("evaluate", 0)).path


CONFIG = '[data]\nroot = "/data"\nilsvrc2010 = "imagenet"\ndigits = "~/x"\n'


@mutants
@given(SEEDS)
def test_a_mutated_configuration_is_used_or_refused(tmp_path: Path, seed: int) -> None:
    """The same holds for mutated flags and variables."""
    chance = random.Random(seed)
    path = tmp_path / "harness.toml"
    if chance.random() < 0.5:
        path.write_bytes(mutated_text(CONFIG, chance).encode(errors="surrogatepass"))
    else:
        path.write_bytes(mutated_bytes(CONFIG.encode(), chance))
    flags = [f"{chance.choice(['digits', 'x', ''])}={chance.choice(ODD)}"] if chance.random() < 0.3 else []
    variables = {f"HARNESS_DATA_{chance.choice(['ROOT', 'DIGITS', 'X'])}": str(chance.choice(ODD))}
    with within(LONGEST_S), touching_only():
        try:
            found = Locations.gather(None, flags, variables if chance.random() < 0.3 else {}, [path])
            statuses_of_data(found)
        except HarnessError:
            return


def statuses_of_data(locations: Locations) -> None:
    """Search for every data set."""
    from harness.data import DATASETS

    for dataset in DATASETS.values():
        locations.find(dataset)


def image(form: str) -> bytes:
    """Return an image in a format of the data sets, with typical metadata."""
    buffer = io.BytesIO()
    pixels = (np.indices((40, 52)).sum(0) * 3 % 256).astype(np.uint8)
    modes = {"jpeg": "RGB", "grey": "L", "cmyk": "CMYK", "png": "RGBA", "palette": "P", "progressive": "RGB"}
    kind = "PNG" if form in ("png", "palette") else "JPEG"
    extra = {"progressive": True} if form == "progressive" else {}
    Image.fromarray(pixels).convert(modes[form]).save(buffer, kind, **extra)
    return buffer.getvalue()


@mutants
@given(SEEDS)
def test_a_mutated_image_is_decoded_or_named(tmp_path: Path, seed: int) -> None:
    """JPEGs in several modes and PNGs with and without a palette are cut short, flipped, or given impossible sizes."""
    chance = random.Random(seed)
    path = tmp_path / "image.JPEG"
    form = chance.choice(["jpeg", "grey", "cmyk", "png", "palette", "progressive"])
    path.write_bytes(mutated_bytes(image(form), chance))
    prepare, window = Prepare(short_side=32, center=24), Window(32, 0.5, 0.5, 24)
    for read in (lambda: decode(str(path), prepare), lambda: decode_window(str(path), window),
                 lambda: prepared_size(str(path), prepare)):  # fmt: skip
        with within(LONGEST_S), touching_only():
            try:
                read()
            except HarnessError as error:
                assert str(path) in str(error)  # noqa: PT017 - it may be sound too


def idx(array: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """Return an array in MNIST's format."""
    shape = b"".join(side.to_bytes(4, "big") for side in array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()


def sets(folder: Path) -> dict[str, tuple[Any, list[Path]]]:
    """Return small data sets in the official formats: their readers and files."""
    draws = np.random.default_rng(0)
    labels = np.tile(np.arange(10, dtype=np.uint8), 60)
    for part in ("train", "t10k"):
        images = draws.integers(0, 256, (600, 28, 28), dtype=np.uint8)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images), 1))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    batch = {b"data": draws.integers(0, 256, (60, 3072), dtype=np.uint8), b"labels": labels[:60].tolist()}
    for name in ("test_batch", *(f"data_batch_{number}" for number in range(1, 6))):
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    rows = np.concatenate([draws.integers(0, 17, (90, 64)), labels[:90, None]], 1)
    (folder / "digits.csv.gz").write_bytes(gzip.compress("\n".join(",".join(map(str, row)) for row in rows).encode()))
    return {
        "fashion": (read_fashion, sorted(folder.glob("*ubyte*"))),
        "cifar10": (read_cifar10, sorted(folder.glob("*_batch*"))),
        "digits": (read_digits, [folder / "digits.csv.gz"]),
    }


@mutants
@given(SEEDS)
def test_a_mutated_data_set_is_read_or_named(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """IDX files (plain and compressed), CIFAR-10's pickles and a table of digits are mutated."""
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("set")
    read, files = sets(folder)[chance.choice(["fashion", "cifar10", "digits"])]
    path = chance.choice(files)
    plain = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" and chance.random() < 0.6 else None
    content = mutated_bytes(path.read_bytes() if plain is None else plain, chance)
    path.write_bytes(content if plain is None else gzip.compress(content, 1))
    with within(LONGEST_S), touching_only():
        for split in ("train", "val", "test"):
            try:
                read(folder, split)
            except HarnessError as error:
                assert str(folder) in str(error)  # noqa: PT017 - it may be sound too
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["digits.csv.gz", "t10k-images-idx3-ubyte.gz", "test_batch.gz"])
def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path, name: str) -> None:
    """A gigabyte of zeros in a megabyte is refused; no official file is a tenth as large."""
    import tracemalloc

    packed = gzip.compress(bytes(2**24), 9)
    (tmp_path / name).write_bytes(packed * 64)
    read = {"d": read_digits, "t10k-": read_fashion, "test_": read_cifar10}
    reader = next(one for start, one in reversed(read.items()) if name.startswith(start))
    tracemalloc.start()
    try:
        with within(LONGEST_S), pytest.raises(HarnessError, match="larger than any official file"):
            reader(tmp_path, "test")
        assert tracemalloc.get_traced_memory()[1] < 600_000_000
    finally:
        tracemalloc.stop()


def test_an_image_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    """A PNG of 40,000 by 40,000 pixels in some kilobytes is refused."""
    path = tmp_path / "image.png"
    content = bytearray(image("png"))
    content[16:24] = (40_000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)
    with within(LONGEST_S), pytest.raises(HarnessError, match=r"image\.png: cannot be decoded"):
        decode(str(path), Prepare(center=24))
