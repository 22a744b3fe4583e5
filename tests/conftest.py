"""Settings that every test shares."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings

os.environ["KINESTATE_MODELS"] = os.devnull  # no models that a person imported

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's, where a test does not set them: networks here are small

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or shutil.which("Xvfb")):
    # pytest-xvfb would start Xvfb; without it, and without a screen, QApplication would end the whole run.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

LONGEST = (
    "test_unchanged.py", "test_loop.py", "test_memory.py", "test_multiview.py", "test_every_model.py",
    "test_import_weights.py", "test_spread.py", "test_interruption.py", "test_export_dialogs.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: at the end of the run one process would wait for the other."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


settings.register_profile("kinestate", deadline=None)  # a first call may import torch or compile
settings.load_profile("kinestate")
