"""Where models run, and what is said where they cannot."""

import pytest
import torch

from engine.errors import InputError
from engine.models import devices
from engine.models.families import list_models
from engine.models.loading import load_model

MODEL = list_models()[0].name


@pytest.fixture(autouse=True)
def ask_again():
    devices.why_no_gpu.cache_clear()
    yield
    devices.why_no_gpu.cache_clear()


@pytest.mark.parametrize(("cuda", "why"), [(None, "built for the CPU only"), ("13.0", "finds no NVIDIA GPU")])
def test_a_model_that_cannot_run_there_is_refused_with_the_reason_and_the_remedy(monkeypatch, cuda, why):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    with pytest.raises(InputError, match=f"{MODEL} is set to run on cuda, but .*{why}.*; set its device to cpu"):
        load_model(MODEL, "cuda")


def test_where_there_is_a_gpu_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert devices.why_no_gpu() is None
    devices.check_device("cuda", MODEL)


def test_a_device_that_is_none_is_refused():
    with pytest.raises(InputError, match=f"{MODEL} cannot run on 'gpu'; choose cpu or cuda"):
        devices.check_device("gpu", MODEL)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU")
def test_the_gpu_gives_the_cpus_poses():
    import numpy as np

    from engine.experiment.run import run
    from engine.experiment.settings import Experiment, ModelChoice

    choices = tuple(ModelChoice(name=MODEL, device=device) for device in ("cpu", "cuda"))
    cpu, gpu = run(Experiment(models=choices)).models
    assert np.abs(cpu.placed.positions - gpu.placed.positions).max() < 1e-3
    assert gpu.label == f"{MODEL} on cuda"


def test_inference_leaves_a_core_to_the_window(monkeypatch):
    before = torch.get_num_threads()
    try:
        for cores, threads in ((1, 1), (2, 1), (4, 3), (64, 8)):
            monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
            devices.set_inference_threads()
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
