"""What this installation can do: versions, devices, and what is missing and why."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine import __version__

Rows = list[tuple[str, str]]

PACKAGES = (
    "numpy", "scipy", "torch", "safetensors", "pydantic", "PySide6-Essentials", "vispy", "pyqtgraph", "opencv-python",
)  # fmt: skip
OPTIONAL = ("mamba-ssm", "onnxruntime", "smplx")

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


def mamba() -> tuple[bool, str]:
    """Whether mamba-ssm's kernels can be used, and if not why.

    That `import mamba_ssm` works means little: without a GPU, or without its compiled part, only some of it does.
    """
    if importlib.util.find_spec("mamba_ssm") is None:
        return False, "mamba-ssm is not installed; the reference scan is used"
    import torch

    if not torch.cuda.is_available():
        return False, "mamba-ssm is installed, but there is no CUDA device for it; the reference scan is used"
    for module in ("selective_scan_cuda", "mamba_ssm"):
        try:
            importlib.import_module(module)
        except Exception as error:  # a package built for another torch fails in many ways
            return False, f"{module} does not import ({type(error).__name__}: {error}); the reference scan is used"
    return True, f"mamba-ssm {_version('mamba-ssm')}"


def smpl_places() -> list[Path]:
    """Folders in which SMPL's licensed files are looked for, in this order."""
    given = [Path(p) for p in os.environ.get(SMPL_VARIABLE, "").split(os.pathsep) if p]
    data = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return [*given, data / "kinestate" / "smpl", Path(__file__).parents[1] / "assets" / "body"]


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
