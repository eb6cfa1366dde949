"""The instruction sets that arithmetic on a processor really uses: they decide its rounding, and with it every bit.

torch's own `get_cpu_capability` says AVX512 with and without AMX, and whatever oneDNN is limited to; bfloat16 trainings
differ between these, and float32 ones with AVX2.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ONEDNN_SETS: tuple[tuple[str, str], ...] = (
    ("SSE41", "sse4_1"),
    ("AVX", "avx"),
    ("AVX2", "avx2 fma"),
    ("AVX2_VNNI", "avx2 fma avx_vnni"),
    ("AVX2_VNNI_2", "avx2 fma avx_vnni avx_vnni_int8 avx_ne_convert"),
    ("AVX512_CORE", "avx512f avx512bw avx512vl avx512dq"),
    ("AVX512_CORE_VNNI", "avx512f avx512bw avx512vl avx512dq avx512_vnni"),
    ("AVX512_CORE_BF16", "avx512f avx512bw avx512vl avx512dq avx512_vnni avx512_bf16"),
    ("AVX10_1_512", "avx512f avx512bw avx512vl avx512dq avx512_vnni avx512_bf16 avx512_fp16 avx_vnni"),
    ("AVX10_1_512_AMX", "avx512f avx512bw avx512_fp16 avx512_bf16 amx_tile amx_int8 amx_bf16"),
    ("AVX10_1_512_AMX_FP16", "avx512f avx512bw avx512_fp16 avx512_bf16 amx_tile amx_int8 amx_bf16 amx_fp16"),
)
"""oneDNN's names, from the least to the most, with the flags in /proc/cpuinfo that each takes (oneDNN 3.10, CPU
dispatcher control)."""

_ALIASES = {"AVX512_CORE_FP16": "AVX10_1_512", "AVX512_CORE_AMX": "AVX10_1_512_AMX"}
_ALIASES["AVX512_CORE_AMX_FP16"] = "AVX10_1_512_AMX_FP16"
_LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
"""oneDNN reads the first of these that is set."""
_MKL = ("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS")
"""What limits the instructions of the matrix products that torch takes from MKL."""


def rounding_of(capability: str) -> str:
    """All of a processor that decides how arithmetic on it rounds, as words; `capability` is what torch says of itself.

    The vendor stands in it, for MKL takes other kernels on other makers' processors with the same instructions.
    """
    flags, vendor = _processor()
    onednn = onednn_set(flags, os.environ)
    limits = [f"{name}={os.environ[name]}" for name in _MKL if os.environ.get(name)]
    return ", ".join([capability, *([f"oneDNN {onednn}"] if onednn else []), *([vendor] if vendor else []), *limits])


def onednn_set(flags: frozenset[str], variables: Mapping[str, str]) -> str:
    """The greatest instruction set that a processor of these flags has and oneDNN is allowed; empty where it has none.

    A limit that oneDNN does not know limits nothing.
    """
    asked = next((variables[name] for name in _LIMITS if name in variables), "").upper()
    names = [name for name, _ in ONEDNN_SETS]
    limit = _ALIASES.get(asked, asked)
    allowed = ONEDNN_SETS[: names.index(limit) + 1] if limit in names else ONEDNN_SETS
    return next((name for name, needed in reversed(allowed) if flags.issuperset(needed.split())), "")


@cache
def _processor() -> tuple[frozenset[str], str]:
    """The flags and the vendor of the first processor; of one that is not x86, its architecture in their place."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return frozenset(), platform.machine()
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}
    return frozenset(told.get("flags", "").split()), told.get("vendor_id", platform.machine())
