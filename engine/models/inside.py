"""Inside a model: which SSMs it holds, what they remember, and what goes on in them while it lifts a clip.

The reading itself is `engine.ssm.inspect`; here is where the SSMs of every network are found and fed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.models.hummuss.network import TIME, BiGDSSM, UniGDSSM, channels_first
from engine.models.lifting.lifter import Lifter
from engine.models.lifting.windows import in_windows
from engine.models.sasmamba.network import SSOperator
from engine.models.toy.network import LinearToy
from engine.observation.keypoints import Keypoints2D
from engine.ssm.diagonal import DiagonalSSM, Rate, irregular
from engine.ssm.inspect import grid_steps, kernels, memory_horizons, state_norms, steps, time_constants

Float = NDArray[np.float64]
Axis = Literal["time", "joints", "grid"]

SHOWN = (0.02, 0.25, 0.5, 0.75, 0.98)
"""Which channels stand for a layer: quantiles of their memory horizons."""
LAGS = 400
QUANTILES = (0.1, 0.5, 0.9)

_HUMMUSS = {
    "st_space": "joints, first",
    "st_time": "time, after the joints",
    "ts_time": "time, first",
    "ts_space": "joints, after time",
}
_SASMAMBA = {"STEblocks": "Block", "TTEblocks": "Second block"}
_ORDERS = ("frame by frame", "joint by joint", "frame by frame, backwards", "joint by joint, backwards")


@dataclass(frozen=True)
class SSMLayer:
    """One SSM of a network.

    module  the path of the block that holds it, or its own; ssm its name there (DiagonalSSM; "" for the block itself)
            or its number (one of a cross-scan)
    axis    what it runs along: time, the joints of a frame, or the grid of frames and joints one place at a time
    """

    title: str
    module: str
    ssm: str | int
    axis: Axis
    backward: bool = False


@dataclass(frozen=True, eq=False)
class Memory:
    """What a diagonal SSM along time remembers, at one rate; lengths in frames of the input, float64.

    steps           (H,) Δ times the rate
    time_constants  (H, N/2) of every mode;  horizons (H,) of every channel, see `engine.ssm.inspect`
    channels        (k,) some channels, from short to long memory, whose kernels are given
    lags, kernels   (L,), (k, L) at some of the whole frames up to where the longest of them has died away
    """

    steps: Float
    time_constants: Float
    horizons: Float
    channels: NDArray[np.intp]
    lags: Float
    kernels: Float


@dataclass(frozen=True, eq=False)
class OverClip:
    """What went on in one SSM while a clip of T frames was lifted.

    state_norms  (T, 17) norm of the state at every joint (a backward SSM's: of what it knows of the later frames)
    steps        (T, 4) Δ as the input chose it: the mean over joints and channels, then `QUANTILES`
    One of them is None: the state's norm is of diagonal SSMs along time, the chosen Δ of selective ones.
    """

    state_norms: Float | None = None
    steps: Float | None = None

    @property
    def frames(self) -> int:
        values = self.steps if self.state_norms is None else self.state_norms
        return 0 if values is None else len(values)


def ssm_layers(network: nn.Module) -> list[SSMLayer]:
    """Every SSM of a network, in the order of its blocks; none for a network without any."""
    return [layer for path, block in network.named_modules() for layer in _layers_of(path, block)]


def memory(network: nn.Module, layer: SSMLayer, rate: float = 1.0) -> Memory:
    """What the layer remembers. ValueError for a layer that does not run along time alone."""
    if layer.axis != "time":
        raise ValueError(f"{layer.title} does not run along time")
    ssm = _diagonal(network, layer)
    horizons = memory_horizons(ssm, rate)
    order = np.argsort(horizons)
    channels = order[np.unique(np.round(np.array(SHOWN) * (len(order) - 1)).astype(int))]
    longest = max(2 * float(horizons[channels].max()), 8.0)
    lags = np.unique(np.round(np.geomspace(1, longest, LAGS))) - 1
    shown = kernels(ssm, lags, channels.tolist(), rate)
    return Memory(steps(ssm, rate), time_constants(ssm, rate), horizons, channels, lags, shown)


def over_clip(
    lifter: Lifter, layer: SSMLayer, keypoints: Keypoints2D, *, height_m: float, rate: float | Float
) -> OverClip:
    """Lift the keypoints and watch the layer; arguments as of `Lifter.predict`. ValueError for one along the joints."""
    if layer.axis == "joints":
        raise ValueError(f"{layer.title} runs along the joints of one frame: nothing in it goes on from frame to frame")
    network, found = lifter.network, []
    block = network.get_submodule(layer.module)

    def look(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        if isinstance(block, SSOperator):
            found.append(_grid_steps(block, layer, *given))
        else:
            found.append(_state_norms(_diagonal(network, layer), block, layer, *given))

    handle = block.register_forward_pre_hook(look)
    try:
        lifter.predict(keypoints, height_m=height_m, rate=rate)
    finally:
        handle.remove()
    if (longest := getattr(network, "max_frames", None)) is not None:
        in_turn = iter(found)
        whole = in_windows(
            lambda _: next(in_turn), torch.empty(1, len(keypoints), 1), longest, causal=lifter.card.causal
        )
    else:
        (whole,) = found
    values = whole[0].double().cpu().numpy()
    return OverClip(steps=values) if layer.axis == "grid" else OverClip(state_norms=values)


def _layers_of(path: str, block: nn.Module) -> Iterator[SSMLayer]:
    if isinstance(block, BiGDSSM):
        axis: Axis = "time" if block.axis == TIME else "joints"
        for name, way in (("forward_ssm", "forwards"), ("backward_ssm", "backwards")):
            yield SSMLayer(f"{_hummuss_title(path)} · {way}", path, name, axis, name == "backward_ssm")
    elif isinstance(block, UniGDSSM):
        yield SSMLayer(_hummuss_title(path), path, "ssm", "time")
    elif isinstance(block, SSOperator):
        kind, number, _ = path.split(".")
        for group, order in enumerate(_ORDERS):
            yield SSMLayer(f"{_SASMAMBA[kind]} {int(number) + 1} · {order}", path, group, "grid")
    elif isinstance(block, LinearToy):
        yield SSMLayer("Low-passes", "ssm", "", "time")


def _hummuss_title(path: str) -> str:
    _, number, place = path.split(".")
    return f"Layer {int(number) + 1} · {_HUMMUSS[place]}"


def _diagonal(network: nn.Module, layer: SSMLayer) -> DiagonalSSM:
    ssm = network.get_submodule(f"{layer.module}.{layer.ssm}".rstrip("."))
    assert isinstance(ssm, DiagonalSSM)
    return ssm


def _state_norms(ssm: DiagonalSSM, block: nn.Module, layer: SSMLayer, x: Tensor, rate: Rate = 1.0) -> Tensor:
    """(1, F, J) over the input x of a HumMUSS block (F, 1, J, D), or of the SSM itself (J, F, H)."""
    if block is ssm:
        return torch.from_numpy(state_norms(ssm, x, rate)).T[None]
    assert isinstance(block, BiGDSSM | UniGDSSM)
    into = block.backward_in if layer.backward else block.forward_in
    assert isinstance(into, nn.Linear)
    u = F.gelu(channels_first(block.norm(x), into)).flatten(2).permute(2, 1, 0)  # (J, F, H)
    if layer.backward:
        later = torch.cat([rate[1:], rate[:1]]).flip(0) if irregular(rate) else rate
        return torch.from_numpy(state_norms(ssm, u.flip(1), later)).T.flip(0)[None]
    return torch.from_numpy(state_norms(ssm, u, rate)).T[None]


def _grid_steps(block: SSOperator, layer: SSMLayer, h: Tensor) -> Tensor:
    """(1, F, 4) over the input h (1, F, J, d) of a SasMamba operator."""
    assert isinstance(layer.ssm, int)
    x = F.silu(block.conv2d(block.in_proj(h).chunk(2, -1)[0]))
    chosen = grid_steps(block, x if layer.ssm % 2 else block.joined(x), layer.ssm).flatten(2)
    quantiles = torch.quantile(chosen, torch.tensor(QUANTILES).to(chosen), dim=-1)
    return torch.cat([chosen.mean(-1, keepdim=True), quantiles.movedim(0, -1)], -1)
