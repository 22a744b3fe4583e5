"""Figures that no rebuilding of the program may change: `record` stores them, `check` computes them again and compares.

The command line is the only interface, so that whatever lies behind it can move. README.md beside this file says what
is run.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from conditions import REAL, REAL_ONLY, Condition, conditions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIGURES = HERE / "figures.json"
CMU = ROOT.parent / "shared" / "data" / "cmu"
VOLATILE = {"ms", "seconds", "peak", "device", "threads"}
"""A key with one of these words is a time or tells of the machine; its value is not kept."""
CHOSEN = "settings"
"""What was asked for, in the shape that it has today: no figure."""
ROUNDING_M = 1e-5
DIGITS = 12
TOLERANCE = 1e-9
BENCHES = "names of the benchmarks' rows"

Figures = dict[str, Any]
"""Path in a command's JSON, such as models/sasmamba/mpjpe_mm, and what stands there."""


def command_line() -> Callable[[], None]:
    """What `kinestate` calls, as pyproject.toml has it: nothing else here says where the program is."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, function = scripts["kinestate"].partition(":")
    return getattr(importlib.import_module(module), function)


# -- computing ----------------------------------------------------------------------------------------------


def run(condition: Condition, folder: Path) -> Figures:
    """The figures of one command. Raises RuntimeError, with what the command said, where it writes none."""
    file = folder / "figures.json"
    file.unlink(missing_ok=True)
    extra = ("--json",) if condition.printed else ("--json", str(file))
    printed, complaints = io.StringIO(), io.StringIO()
    arguments = ["kinestate", *condition.arguments, *extra]
    with redirect_stdout(printed), redirect_stderr(complaints), patch.object(sys, "argv", arguments):
        try:
            command_line()()
        except SystemExit:
            pass  # it always ends so
        except Exception as error:
            complaints.write(repr(error))
    text = printed.getvalue() if condition.printed else file.read_text(encoding="utf-8") if file.exists() else ""
    if not text:
        raise RuntimeError(f"{' '.join(arguments)}: {complaints.getvalue().strip()}")
    return dict(flat(json.loads(text), condition))


def flat(value: Any, condition: Condition, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every path and value that is kept; an entry of a list goes by its label or name, else by its number."""
    if isinstance(value, dict):
        for key, item in value.items():
            here = f"{path}/{key}" if path else key
            if key in condition.rounding:
                yield f"{here} < {ROUNDING_M:g}", item < ROUNDING_M
            elif not VOLATILE & set(key.split("_")) and key not in condition.left_out | {CHOSEN}:
                yield from flat(item, condition, here)
    elif isinstance(value, list):
        for name, item in zip(_names(value), value, strict=True):
            yield from flat(item, condition, f"{path}/{name}" if path else name)
    elif isinstance(value, float):
        yield path, float(f"{value:.{DIGITS}g}")
    else:
        yield path, value


def _names(items: Sequence[Any]) -> list[str]:
    for key in ("label", "name"):
        names = [str(item[key]) for item in items if isinstance(item, dict) and key in item]
        if len(set(names)) == len(items):
            return names
    return [str(number) for number in range(len(items))]


