"""The instruction sets that decide rounding: those that oneDNN uses, with limits and AMX."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from programs import program

from harness.machine.instructions import ONEDNN_SETS, _processor, onednn_set, rounding_of

SAID = {
    "Intel SSE4.1": "SSE41",
    "Intel AVX": "AVX",
    "Intel AVX2": "AVX2",
    "Intel AVX2 with Intel DL Boost": "AVX2_VNNI",
    "Intel AVX2 with Intel DL Boost, float16, and bfloat16 support": "AVX2_VNNI_2",
    "Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions": "AVX512_CORE",
    "Intel AVX-512 with Intel DL Boost": "AVX512_CORE_VNNI",
    "Intel AVX-512 with Intel DL Boost and bfloat16 support": "AVX512_CORE_BF16",
    "Intel AVX-512 with float16, Intel DL Boost and bfloat16 support ": "AVX10_1_512",
    "Intel AVX-512 with float16, Intel DL Boost and bfloat16 support and Intel AMX with bfloat16 and 8-bit integer "
    "support": "AVX10_1_512_AMX",
    "Intel AVX 10.1": "AVX10_1_512",
    "Intel AVX10.1 and Intel AMX with bfloat16 and 8-bit integer support": "AVX10_1_512_AMX",
}
"""Names in oneDNN's verbose header; the last two have others in torch 2.15."""
CONVOLUTION = "import torch; torch.nn.functional.conv2d(torch.ones(2, 3, 8, 8), torch.ones(4, 3, 3, 3))"


def onednn_says(limit: str, folder: Path) -> str:
    """Return the instruction set that oneDNN itself reports under a limit."""
    limits = {"ONEDNN_MAX_CPU_ISA": limit} if limit else {}
    done = program(folder, code=CONVOLUTION, ONEDNN_VERBOSE="1", **limits)
    found = re.search(r"cpu,isa:(.*)", done.stdout)
    assert found is not None
    return found[1].strip()


@pytest.mark.skipif("x86" not in os.uname().machine, reason="oneDNN's x86 instruction sets")
@pytest.mark.parametrize(
    "limit", ["", "AVX2", *(pytest.param(name, marks=pytest.mark.nightly) for name, _ in ONEDNN_SETS), "no such set"]
)
def test_onednn_says_the_same_of_itself(limit: str, tmp_path: Path) -> None:
    """Every limit is tried, and none."""
    ours = onednn_set(_processor()[0], {"ONEDNN_MAX_CPU_ISA": limit})
    assert {text.strip(): name for text, name in SAID.items()}[onednn_says(limit, tmp_path)] == ours


@pytest.mark.parametrize(("name", "needed"), ONEDNN_SETS)
def test_a_processor_with_all_flags_uses_what_it_may(name: str, needed: str) -> None:
    """A limit holds in upper and lower case."""
    every = frozenset(word for _, words in ONEDNN_SETS for word in words.split())
    assert onednn_set(every, {"ONEDNN_MAX_CPU_ISA": name.lower()}) == name
    assert onednn_set(frozenset(needed.split()), {}) == name


def test_amx_and_no_amx_are_two() -> None:
    """Both are AVX512 to torch, though bfloat16 trainings differ between them."""
    every = frozenset(word for _, words in ONEDNN_SETS for word in words.split())
    with_amx, without = (onednn_set(every, {"ONEDNN_MAX_CPU_ISA": x}) for x in ("ALL", "AVX512_CORE_BF16"))
    assert with_amx != without


def test_the_older_variable_and_older_names_limit_too() -> None:
    """They are still read by oneDNN."""
    every = frozenset(word for _, words in ONEDNN_SETS for word in words.split())
    assert onednn_set(every, {"DNNL_MAX_CPU_ISA": "AVX512_CORE_AMX"}) == "AVX10_1_512_AMX"


def test_a_processor_of_another_make_has_none() -> None:
    """The name is then empty."""
    assert onednn_set(frozenset({"asimd"}), {}) == ""


def test_what_limits_mkl_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """MKL's limits decide rounding too."""
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    assert rounding_of("AVX512").startswith("AVX512")
    assert rounding_of("AVX512").endswith("MKL_CBWR=COMPATIBLE")
