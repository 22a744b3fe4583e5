"""Capabilities of this installation: versions, devices, and what is missing and why."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine import __version__
from engine.paths import BODY, user_data

Rows = list[tuple[str, str]]

PACKAGES = (
    "numpy", "scipy", "torch", "safetensors", "pydantic", "PySide6-Essentials", "vispy", "pyqtgraph", "opencv-python",
    "matplotlib", "av",
)  # fmt: skip
OPTIONAL = ("mamba-ssm",)

SMPL_VARIABLE = "KINESTATE_SMPL"


def software() -> Rows:
    """Kinestate, Python and the packages it stands on."""
    rows = [("Kinestate", __version__), ("Python", f"{platform.python_version()} ({sys.executable})")]
    rows += [("System", f"{platform.system()} {platform.release()}, {os.cpu_count()} CPU cores")]
    return rows + [(name, _version(name)) for name in (*PACKAGES, *OPTIONAL)]


def devices() -> Rows:
    """What models can run on."""
    import torch

    rows = [("CPU", f"{torch.get_num_threads()} threads")]
    rows += [(f"cuda:{k}", torch.cuda.get_device_name(k)) for k in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        rows.append(("mps", "Apple GPU"))
    return rows


def kernels() -> Rows:
    """What runs the state-space operators on the CPU and, where there is one, on the GPU, and why.

    Raises InputError for a forced path that does not exist or that this machine lacks.
    """
    import torch

    from engine.ssm.kernels import describe, mamba

    present = ["cpu"] + ["cuda"] * torch.cuda.is_available()
    rows = [(f"{operator} ({device})", line) for device in present for operator, line in describe(device)]
    usable, text = mamba()
    return [*rows, ("mamba-ssm", text if usable else f"not usable: {text}")]


def smpl_places() -> list[Path]:
    """Folders in which SMPL's licensed files are looked for, in this order."""
    given = [Path(p) for p in os.environ.get(SMPL_VARIABLE, "").split(os.pathsep) if p]
    return [*given, user_data() / "smpl", BODY]


def smpl() -> Rows:
    """What was found in each of `smpl_places`."""
    rows = []
    for place in smpl_places():
        found = sorted(p.name for p in place.rglob("*SMPL*") if p.suffix in (".npz", ".pkl")) if place.is_dir() else []
        rows.append((str(place), ", ".join(found) or ("no SMPL files" if place.is_dir() else "no such folder")))
    return rows


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