def bench_rows() -> Figures:
    """What the benchmarks call their rows, read from their sources: keys of figures, with {} for what is filled in."""
    found = set()
    for file in sorted((ROOT / "tests" / "perf").rglob("bench_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            keys: Sequence[ast.expr | None] = ()
            if isinstance(node, ast.Dict):
                keys = node.keys
            elif isinstance(node, ast.DictComp):
                keys = (node.key,)
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                keys = (node.slice,)
            found |= {text for key in keys if (text := _template(key))}
    return dict.fromkeys(sorted(found), True)


def _template(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def prepare(folder: Path) -> tuple[Path | None, Path]:
    """The real clips, unpacked (None where they are absent), and the sessions with the clip that one of them names."""
    sessions = folder / "sessions"
    shutil.copytree(HERE / "sessions", sessions)
    shutil.copy(ROOT / "assets" / "clips" / "run.npz", sessions)
    if not CMU.exists():
        return None, sessions
    real = folder / "cmu"
    for archive in sorted({archive for archive, _ in REAL}):
        files = {file for name, file in REAL if name == archive}
        subjects = {Path(file).parent for file in files}
        with tarfile.open(CMU / f"{archive}.tar.xz") as packed:
            for member in packed:
                path = Path(member.name)
                if member.name in files or (path.suffix == ".asf" and path.parent in subjects):
                    packed.extract(member, real, filter="data")
    shutil.copy(CMU / "pairs.tar.xz", real)
    return real, sessions


def compute(fast: bool, only: str) -> Iterator[tuple[str, Figures | str]]:
    """Name and figures of each condition with `only` in its name, or the sentence that says why there are none."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        real, sessions = prepare(folder)

        def rate_of(clip: str) -> float:
            arguments = ("eval", "--clip", clip, "--models", "linear_toy", "--frames", "0:8")
            return float(run(Condition("rate", arguments), folder)["source_hz"])

        if only in BENCHES:
            yield BENCHES, bench_rows()
        for condition in conditions(real, sessions, rate_of):
            if only in condition.name and (condition.fast or not fast):
                try:
                    yield condition.name, run(condition, folder)
                except RuntimeError as error:
                    yield condition.name, str(error)


# -- storing ------------------------------------------------------------------------------------------------


def load() -> dict[str, Figures]:
    stored = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {
        name: dict(zip(stored["paths"][number], values, strict=True))
        for name, (number, values) in stored["figures"].items()
    }


def save(figures: dict[str, Figures]) -> None:
    """One line for each condition; the paths, which most share, stand above."""
    paths: dict[tuple[str, ...], int] = {}
    rows = {name: [paths.setdefault(tuple(own), len(paths)), list(own.values())] for name, own in figures.items()}
    lines = [json.dumps(own, ensure_ascii=False, separators=(",", ":")) for own in paths]
    text = '{"paths": [\n' + ",\n".join(lines) + '\n],\n"figures": {\n'
    lines = [f"{json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in rows.items()]
    FIGURES.write_text(text + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


# -- commands -----------------------------------------------------------------------------------------------


def record(fast: bool, only: str) -> int:
    """Store the figures of today's program; of a subset only, the others stay."""
    whole = not fast and not only
    if not CMU.exists() and whole:
        print(f"The real clips are not in {CMU}, so nothing was stored.")
        return 2
    start = time.perf_counter()
    figures = {} if whole else load()
    for name, found in compute(fast, only):
        if isinstance(found, str):
            print(f"{name}: {found}")
            return 2
        figures[name] = found
        print(f"{time.perf_counter() - start:4.0f} s  {name}: {len(found)} figures", flush=True)
    save(figures)
    return 0


def check(fast: bool, only: str, tolerance: float) -> int:
    """Print each figure that differs, in a line of its own; 1 if any does. New figures are no difference."""
    start = time.perf_counter()
    stored, seen, wrong, count = load(), set(), 0, 0
    if not CMU.exists():
        print(f"left out: the real clips, which are not in {CMU}")
    for name, found in compute(fast, only):
        seen.add(name)
        if name not in stored:
            continue
        for line in differences(stored[name], found, tolerance):
            wrong += 1
            print(f"{name}: {line}", flush=True)
        count += len(stored[name])
    for name in [] if fast or only else stored.keys() - seen:
        if CMU.exists() or REAL_ONLY not in name:
            wrong += 1
            print(f"{name}: it is not run any longer")
    print(f"{len(seen)} conditions, {count} figures, {wrong} differences, {time.perf_counter() - start:.0f} s")
    return 1 if wrong else 0


def differences(stored: Figures, found: Figures | str, tolerance: float) -> Iterator[str]:
    if isinstance(found, str):
        yield found
        return
    for path, value in stored.items():
        if path not in found:
            yield f"{path} was {value} and is missing"
        elif not same(value, found[path], tolerance):
            yield f"{path} was {value} and is {found[path]}"


def same(a: Any, b: Any, tolerance: float) -> bool:
    numbers = (int, float)
    if isinstance(a, bool) or isinstance(b, bool) or not (isinstance(a, numbers) and isinstance(b, numbers)):
        return type(a) is type(b) and bool(a == b)
    return abs(a - b) <= tolerance * max(1.0, abs(a))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("record", "check"))
    parser.add_argument("--fast", action="store_true", help="A small subset.")
    parser.add_argument("--only", default="", metavar="TEXT", help="Only what has this in its name.")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="Absolute below 1, relative above.")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["KINESTATE_MODELS"] = os.devnull  # no models that a person imported
    if given.what == "record":
        return record(given.fast, given.only)
    return check(given.fast, given.only, given.tolerance)


if __name__ == "__main__":
    sys.exit(main())
