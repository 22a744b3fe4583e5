"""`make fuzz`, run for a moment: it makes the same inputs again, and what it finds is kept and counted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FUZZ = ROOT / "tests" / "fuzz"


def run_fuzz(tmp_path: Path, *words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"{before}import runpy, sys\nsys.argv = {['fuzz', '--keep', str(tmp_path), *words]!r}\n"
    code += f"runpy.run_path({str(FUZZ)!r}, run_name='__main__')"
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True)


def test_no_findings(tmp_path):
    done = run_fuzz(tmp_path, "--inputs", "150", "--processes", "1", "--seed", "7")
    assert done.returncode == 0 and "150 inputs of 25 kinds of files, seed 7: 0 findings" in done.stdout, done.stderr
    assert not list(tmp_path.iterdir())


FAULTS = {
    "another exception": ("raise KeyError(1)", "KeyError"),
    "a crash": ("import signal; signal.raise_signal(signal.SIGSEGV)", "ended by signal 11"),
    "memory": ("bytearray(3 << 30)", "MemoryError"),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.slow
def test_findings_are_kept(tmp_path, name):
    fault, said = FAULTS[name]
    before = (
        "import engine.data.file_card as card, os\nused = card.file_card\nhome = os.getpid()\n"
        f"def faulty(found):\n    if os.getpid() != home:\n        {fault}\n    return used(found)\n"
        "card.file_card = faulty\n"
    )
    done = run_fuzz(tmp_path, "--inputs", "15", "--processes", "1", before=before)
    assert done.returncode == 1 and "0 findings" not in done.stdout, done.stderr
    assert any(said in path.read_text() for path in tmp_path.glob("*.txt"))
