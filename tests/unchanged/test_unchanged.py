"""Figures that were stored before a rebuilding are still those of the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_stored_figures_are_still_the_programs() -> None:
    command = [sys.executable, str(Path(__file__).parent), "check", "--fast", "--tolerance", "1e-4"]  # any processor
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
