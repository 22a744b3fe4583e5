"""Compilation by numba: kept on disk, with torch's number of threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, cast

import numba
import torch
from numba.core.codegen import get_host_cpu_features
from numba.core.compiler import Compiler
from torch import Tensor


def _use_whole_registers() -> None:
    """Let numba use all of a 512-bit register: LLVM takes half of it, out of care for the clock of older processors.

    Both directions of the selective scan are 1.2 to 1.5 times faster for it (docs/performance.md).
    """
    features = get_host_cpu_features()
    if numba.config.CPU_FEATURES is None and "+avx512f" in features:
        numba.config.CPU_FEATURES = f"{features},-prefer-256-bit"


_use_whole_registers()


class _NoAlias(Compiler):  # type: ignore[misc]
    """Numba's compiler, told that the arrays given to one call never overlap."""

    def define_pipelines(self) -> list[Any]:
        self.state.flags.noalias = True
        return super().define_pipelines()


ROW: dict[str, Any] = {"fastmath": {"contract", "nsz", "reassoc"}, "forceinline": True, "pipeline_class": _NoAlias}
"""Options of a function that is one loop over rows of numbers that do not overlap: it becomes vector instructions."""


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """numba.njit, kept on disk between runs where there is a place for it."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return cast(Callable[..., Any], numba.njit(cache=True, **options)(function))
        except RuntimeError:  # neither the package's nor the user's cache folder can be written
            return cast(Callable[..., Any], numba.njit(**options)(function))

    return decorate


def share(kernel: Callable[..., None], jobs: int, *arguments: Tensor | int) -> None:
    """Run a kernel's jobs on torch's number of threads: `kernel(*arguments, first, last)` does first .. last - 1.

    Threads of our own, not numba's: its portable threading layer breaks when two threads use it at once.
    """
    arrays = [x.detach().numpy() if isinstance(x, Tensor) else x for x in arguments]
    threads = min(torch.get_num_threads(), jobs)
    if threads <= 1:
        kernel(*arrays, 0, jobs)
        return
    with ThreadPoolExecutor(threads) as pool:
        bounds = [jobs * i // threads for i in range(threads + 1)]
        for done in [pool.submit(kernel, *arrays, *pair) for pair in pairwise(bounds)]:
            done.result()
