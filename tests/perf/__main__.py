"""`make bench`: every benchmark, one after the other, on this machine, printed as tables.

Each runs in a process of its own, so that start-up is honest and nothing is warm. Figures are medians unless named
otherwise; a shared machine drifts by 10 to 20 %, so compare ratios within one run.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHES = {
    "Models": ("bench_models.py", False),
    "Selective scan": ("bench_scan.py", False),
    "Streaming": ("bench_streaming.py", False),
    "Triangulation": ("bench_triangulation.py", False),
    "Live cameras": ("bench_live.py", False),
    "Several live cameras": ("bench_live_rig.py", False),
    "Live camera, in the window": ("bench_live_window.py", True),
    "Live cameras, frames that come late or never": ("bench_live_delta.py", False),
    "3D view": ("bench_view3d.py", True),
    "Bodies": ("bench_bodies.py", True),
    "Curves": ("bench_curves.py", True),
    "Window": ("bench_window.py", True),
}


def machine() -> str:
    cpu = next(
        (line.split(":")[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")),
        platform.processor(),
    )
    load = f"load {os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else ""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores, {system}, {load}"


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def run(script: str, needs_display: bool) -> str:
    command = [sys.executable, str(HERE / script)]
    if needs_display and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        if shutil.which("xvfb-run") is None:
            return "  skipped: no display and no xvfb-run"
        command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"  failed:\n{done.stderr[-2000:]}"
    start = done.stdout.find("{")
    return _table(json.loads(done.stdout[start:]))


def _table(figures: dict[str, object], indent: str = "  ") -> str:
    rows = []
    for key, value in figures.items():
        if isinstance(value, dict):
            rows += [f"{indent}{key}", _table(value, indent + "  ")]
        else:
            rows.append(f"{indent}{key:<60} {value:.4g}" if isinstance(value, float) else f"{indent}{key:<60} {value}")
    return "\n".join(rows)


if __name__ == "__main__":
    print(machine())
    for title, (script, needs_display) in BENCHES.items():
        print(f"\n{title}\n{run(script, needs_display)}", flush=True)
