"""Settings that every test shares."""

from __future__ import annotations

import os
import shutil

from hypothesis import settings

os.environ["KINESTATE_MODELS"] = os.devnull  # no models that a person imported

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's, where a test does not set them: networks here are small

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or shutil.which("Xvfb")):
    # pytest-xvfb would start Xvfb; without it, and without a screen, QApplication would end the whole run.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

settings.register_profile("kinestate", deadline=None)  # a first call may import torch or compile
settings.load_profile("kinestate")
