"""Modules that say that they know no Qt."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def qt_free() -> list[str]:
    """The modules of the window whose docstring says "No Qt"."""
    found = []
    for path in sorted(ROOT.glob("app/**/*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if "no qt" in " ".join(said.lower().split()):
            found.append(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return found


def test_all_of_the_state_and_what_is_presented_says_so():
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.glob("app/state/*.py")}
    modules |= {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.glob("app/present/*.py")}
    with_qt = {"app.state.playback", "app.state.preferences"}
    assert {name for name in modules if not name.endswith("__init__")} - set(qt_free()) == with_qt


@pytest.fixture(scope="module")
def brought():
    """What of Qt, vispy and pyqtgraph is there after each of them, imported one by one in a process of their own.

    Where one brings something, the ones after it have it too: the first is the one to mend.
    """
    code = (
        "import importlib, json, sys; brought = {}\n"
        "for name in json.loads(sys.argv[1]):\n"
        "    importlib.import_module(name)\n"
        "    brought[name] = [kit for kit in ('PySide6', 'shiboken6', 'vispy', 'pyqtgraph') if kit in sys.modules]\n"
        "print(json.dumps(brought))"
    )
    words = [sys.executable, "-c", code, json.dumps(qt_free())]
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("module", qt_free())
def test_what_says_that_it_knows_no_qt_knows_none(brought, module):
    assert brought[module] == []
