"""Which path runs: by device, by what is installed, by what is asked for."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import get_args

import pytest
import torch

from engine.errors import InputError
from engine.ssm import kernels

CPU = torch.zeros(1)
CUDA = SimpleNamespace(device=SimpleNamespace(type="cuda"), dtype=torch.float32)
"""What `choose` looks at in a tensor, for machines without the device."""


@pytest.fixture(autouse=True)
def nothing_asked_for(monkeypatch):
    monkeypatch.delenv(kernels.VARIABLE, raising=False)


@pytest.fixture
def installed(monkeypatch):
    """Call it with the paths that this machine is to be able to run besides the plain ones."""

    def pretend(*names: str) -> None:
        monkeypatch.setattr(
            kernels, "missing", lambda p: None if p in ("reference", "torch", *names) else f"{p} is not installed"
        )

    return pretend


def test_the_fastest_path_that_takes_the_tensor_runs(installed):
    installed("numba", "mamba-ssm")
    assert kernels.choose("Selective scan", CPU) == "numba"
    assert kernels.choose("Selective scan", CPU.double()) == "torch"
    assert kernels.choose("SSD", CPU) == "torch"
    assert kernels.choose("Single step", CPU) == "reference"
    assert {kernels.choose(operator, CUDA) for operator in ("Selective scan", "SSD", "Single step")} == {"mamba-ssm"}


def test_what_is_not_installed_is_not_chosen(installed):
    installed()
    assert kernels.choose("Selective scan", CPU) == "torch"
    assert kernels.choose("Selective scan", CUDA) == "torch"
    assert kernels.choose("Single step", CUDA) == "reference"


def test_a_call_can_do_without_a_path(installed):
    installed("mamba-ssm")
    assert kernels.choose("SSD", CUDA, without="mamba-ssm") == "torch"
    with kernels.use("mamba-ssm"):
        assert kernels.choose("SSD", CUDA, without="mamba-ssm") == "torch"


def test_the_environment_forces_a_path(monkeypatch, installed):
    installed("numba")
    monkeypatch.setenv(kernels.VARIABLE, "torch")
    assert kernels.choose("Selective scan", CPU) == "torch"
    assert kernels.choose("Single step", CPU) == "reference"  # has no torch path
    monkeypatch.setenv(kernels.VARIABLE, "numba")
    assert kernels.choose("Selective scan", CPU) == "numba"
    assert kernels.choose("Selective scan", CPU.double()) == "torch"  # numba's is single precision
    assert kernels.choose("SSD", CPU) == "torch"


def test_use_overrules_the_environment_and_ends(monkeypatch):
    monkeypatch.setenv(kernels.VARIABLE, "torch")
    with kernels.use("reference"):
        assert kernels.choose("SSD", CPU) == "reference"
        with kernels.use("torch"):
            assert kernels.choose("SSD", CPU) == "torch"
        assert kernels.choose("SSD", CPU) == "reference"
    assert kernels.choose("SSD", CPU) == "torch"


def test_what_cannot_be_forced_is_said_in_one_sentence(monkeypatch, installed):
    installed()
    monkeypatch.setenv(kernels.VARIABLE, "fastest")
    with pytest.raises(InputError, match="KINESTATE_KERNELS: fastest is unknown; use one of reference, torch, numba"):
        kernels.choose("SSD", CPU)
    monkeypatch.setenv(kernels.VARIABLE, "mamba-ssm")
    with pytest.raises(InputError, match="mamba-ssm cannot run here: mamba-ssm is not installed"):
        kernels.describe("cpu")
    with pytest.raises(InputError, match="numba cannot run here"), kernels.use("numba"):
        pass


def test_the_description_names_the_path_and_the_reason(monkeypatch, installed):
    installed("numba")
    assert dict(kernels.describe("cpu"))["Selective scan"] == "numba, compiled for this CPU"
    slow = dict(kernels.describe("cuda"))
    assert slow["SSD"] == "torch, tensor operations; mamba-ssm is not installed"
    installed()
    assert "numba is not installed" in dict(kernels.describe("cpu"))["Selective scan"]
    monkeypatch.setenv(kernels.VARIABLE, "torch")
    assert "forced" in dict(kernels.describe("cpu"))["Selective scan"]
    assert "torch was asked for" in dict(kernels.describe("cpu"))["Single step"]


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
@pytest.mark.parametrize("path", get_args(kernels.Path))
def test_the_description_is_what_choose_does(device, path, installed):
    installed("numba", "mamba-ssm")
    tensor = SimpleNamespace(device=SimpleNamespace(type=device), dtype=torch.float32)
    with kernels.use(path):
        for operator, line in kernels.describe(device):
            assert line.split(",")[0] == kernels.choose(operator, tensor)


def test_mamba_is_not_called_usable_because_it_imports(monkeypatch, request):
    request.addfinalizer(kernels.missing.cache_clear)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    for available, why in ((False, "no CUDA device"), (True, "selective_scan_cuda does not import")):
        monkeypatch.setattr("torch.cuda.is_available", lambda available=available: available)
        kernels.missing.cache_clear()
        usable, text = kernels.mamba()
        assert not usable and why in text


def test_asking_does_not_load_torch():
    code = "import sys; from engine.ssm import kernels; kernels.describe('cpu'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
