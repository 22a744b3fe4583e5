"""Programs that are killed while they record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

BEGIN = """
import sys, time
sys.path[:0] = {path!r}
from functools import partial
from pathlib import Path
if __name__ == "__main__":
    folder = Path({folder!r})
"""


def killed(program: str, folder: Path) -> float:
    """Run what prints the time of its newest frame and then waits, kill it, and give that time.

    program  indented by four; it finds the modules of the tests, and `folder`
    """
    file = folder / "run.py"
    file.write_text(BEGIN.format(path=sys.path, folder=str(folder)) + program)
    process = subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = float(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return last
