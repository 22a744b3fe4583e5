"""The GPU's ten minutes: what was done is not done again, time is kept, what hangs is stopped, and a page says it."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

FILE = Path(__file__).parents[1] / "packaging" / "gpu_day.py"
spec = importlib.util.spec_from_file_location("gpu_day", FILE)
assert spec is not None and spec.loader is not None
gpu_day = importlib.util.module_from_spec(spec)
sys.modules["gpu_day"] = gpu_day
spec.loader.exec_module(gpu_day)
Step = gpu_day.Step


def said(text: str, code: int = 0) -> tuple[str, ...]:
    return sys.executable, "-c", f"print({text!r}); raise SystemExit({code})"


def test_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    chosen = [
        Step("one", said("first"), 1, 60),
        Step("bad", said("oh", 3), 1, 60),
        Step("more", said("go on"), 1, 60, True),
    ]
    gpu_day.run(tmp_path, chosen, 60)
    gpu_day.run(tmp_path, chosen, 60)
    assert [(tmp_path / f"{name}.log").read_text().count("\n") for name in ("one", "bad", "more")] == [1, 2, 2]
    assert json.loads((tmp_path / "steps.json").read_text())["bad"]["code"] == 3
    page = (tmp_path / "figures.md").read_text()
    assert "first" in page and "Exit code 3" in page


def test_what_hangs_is_stopped_and_what_has_no_time_is_not_begun(tmp_path: Path) -> None:
    hangs = (sys.executable, "-c", "import time; time.sleep(60)")
    gpu_day.run(tmp_path, [Step("hangs", hangs, 1, 1.5), Step("long", said("never"), 500, 600)], 60)
    assert json.loads((tmp_path / "steps.json").read_text())["hangs"]["code"] == 124
    assert not (tmp_path / "long.log").exists()


def test_every_step_names_something_that_is_there(tmp_path: Path) -> None:
    for name in ("train.npz", "val.npz", "data.json"):
        (tmp_path / name).touch()
    chosen = gpu_day.steps(tmp_path / "out", tmp_path, tmp_path, rehearse=False)
    assert [step.name for step in chosen] == [
        "facts", "needed", "build", "tests", "streaming", "scan", "view", "training",
    ]  # fmt: skip
    scripts = [part for step in chosen for part in step.command if part.startswith("tests/")]
    assert scripts and all((FILE.parents[1] / script).exists() for script in scripts)
    assert sum(step.least for step in chosen) < 600 and chosen[-1].again
    assert (tmp_path / "out" / "hummuss_16m" / "train.npz").exists()
    assert [step.name for step in gpu_day.steps(tmp_path, None, None, rehearse=True)][:2] == ["facts", "tests"]
