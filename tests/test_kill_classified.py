"""A system without a net that is killed at any of its stages ends, once started again, in the same bytes."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

import pytest
import warm
from classified_suites import classified_suite
from feature_samples import COORDINATES, SUPER, encoding, vocabulary_of
from programs import environment, nothing, program, signalled
from suite_files import plain

from harness.jobs.features import description
from harness.jobs.features.encode_split import encode

RUN = ("run", "classified.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1", "--jobs", "1")
SIZES = {"prepare": {"short_side": 32}, "dimensions": 5}
SUPPORT = Path(__file__).parent / "support"
LONGEST_S = 6.0
"""Approximate seconds of an undisturbed run, for kills at random moments."""


def prepared(folder: Path) -> Path:
    """Return a folder with a suite of one seed and two features in it, of the two codings by words."""
    folder.mkdir(exist_ok=True)
    features = {"hog": COORDINATES.model_dump(mode="json"), "both": SUPER.model_dump(mode="json")}
    classifier = {"what": "averaged_sgd", "regularisation": 1e-3, "epochs": 4}
    path = classified_suite(folder, SIZES, features=features, classifier=classifier)
    suite = plain(path)
    suite["scales"]["ci"]["seeds"] = 1
    path.write_text(json.dumps(suite))
    return folder


def run_to_its_end(folder: Path) -> dict[str, bytes]:
    """Run to the end, and return every vocabulary, code, classifier and prediction."""
    done = program(folder, *RUN)
    assert done.returncode == 0, done.stderr
    kept = {"vocabulary.npz", "codes.npy", "classifier.npz", "predictions.npz"}
    found = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in folder.glob("runs/*/*.np*")}
    assert {name.partition("/")[2] for name in found} == kept
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a run that nothing disturbed."""
    return run_to_its_end(prepared(tmp_path_factory.mktemp("undisturbed")))


def killed_once_there(folder: Path, pattern: str) -> int:
    """Run until there is a file of this pattern, kill the run, and return its exit status."""
    with nothing() as null:
        process = warm.start([*RUN], folder, environment(), [null.fileno()] * 3)
        while process.poll() is None and not any(folder.glob(pattern)):
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        return process.wait()


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["vocabulary", "encode", "fit"])
def test_killed_and_run_again_it_ends_alike(undisturbed: dict[str, bytes], tmp_path: Path, kind: str) -> None:
    """A kill in each kind of job changes no byte."""
    assert killed_once_there(prepared(tmp_path), f"runs/{kind}-*") == -signal.SIGKILL
    assert run_to_its_end(tmp_path) == undisturbed


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.append(sys.argv[3])
from feature_samples import SUPER, encoding
from harness.jobs.features import codes, description
from harness.jobs.features.encode_split import encode
from harness.store.store import JobFolder
description.NUMBERS_AT_ONCE = 2**20
noted, write = [], codes.write_json
def write_or_die(*what):
    noted.append(write(*what)) if len(noted) < 2 else os.kill(os.getpid(), signal.SIGKILL)
codes.write_json = write_or_die
encode(encoding(Path(sys.argv[1]), JobFolder(Path(sys.argv[2])), feature=SUPER))
"""
"""Encodes until two batches are noted and a third is on disk without a note, and kills itself."""


def test_killed_between_a_batch_and_its_note_it_ends_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes of super-vectors end in the same bytes."""
    monkeypatch.setattr(description, "NUMBERS_AT_ONCE", 2**20)
    vocabulary = vocabulary_of(tmp_path / "vocabulary", feature=SUPER)
    whole = encoding(tmp_path / "whole", vocabulary, feature=SUPER)
    encode(whole)
    with nothing() as null:
        arguments = [str(tmp_path / "killed"), str(vocabulary.path), str(SUPPORT)]
        assert warm.start(arguments, tmp_path, environment(), [null.fileno()] * 3, KILLED).wait() == -signal.SIGKILL
    again = encoding(tmp_path / "killed", vocabulary, feature=SUPER)
    assert json.loads(again.folder.partial.read_text()) == {"pieces": 2}
    encode(again)
    assert again.folder.codes.read_bytes() == whole.folder.codes.read_bytes()


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(5))
def test_killed_again_and_again_it_ends_alike(undisturbed: dict[str, bytes], tmp_path: Path, seed: int) -> None:
    """Five kills in a row at random moments."""
    moments = random.Random(seed)
    prepared(tmp_path)
    for _ in range(5):
        signalled(tmp_path, signal.SIGKILL, moments.uniform(0, LONGEST_S), *RUN)
    assert run_to_its_end(tmp_path) == undisturbed
