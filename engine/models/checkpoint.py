"""Files of weights as others save them: what is in them, without running what they name.

PyTorch files are pickles, which may name code. `torch.load(weights_only=True)` admits tensors, numbers and plain
containers; anything else is refused by its name. The specification (baselines.md, section 4) would load the rest
under a flag; here loading never executes code. One addition: NumPy numbers, which training scripts save as their best
error so far, are skipped instead of refused.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from engine.errors import InputError, file_error
from engine.untrusted.limits import LIMITS, check_limit, unreadable

SUFFIXES = (".bin", ".pth", ".pth.tr", ".pth.tar", ".pt", ".tar", ".safetensors")
STATE_KEYS = ("model_pos", "model", "state_dict", "model_state_dict", "net")
REMEDY = "save the network's state dict alone"
WRAPPER, BACKBONE, COUNTS = "module.", "backbone.", "num_batches_tracked"

State = dict[str, Tensor]


class Skipped:
    """Stands for a NumPy number of a checkpoint; takes whatever the file says of it and keeps nothing."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


SKIPPED = ("numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")


@dataclass(frozen=True)
class Checkpoint:
    """What a file of weights holds, in float32, wrappers' prefixes removed, without counts of batches.

    state  of the network, or of its backbone
    heads  what stands beside a backbone
    found  where it was, in words
    """

    state: State
    heads: State
    found: str


def read_checkpoint(file: Path) -> Checkpoint:
    """Raises InputError for a file that is missing, damaged, of another kind, or that names code."""
    content = _content(file)
    where, state = _state_dict(content, file)
    found = f"{len(state)} tensors{f' under {where!r}' if where else ''}"
    while state and all(key.startswith(WRAPPER) for key in state):
        state = {key.removeprefix(WRAPPER): value for key, value in state.items()}
    backbone = {key.removeprefix(BACKBONE): value for key, value in state.items() if key.startswith(BACKBONE)}
    heads = {key: value for key, value in state.items() if not key.startswith(BACKBONE)} if backbone else {}
    plain = {key: _plain(value, key, file) for key, value in (backbone or state).items() if not key.endswith(COUNTS)}
    return Checkpoint(plain, {key: _plain(value, key, file) for key, value in heads.items() if _used(key)}, found)


def _used(key: str) -> bool:
    """Whether a head's tensor is one of its weights: SMPL's own arrays, which mesh networks carry along, are licensed;
    counts of batches are no floating-point numbers; nothing was ever written into MVGFormer's `level_embed`."""
    return ".smpl." not in key and not key.endswith(COUNTS) and key != "level_embed"


def _content(file: Path) -> Any:
    if not file.name.lower().endswith(SUFFIXES):
        raise file_error(file, "ending", "is not that of a file of weights", f"give one of {', '.join(SUFFIXES)}")
    if not file.is_file():
        raise file_error(file, "file", "does not exist", "check the path")
    check_limit(file, file.stat().st_size, LIMITS.binary)
    try:
        if file.suffix.lower() == ".safetensors":
            return load_file(file)
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                check_limit(file, sum(member.file_size for member in archive.infolist()), LIMITS.binary)
        with torch.serialization.safe_globals([(Skipped, name) for name in SKIPPED]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unusual pickles, most of which then fail
            return torch.load(file, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except PermissionError as error:
        raise unreadable(file, error) from None
    except Exception as error:  # what a damaged pickle or archive raises depends on the byte that is wrong
        named = re.search(r"(?:GLOBAL|class|global|function|find_class) ([A-Za-z_][\w.]*\.\w+)", str(error))
        if named is not None:
            raise file_error(file, "content", f"names code ({named[1]}), which is never run", REMEDY) from None
        reason = str(error).split("WeightsUnpickler error:")[-1].strip()
        raise file_error(
            file, "content", "cannot be read: cut short, damaged or of another kind", "fetch it again", detail=reason
        ) from None


def _state_dict(content: Any, file: Path) -> tuple[str, State]:
    """Where in the file it was, and the tensors."""
    if not isinstance(content, Mapping):
        raise file_error(file, "content", f"is a {type(content).__name__}, not a dict", REMEDY)
    where = next((key for key in STATE_KEYS if isinstance(content.get(key), Mapping)), "")
    found = content[where] if where else content
    if not found or not all(isinstance(key, str) and isinstance(value, Tensor) for key, value in found.items()):
        held = ", ".join(map(str, list(content)[:8])) or "nothing"
        raise file_error(file, "content", f"holds no state dict (it holds {held})", REMEDY)
    return where, dict(found)


def _plain(value: Tensor, key: str, file: Path) -> Tensor:
    """The tensor in float32, in which it must be finite."""
    if value.layout == torch.strided and value.is_floating_point() and value.numel():
        if value.numel() * value.element_size() > value.untyped_storage().nbytes():  # strides may repeat one number
            raise file_error(file, f"tensor {key}", "is larger than what is stored of it", REMEDY)
        plain = value.detach().float().contiguous()
        if plain.isfinite().all():
            return plain
    raise file_error(file, f"tensor {key}", "holds something else than finite real numbers", REMEDY)
