"""Packages fetched by the person's own pip or npm, into a folder, and never installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.detector.published import Package
from engine.errors import InputError

Say = Callable[[float], None]

_LOOK_S = 0.2
"""Seconds between two looks at how much has arrived."""


def can_fetch(package: Package) -> bool:
    """Whether the package's client is on this machine."""
    if package.client == "pip":
        return importlib.util.find_spec("pip") is not None
    return shutil.which(package.client) is not None


def fetch(package: Package, folder: Path, say: Say) -> Path:
    """Have the client put the package's file into an empty folder, and return it. `say` is told the share that arrived.

    Registry, proxies and certificates are those that the person set for the client. Raises InputError.
    """
    if not can_fetch(package):
        raise InputError(f"{package.name} cannot be fetched: {package.client} is not on this machine; install it.")
    log = folder / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            _command(package, folder),
            cwd=folder,
            env=os.environ | {"TMPDIR": str(folder), "npm_config_cache": str(folder / "npm")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            while True:
                try:
                    process.wait(_LOOK_S)
                    break
                except subprocess.TimeoutExpired:
                    say(min(1.0, _bytes_in(folder) / package.size))
        finally:
            process.kill()
            process.wait()
    found = [file for pattern in ("*.whl", "*.tgz") for file in folder.glob(pattern)]
    if process.returncode or len(found) != 1:
        said = log.read_text(errors="replace")
        raise InputError(
            f"{package.client} could not fetch {package.name} {package.version}{_reason(said)}; check the network and "
            "try again.",
            detail=said,
        )
    return found[0]


def _command(package: Package, folder: Path) -> list[str]:
    if package.client == "pip":  # one file for every machine: nothing in it is run
        wheel = ("--platform", "manylinux_2_28_x86_64", "--python-version", "3.11", "--implementation", "cp")
        quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1")
        download = (sys.executable, "-m", "pip", "download", *quiet, "--no-deps", "--only-binary=:all:", *wheel)
        return [*download, "--abi", "cp311", "--dest", str(folder), f"{package.name}=={package.version}"]
    npm = shutil.which("npm") or "npm"
    return [npm, "pack", "--silent", "--loglevel=error", "--fetch-retries=1", f"{package.name}@{package.version}"]


def _bytes_in(folder: Path) -> int:
    """Size of everything below a folder, in which files come and go."""
    total = 0
    for place, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.lstat(os.path.join(place, file)).st_size
            except OSError:
                continue
    return total


def _reason(said: str) -> str:
    """The client's own first word on what went wrong."""
    lines: Sequence[str] = [line.strip() for line in said.splitlines()]
    worst = [line for line in lines if line.lower().startswith(("error", "npm error", "npm err!"))]
    return f" ({worst[0][:200]})" if worst else ""
