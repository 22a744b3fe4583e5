"""Choice of the backend of a state-space operator, by device and by what is installed; made nowhere else.

    reference   the equations as written, any device and dtype: what the others are tested against
    torch       tensor operations, in chunks where there is a scan; any device and dtype
    numba       compiled for the CPU
    mamba-ssm   the fused CUDA kernels of the package of that name

The fastest one that can take the tensors runs. The environment variable KINESTATE_KERNELS, or `use`, forces one:
operators that have no such path, or cannot run it on the tensors at hand, go on choosing by themselves.

Imports no torch, so that the window can ask before it is loaded.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal, get_args

from engine.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

Path = Literal["reference", "torch", "numba", "mamba-ssm"]
Operator = Literal["Selective scan", "SSD", "Single step", "Diagonal step", "Deformable convolution"]

VARIABLE = "KINESTATE_KERNELS"

PATHS: dict[Operator, tuple[Path, ...]] = {
    "Selective scan": ("mamba-ssm", "numba", "torch", "reference"),
    "SSD": ("mamba-ssm", "torch", "reference"),
    "Single step": ("mamba-ssm", "reference"),
    "Diagonal step": ("numba", "torch"),
    "Deformable convolution": ("numba", "reference"),
}
"""What each operator can run on, the fastest first. The single step is one frame of a stream, of either Mamba;
the diagonal step one of a packed causal HumMUSS (`engine.models.hummuss.fast_step`)."""

_ONLY_ON: dict[Path, str] = {"numba": "cpu", "mamba-ssm": "cuda"}
_WORDS: dict[Path, str] = {
    "reference": "the equations as written",
    "torch": "tensor operations",
    "numba": "compiled for this CPU",
    "mamba-ssm": "fused CUDA kernels",
}

_used: Path | None = None


def choose(operator: Operator, x: Tensor, *, without: Path | None = None) -> Path:
    """The path for an operator whose input is x; `without` is one that this call cannot use, whoever asks for it.

    Raises InputError for a forced path that does not exist or that this machine lacks.
    """
    return _pick(operator, x.device.type, double=x.dtype.itemsize == 8, without=without)


@contextmanager
def use(path: Path) -> Iterator[None]:
    """Force a path in the whole process while the context lasts, whatever KINESTATE_KERNELS says.

    Raises InputError for a path that does not exist or that this machine lacks.
    """
    global _used
    before, _used = _used, _checked(path, "The kernel path")
    try:
        yield
    finally:
        _used = before


def forced() -> Path | None:
    """The path that `use` or KINESTATE_KERNELS forces; None: chosen by device. Raises InputError like `use`."""
    if _used is not None:
        return _used
    given = os.environ.get(VARIABLE, "")
    return _checked(given, f"{VARIABLE}:") if given else None


def describe(device: str) -> list[tuple[Operator, str]]:
    """For each operator, what runs on this device ("cpu", "cuda", "mps") for float32 tensors, and why.

    Raises InputError for a forced path that does not exist or that this machine lacks.
    """
    lines: list[tuple[Operator, str]] = []
    for operator, paths in PATHS.items():
        path = _pick(operator, device, double=False, without=None)
        asked = forced()
        if asked == path:
            why = ["forced"]
        elif asked:
            why = [f"{asked} was asked for and cannot do this on {device}"]
        else:
            faster = [p for p in paths[: paths.index(path)] if _ONLY_ON.get(p) == device]
            why = [reason for p in faster if (reason := missing(p))]
        lines.append((operator, "; ".join([f"{path}, {_WORDS[path]}", *why])))
    return lines


@cache
def missing(path: Path) -> str | None:
    """Why this machine cannot run a path; None: it can."""
    if path == "numba" and importlib.util.find_spec("numba") is None:
        return "numba is not installed"
    return _mamba_problem() if path == "mamba-ssm" else None


def mamba() -> tuple[bool, str]:
    """Whether mamba-ssm's kernels can be used: its version, or why not."""
    problem = missing("mamba-ssm")
    return problem is None, problem or f"mamba-ssm {version('mamba-ssm')}"


def _mamba_problem() -> str | None:
    """That `import mamba_ssm` works means little: without a GPU, or without its compiled part, only some of it does."""
    if importlib.util.find_spec("mamba_ssm") is None:
        return "mamba-ssm is not installed"
    import torch

    if not torch.cuda.is_available():
        return "mamba-ssm is installed, but there is no CUDA device for it"
    for module in ("selective_scan_cuda", "mamba_ssm"):
        try:
            importlib.import_module(module)
        except Exception as error:  # a package built for another torch fails in many ways
            return f"{module} does not import ({type(error).__name__}: {error})"
    return None


def _pick(operator: Operator, device: str, *, double: bool, without: Path | None) -> Path:
    asked = forced()
    paths = PATHS[operator]
    for path in (asked, *paths) if asked in paths else paths:
        special = _ONLY_ON.get(path)
        if path != without and (special is None or (special == device and not double and missing(path) is None)):
            return path
    raise AssertionError("the reference takes every tensor")


def _checked(path: str, where: str) -> Path:
    for known in get_args(Path):
        if path == known:
            if problem := missing(known):
                raise InputError(f"{where} {path} cannot run here: {problem}; leave it unset to choose by device.")
            return known
    raise InputError(f"{where} {path} is unknown; use one of {', '.join(get_args(Path))}.")
