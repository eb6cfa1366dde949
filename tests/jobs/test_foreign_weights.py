"""Tests of checkpoints from elsewhere: only tensors are read, all misfits are listed, and no code runs."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.jobs.foreign_weights import fitted, misfits, renamed, state_dict, take_over
from harness.models import parse_model
from harness.models.network import build, weights_sha256
from harness.models.torchvision_names import torchvision_names
from harness.store.store import JobFolder

SPEC: dict[str, Any] = {
    "model": {"name": "alexnet", "width": 0.05, "stem": {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]}},
    "classes": 5,
    "input": [1, 28, 28],
}


def network() -> Any:
    """Return the spec's net with uninitialised weights."""
    return build(parse_model(SPEC["model"]).layers(SPEC["classes"]), tuple(SPEC["input"]))


def tensors() -> dict[str, torch.Tensor]:
    """Return weights that fit the net."""
    return {name: torch.randn(one.shape) for name, one in network().state_dict().items()}


def file_of(content: Any, **how: Any) -> bytes:
    """Write a file by torch.save."""
    buffer = io.BytesIO()
    torch.save(content, buffer, **how)
    return buffer.getvalue()


class Hostile:
    """An object that runs code when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False])
def test_both_forms_of_torch_save_are_read(*, zipped: bool) -> None:
    """Both formats of torch.save are read, the zip file and the older pickle, with plain and ordered mappings."""
    found = state_dict(file_of(OrderedDict(a=torch.ones(2)), _use_new_zipfile_serialization=zipped), "x.pth")
    assert found["a"].tolist() == [1, 1]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("beside", [True, False])
def test_code_in_a_file_is_refused_and_does_not_run(tmp_path: Path, *, zipped: bool, beside: bool) -> None:
    """Code in a file, alone or among tensors, is refused and does not run."""
    made = tmp_path / "made"
    content = {"a": torch.ones(1), "b": Hostile(made)} if beside else Hostile(made)
    raw = file_of(content, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UsageError, match="nothing of it was run"):
        state_dict(raw, "x.pth")
    assert not made.exists()
    torch.load(io.BytesIO(raw), weights_only=False)  # proof that this file would run its code
    assert made.is_dir()


def test_a_plain_pickle_is_refused_and_does_not_run(tmp_path: Path) -> None:
    """A plain pickle is refused and does not run."""
    with pytest.raises(UsageError, match=r"x\.pth"):
        state_dict(pickle.dumps(Hostile(tmp_path / "made")), "x.pth")
    assert not (tmp_path / "made").exists()


def test_a_whole_module_is_refused() -> None:
    """A pickled module is refused, and the message says what to save instead."""
    with pytest.raises(UsageError, match=r"torch\.save\(net\.state_dict\(\), FILE\)"):
        state_dict(file_of(torch.nn.Linear(2, 2)), "x.pth")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")
def test_a_script_module_is_refused(tmp_path: Path) -> None:
    """A TorchScript archive is refused."""
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), tmp_path / "x.pt")
    with pytest.raises(UsageError, match=r"x\.pt"):
        state_dict((tmp_path / "x.pt").read_bytes(), "x.pt")


@pytest.mark.parametrize(
    "raw", [b"", b"\x00", b"no checkpoint", b"PK\x03\x04", b"\x80\x02.", file_of({"a": torch.ones(900)})[:-700]]
)
def test_what_is_no_checkpoint_is_refused(raw: bytes) -> None:
    """An empty, truncated or other file is refused."""
    with pytest.raises(UsageError, match=r"x\.pth: "):
        state_dict(raw, "x.pth")


@given(st.data())
def test_a_damaged_file_is_refused_or_read(data: st.DataObject) -> None:
    """A file with any byte changed gives a state dict or one clear error."""
    raw = bytearray(file_of({"a": torch.ones(3)}))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = state_dict(bytes(raw), "x.pth")
    except UsageError:
        return
    assert all(isinstance(one, torch.Tensor) for one in found.values())


def test_a_foreign_archive_is_refused() -> None:
    """A zip file of something else is refused."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(UsageError, match="cannot be read"):
        state_dict(buffer.getvalue(), "x.pth")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.ones(1)], "holds list, not a state dict"),
        (torch.ones(1), "holds Tensor, not a state dict"),
        ({}, "holds dict, not a state dict"),
        ({"epoch": 3, "state_dict": {"a": torch.ones(1)}}, "if 'state_dict' is the state dict, save that alone"),
        ({"a": 1.5}, "'a' is no plain tensor"),
        ({1: torch.ones(1)}, "1 is no plain tensor"),
        ({"a": torch.ones(2, 2).to_sparse()}, "'a' is no plain tensor"),
    ],
)
def test_what_is_no_state_dict_is_refused(content: Any, message: str) -> None:
    """The error for data that are no state dict says what they are."""
    with pytest.raises(UsageError, match=message):
        state_dict(file_of(content), "x.pth")


