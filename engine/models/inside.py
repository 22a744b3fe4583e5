"""Inside a model: which SSMs it holds, what they remember, and what goes on in them over a clip.

Which SSMs there are says the network (`Network.ssm_layers`); the reading itself is `engine.ssm.inspect`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.models.model import Model
from engine.models.network import Network, SSMLayer, Watched
from engine.observation.trial import Context, Observation
from engine.ssm.diagonal import DiagonalSSM
from engine.ssm.inspect import kernels, memory_horizons, steps, time_constants

Float = NDArray[np.float64]

SHOWN = (0.02, 0.25, 0.5, 0.75, 0.98)
"""Which channels stand for a layer: quantiles of their memory horizons."""
LAGS = 400


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
    """What went on in one SSM over a clip of T frames.

    state_norms  (T, 17) norm of the state at every joint (a backward SSM's: of what it knows of the later frames)
    steps        (T, 4) Δ as the input chose it: the mean over joints and channels, then `engine.ssm.inspect.QUANTILES`
    One of them is None: the state's norm is of diagonal SSMs along time, the chosen Δ of selective ones.
    """

    state_norms: Float | None = None
    steps: Float | None = None

    @property
    def frames(self) -> int:
        values = self.steps if self.state_norms is None else self.state_norms
        return 0 if values is None else len(values)


def memory(network: Network, layer: SSMLayer, rate: float = 1.0) -> Memory:
    """What the layer remembers. ValueError for a layer that does not run along time alone, and for a selective one."""
    if layer.axis != "time":
        raise ValueError(f"{layer.title} does not run along time")
    if not layer.remembers:
        raise ValueError(f"{layer.title} chooses Δ by its input: it has no memory of its own")
    ssm = network.get_submodule(layer.path)
    assert isinstance(ssm, DiagonalSSM)
    horizons = memory_horizons(ssm, rate)
    order = np.argsort(horizons)
    channels = order[np.unique(np.round(np.array(SHOWN) * (len(order) - 1)).astype(int))]
    longest = max(2 * float(horizons[channels].max()), 8.0)
    lags = np.unique(np.round(np.geomspace(1, longest, LAGS))) - 1
    shown = kernels(ssm, lags, channels.tolist(), rate)
    return Memory(steps(ssm, rate), time_constants(ssm, rate), horizons, channels, lags, shown)


def over_clip(
    model: Model, layer: SSMLayer, observation: Observation, context: Context, rate: float | Float = 1.0
) -> OverClip:
    """Run the model and watch the layer; arguments as of `Model.forward`. ValueError for one along the joints."""
    if layer.axis == "joints":
        raise ValueError(f"{layer.title} runs along the joints of one frame: nothing in it goes on from frame to frame")
    network, found = model.network, list[Tensor]()
    block = network.get_submodule(layer.module)

    def look(_: object, given: tuple[Tensor, ...]) -> None:
        found.append(cast(Watched, block).watch(layer.ssm, *given))

    handle = block.register_forward_pre_hook(look)
    try:
        model.forward(observation, rate, context, at_once=True)
    finally:
        handle.remove()
    in_turn = iter(found)
    whole = network.over_windows(lambda *_: next(in_turn), torch.empty(1, len(observation), 1))
    values = whole[0].double().cpu().numpy()
    return OverClip(steps=values) if layer.selective else OverClip(state_norms=values)
