"""Devices a model can run on: the CPU, or an NVIDIA GPU where there is one."""

from __future__ import annotations

import os
from functools import cache

from engine.errors import InputError
from engine.ssm import kernels


@cache
def why_no_gpu() -> str | None:
    """A clause that says why no NVIDIA GPU can be used; None where one can. Imports torch."""
    import torch

    if torch.cuda.is_available():
        return None
    if torch.version.cuda is None:
        return "this PyTorch was built for the CPU only"
    return "PyTorch finds no NVIDIA GPU here"


def asked() -> bool:
    """Whether `why_no_gpu` has been answered: loading a model does, and until then torch may not be there."""
    return why_no_gpu.cache_info().currsize > 0


def gpu_name() -> str:
    """The name of the GPU that models run on, where there is one."""
    import torch

    return torch.cuda.get_device_name()


def set_inference_threads() -> None:
    """Give inference its CPU threads: one core is left to the window, and small networks gain nothing beyond eight.

    For the process that owns inference, once in each thread that runs models; loading a model leaves them alone.
    """
    import torch

    torch.set_num_threads(max(1, min(8, (os.cpu_count() or 1) - 1)))


def check_device(device: str, model: str) -> None:
    """InputError where a model is to run on a device that is not there, or is neither cpu nor cuda."""
    if device not in ("cpu", "cuda"):
        raise InputError(f"{model} cannot run on {device!r}; choose cpu or cuda.")
    why = why_no_gpu()
    if device != "cpu" and why is not None:
        raise InputError(f"{model} is set to run on {device}, but {why}; set its device to cpu.")
    if device == "cuda":
        kernels.missing("mamba-ssm")  # importing it takes seconds: here, not where the window describes it