def test_every_tensor_that_does_not_fit_is_in_one_error() -> None:
    """One error lists all tensors that are missing, unexpected, of another shape or type, or not finite."""
    given_, names = tensors(), list(tensors())
    del given_[names[0]]
    given_["extra\x1b[2J"] = torch.zeros(2, 3)
    given_[names[1]] = torch.zeros(1, 2)
    given_[names[2]] = torch.zeros(given_[names[2]].shape, dtype=torch.int64)
    given_[names[3]] = given_[names[3]].clone().fill_(float("nan"))
    with pytest.raises(UsageError) as raised:
        fitted(network(), given_, "x.pth")
    said = str(raised.value)
    for part in (
        f"missing: {names[0]} ", "unexpected: 'extra\\x1b[2J' 2x3", f"misshapen: {names[1]} 1x2, where the net has ",
        f"not of real numbers: {names[2]} (torch.int64)", f"not finite: {names[3]}", "--names maps",
    ):  # fmt: skip
        assert part in said


def test_a_tensor_that_claims_to_be_huge_is_only_measured() -> None:
    """A tiny tensor that claims a huge shape is reported as misshapen and never expanded."""
    name, own = "a", {"a": torch.zeros(2)}
    assert list(misfits(own, {name: torch.zeros(1).expand(10**10)})) == [
        "misshapen: a 10000000000, where the net has 2"
    ]


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_brought_to_ours(tmp_path: Path, kind: torch.dtype) -> None:
    """Other precisions are converted to the net's, as `load_state_dict` does."""
    given_ = {name: one.to(kind) for name, one in tensors().items()}
    folder = JobFolder(tmp_path)
    digest, left_out = take_over(folder, file_of(given_), "x.pth", SPEC, {})
    assert left_out == []
    kept = torch.load(folder.weights, weights_only=True)
    assert all(torch.equal(kept[name], one.float()) for name, one in given_.items())
    loaded = network()
    loaded.load_state_dict(kept)
    assert weights_sha256(loaded) == digest


def test_torchvisions_googlenet_is_taken_without_its_auxiliary_classifiers(tmp_path: Path) -> None:
    """A file with torchvision's names fits the second form; the tensors left out are named, and no others are."""
    spec = {"model": {"name": "googlenet_torchvision", "width": 0.05}, "classes": 5, "input": [3, 32, 32]}
    model = parse_model(spec["model"])
    own = build(model.layers(5), (3, 32, 32)).state_dict()
    names = torchvision_names(model)
    theirs = {
        name: torch.ones(2) if ours is None else torch.full_like(own[ours], place + 1)
        for place, (name, ours) in enumerate(names.items())
    }
    _, left_out = take_over(JobFolder(tmp_path), file_of(theirs), "googlenet.pth", spec, names)
    kept = torch.load(JobFolder(tmp_path).weights, weights_only=True)
    assert all(torch.equal(kept[ours], theirs[name]) for name, ours in names.items() if ours is not None)
    assert left_out == [name for name in theirs if name.startswith("aux")]
    assert len(left_out) == 20


def test_names_have_to_be_theirs_and_stay_apart() -> None:
    """Names that do not exist, and two names that become one, are errors."""
    given_ = {"a": torch.ones(1), "b": torch.ones(1)}
    assert set(renamed(given_, "x.pth", {"a": "b", "b": "a"})) == {"a", "b"}
    with pytest.raises(UsageError, match="has no 'c'"):
        renamed(given_, "x.pth", {"c": "d"})
    with pytest.raises(UsageError, match=r"more than one tensor of x\.pth becomes 'b'"):
        renamed(given_, "x.pth", {"a": "b"})


@pytest.mark.parametrize(("prefix", "save"), [("module.", "net.module"), ("_orig_mod.", "net._orig_mod")])
def test_names_behind_a_prefix_are_told_where_it_comes_from(prefix: str, save: str) -> None:
    """The message for names with the prefix of DataParallel or of a compiled net explains the prefix."""
    net = network()
    wrapped = {prefix + name: tensor for name, tensor in net.state_dict().items()}
    with pytest.raises(
        UsageError, match=rf"the prefix '{prefix}' of a wrapped net: save {save}\.state_dict\(\) instead"
    ):
        fitted(net, wrapped, "x.pth")
