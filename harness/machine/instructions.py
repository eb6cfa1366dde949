"""The instruction sets that a processor's arithmetic uses. They decide its rounding, and so every bit of a result.

torch's own `get_cpu_capability` says AVX512 with and without AMX, and ignores limits set for oneDNN. bfloat16 trainings
differ between these cases. float32 trainings differ between AVX2 and AVX512.
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
"""oneDNN's names, from the smallest set to the largest, with the flags in /proc/cpuinfo that each needs (oneDNN 3.10,
CPU dispatcher control)."""

_ALIASES = {"AVX512_CORE_FP16": "AVX10_1_512", "AVX512_CORE_AMX": "AVX10_1_512_AMX"}
_ALIASES["AVX512_CORE_AMX_FP16"] = "AVX10_1_512_AMX_FP16"
_LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
"""Variables that limit oneDNN; it reads the first that is set."""
_MKL = ("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS")
"""Variables that limit the instructions of MKL, which computes torch's matrix products."""


def rounding_of(capability: str) -> str:
    """Describe everything about this processor that decides how its arithmetic rounds.

    `capability` is the value of torch's `get_cpu_capability`. The vendor is included because MKL uses other kernels on
    processors of other makers with the same instructions.
    """
    flags, vendor = _processor()
    onednn = onednn_set(flags, os.environ)
    limits = [f"{name}={os.environ[name]}" for name in _MKL if os.environ.get(name)]
    return ", ".join([capability, *([f"oneDNN {onednn}"] if onednn else []), *([vendor] if vendor else []), *limits])


def onednn_set(flags: frozenset[str], variables: Mapping[str, str]) -> str:
    """Return the largest instruction set that the processor has and oneDNN may use; empty where there is none.

    `flags` are those of /proc/cpuinfo. A limit that oneDNN does not know has no effect.

    >>> onednn_set(frozenset({"sse4_1", "avx", "avx2", "fma"}), {"ONEDNN_MAX_CPU_ISA": "AVX"})
    'AVX'
    """
    asked = next((variables[name] for name in _LIMITS if name in variables), "").upper()
    names = [name for name, _ in ONEDNN_SETS]
    limit = _ALIASES.get(asked, asked)
    allowed = ONEDNN_SETS[: names.index(limit) + 1] if limit in names else ONEDNN_SETS
    return next((name for name, needed in reversed(allowed) if flags.issuperset(needed.split())), "")


@cache
def _processor() -> tuple[frozenset[str], str]:
    """Return the flags and vendor of the first processor; one that is not x86 gives its architecture as vendor."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return frozenset(), platform.machine()
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}
    return frozenset(told.get("flags", "").split()), told.get("vendor_id", platform.machine())
