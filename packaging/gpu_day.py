"""What a machine with an NVIDIA GPU is used for when one can be had for ten minutes, without a network.

    python packaging/gpu_day.py carry FOLDER         where there is a network: fetch what the build needs
    python packaging/gpu_day.py run OUT --carried FOLDER --cache CACHE [--minutes 10]
    python packaging/gpu_day.py run OUT --rehearse   the same on a CPU, as far as it goes

CACHE is the folder of a lifting run (`train.npz`, `val.npz` and `data.json`, as `kinestate train` makes them). OUT
keeps a log and the time of every step; what was done is not done again, and the training goes on from its checkpoint.
`OUT/figures.md` holds what belongs into docs/performance.md. The machine needs PyTorch built for CUDA, and nvcc.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAMBA = "mamba-ssm==2.3.0"
NEEDED = ("einops", "ninja", "packaging", "setuptools", "wheel", "transformers")
"""What mamba-ssm imports or is built with, besides PyTorch, which is there."""
MODEL, CAUSAL, BASELINE = "hummuss_16m", "hummuss_16m_causal", "motionbert_lite_causal"
KEPT_S = 20.0
"""Of the time, for writing the figures at the end."""


@dataclass(frozen=True)
class Step:
    """One command. least: seconds below which it is not begun; most: after which it is stopped; again: each time."""

    name: str
    command: tuple[str, ...]
    least: float
    most: float
    again: bool = False


def carry(folder: Path) -> None:
    """Fetch the sources of mamba-ssm and what it needs, but PyTorch."""
    pip = (sys.executable, "-m", "pip", "download", "--dest", str(folder))
    subprocess.run([*pip, "--no-deps", "--no-binary", ":all:", "--no-build-isolation", MAMBA], check=True)
    subprocess.run([*pip, *NEEDED], check=True)


def steps(out: Path, carried: Path | None, cache: Path | None, *, rehearse: bool) -> list[Step]:
    """Everything, the most wanted first."""
    python, device = sys.executable, "cpu" if rehearse else "cuda"
    cli, quick = (python, "-m", "engine.cli"), ("--contexts", "27", "--batches", "1") if rehearse else ()
    models = ("--models", "hummuss_small_causal,motionbert_small_causal" if rehearse else f"{CAUSAL},{BASELINE}")
    found = [Step("facts", (python, str(Path(__file__)), "facts"), 1, 20)]
    if carried is not None:
        build = (python, "-m", "pip", "install", "--no-index", "--find-links", str(carried), "--no-build-isolation")
        found.append(Step("needed", (*build, *NEEDED), 5, 60))
        found.append(Step("build", (*build, "--no-deps", MAMBA), 60, 300))
    found += [
        Step("tests", (python, "-m", "pytest", "-m", "gpu", "-q", "-n", "0", "tests/engine/ssm"), 10, 120),
        Step("streaming", (*cli, "bench", "streaming", "--device", device, *models, *quick,
                           "--json", str(out / "streaming.json"), "--plot", str(out / "streaming.png")), 10, 120),
        Step("scan", (python, "tests/perf/bench_scan.py"), 10, 60),
        Step("view", (python, "tests/perf/bench_view3d.py"), 10, 60),
    ]  # fmt: skip
    if cache is not None:
        run = out / MODEL
        run.mkdir(parents=True, exist_ok=True)
        for file in ("train.npz", "val.npz", "data.json"):
            if not (run / file).exists():
                shutil.copyfile(cache / file, run / file)
        training = (*cli, "train", "--model", MODEL, "--data", str(cache), "--out", str(run), "--steps", "100000")
        found.append(Step("training", training, 20, 3600, again=True))
    return found


def facts() -> None:
    """Print what the machine is."""
    import torch

    print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {os.cpu_count()} cores")
    if torch.cuda.is_available():
        name, (major, minor) = torch.cuda.get_device_name(), torch.cuda.get_device_capability()
        print(f"{name}, compute capability {major}.{minor}")
    nvcc = shutil.which("nvcc")
    print(subprocess.run([nvcc, "--version"], capture_output=True, text=True).stdout if nvcc else "nvcc is not here")


def environment() -> dict[str, str]:
    """For this GPU's architecture alone, which is what makes the build short."""
    import torch

    given = dict(os.environ, PYTHONPATH=str(ROOT), MAX_JOBS=str(os.cpu_count() or 1), MAMBA_FORCE_BUILD="TRUE")
    if torch.cuda.is_available():
        given["TORCH_CUDA_ARCH_LIST"] = "{}.{}".format(*torch.cuda.get_device_capability())
    return given


def run(out: Path, chosen: Sequence[Step], seconds: float) -> None:
    """Go through the steps until the time is up. Each writes OUT/NAME.log."""
    out.mkdir(parents=True, exist_ok=True)
    kept = out / "steps.json"
    done: dict[str, dict[str, float]] = json.loads(kept.read_text()) if kept.exists() else {}
    end, given = time.monotonic() + seconds, environment()
    for step in chosen:
        left = end - time.monotonic() - KEPT_S
        if left < step.least or (not step.again and done.get(step.name, {}).get("code") == 0):
            continue
        began = time.monotonic()
        with (out / f"{step.name}.log").open("a") as log:
            try:
                code = subprocess.run(
                    step.command, cwd=ROOT, env=given, stdout=log, stderr=log, timeout=min(left, step.most)
                ).returncode
            except subprocess.TimeoutExpired:
                code = 124
        done[step.name] = {"code": code, "seconds": round(time.monotonic() - began, 1)}
        kept.write_text(json.dumps(done, indent=2))
        print(
            f"{step.name}: {'done' if code == 0 else f'ended with {code}'}, {done[step.name]['seconds']} s", flush=True
        )
    write_figures(out, done)


def write_figures(out: Path, done: dict[str, dict[str, float]]) -> None:
    """The ends of all logs in one page."""
    parts = ["# A GPU's figures", ""]
    for name, how in done.items():
        log = out / f"{name}.log"
        said = log.read_text(errors="replace").splitlines()[-60:] if log.exists() else []
        parts += [f"## {name}", "", f"Exit code {how['code']}, {how['seconds']} s.", "", "```", *said, "```", ""]
    (out / "figures.md").write_text("\n".join(parts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("facts")
    commands.add_parser("carry").add_argument("folder", type=Path)
    day = commands.add_parser("run")
    day.add_argument("out", type=Path)
    day.add_argument("--carried", type=Path)
    day.add_argument("--cache", type=Path)
    day.add_argument("--minutes", type=float, default=10.0)
    day.add_argument("--rehearse", action="store_true")
    given = parser.parse_args()
    if given.command == "facts":
        facts()
    elif given.command == "carry":
        carry(given.folder)
    else:
        out = given.out.resolve()
        chosen = steps(out, given.carried and given.carried.resolve(), given.cache and given.cache.resolve(),
                       rehearse=given.rehearse)  # fmt: skip
        run(out, chosen, 60 * given.minutes)


if __name__ == "__main__":
    main()
