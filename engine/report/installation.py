"""Capabilities of this installation: versions, devices, and what is missing and why."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from engine import __version__
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.body.smpl_search import SmplFile

Rows = list[tuple[str, str]]

PACKAGES = (
    "numpy", "scipy", "torch", "safetensors", "pydantic", "PySide6-Essentials", "vispy", "pyqtgraph", "opencv-python",
    "matplotlib", "av",
)  # fmt: skip
OPTIONAL = ("mamba-ssm", "smplx")


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


def smpl() -> Rows:
    """What was found in each of the places for SMPL's licensed files: model, vertices, shapes, or why it is refused."""
    from engine.body.smpl_search import files_in, smpl_places

    rows, known = [], set[str]()
    for place in smpl_places():
        files = files_in(place)
        said = f"{len(files)} file{'s' * (len(files) > 1)}" if files else "no SMPL files"
        rows.append((str(place), said if place.is_dir() else "no such folder"))
        for file in files:
            rows.append((f"  {file.name}", _smpl_line(file, file.name in known)))
            known.add(file.name)
    return rows


def _smpl_line(file: SmplFile, hidden: bool) -> str:
    from engine.body.smpl_search import load_smpl

    if hidden:
        return f"{file.path.name}: not used, an earlier file has this name"
    try:
        body = load_smpl(file)
    except InputError as error:
        return f"refused: {error}"
    return f"{file.path.name}: {file.model}, {len(body):,} vertices, {body.shape_directions.shape[2]} shapes"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
