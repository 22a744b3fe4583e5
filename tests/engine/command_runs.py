"""Runs of the command line in a process of their own: exit code, what it said, time and memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_S = 120.0


@dataclass(frozen=True)
class Ran:
    """One run: `said` on both streams together, processor time in seconds, the largest memory in bytes."""

    code: int
    said: str
    seconds: float
    memory: int

    def fine(self) -> bool:
        """Whether it ended by itself, and without a traceback."""
        return self.code in (0, 1, 2) and "Traceback" not in self.said

    def refused(self) -> bool:
        """Whether it ended with exit code 2 and sentences of one line each."""
        lines = self.said.strip().splitlines()
        return self.code == 2 and self.fine() and bool(lines) and all(line.endswith(".") for line in lines)


def run_command(*words: str | os.PathLike[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> Ran:
    """Run `python -m engine.cli` with these words."""
    surroundings = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "1000"} | (env or {})
    with subprocess.Popen(
        [sys.executable, "-m", "engine.cli", *map(os.fspath, words)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=surroundings, cwd=cwd,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        said, end, done, used = b"", time.monotonic() + LONGEST_S, 0, None
        while not done:
            done, status, used = os.wait4(process.pid, os.WNOHANG)
            said += process.stdout.read() or b""
            if not done:
                if time.monotonic() > end:
                    os.kill(process.pid, signal.SIGKILL)
                time.sleep(0.01)
        said += process.stdout.read() or b""
        process.returncode = os.waitstatus_to_exitcode(status)
    assert used is not None
    text = said.decode("utf-8", "backslashreplace")
    return Ran(process.returncode, text, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
