"""Loading torch's libraries early. No Qt."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from pathlib import Path


def preload_torch() -> None:
    """Link torch's libraries while the window goes on: ctypes lets other threads run meanwhile, `import` does not."""
    found = importlib.util.find_spec("torch")
    if "torch" in sys.modules or found is None or found.origin is None or not sys.platform.startswith("linux"):
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name in ("libc10.so", "libtorch_cpu.so", "libtorch_python.so"):
        dlopen(str(Path(found.origin).parent / "lib" / name).encode(), os.RTLD_NOW | os.RTLD_LOCAL)
