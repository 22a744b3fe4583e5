"""Places of the program's own files and of the person's own data."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

ASSETS = Path(str(resources.files("assets")))
"""Clips, weights, icons and bodies that come with the program: a package beside `engine` and `app`."""

CLIPS = ASSETS / "clips"
WEIGHTS = ASSETS / "weights"
ICONS = ASSETS / "icons"
BODY = ASSETS / "body"


def user_data() -> Path:
    """Return the folder of the person's own data: $XDG_DATA_HOME/kinestate, or its usual place."""
    return _of_person("XDG_DATA_HOME", ".local/share")


def user_cache() -> Path:
    """Return the folder of what can be had again: $XDG_CACHE_HOME/kinestate, or its usual place."""
    return _of_person("XDG_CACHE_HOME", ".cache")


def _of_person(variable: str, usual: str) -> Path:
    try:
        return Path(os.environ.get(variable) or Path.home() / usual) / "kinestate"
    except RuntimeError:  # a person without a home: nothing is found there, and writing says so
        return Path(os.devnull) / "kinestate"
