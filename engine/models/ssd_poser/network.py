"""SSD-Poser's network: full-body pose from head and hands with state space duality (arXiv 2504.18332).

    V₀ = Linear(54 -> d)     V_{i+1} = SSAE_i(V_i)     F = FAD(V)     Y = Linear(d -> 132)

There is no public code. The layers' insides are the specification's reconstruction (ssd_poser.md, section 2). It gives
both published sizes, 7.34 M and 9.07 M parameters at four and five blocks, to 0.2 %.

`rate` multiplies Δ of the SSDs; attention and convolutions count frames. The published network looks both ways in
windows of T = 96 frames. A recording is cut as in the published test: windows that do not overlap, the last one aligned
with the end, of which only its new frames count; a shorter one is filled with its first frame. Live, the latest window
is run for every frame and answers its last one. The causal network is an own extension: attention over the latest T
frames alone, with a cache; convolutions that look back; the SSD as a recurrence.

Shapes: B batch, F frames, d width.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.models.network import Begin, CausalNetwork, Run, SSMLayer, Streams, nobody
from engine.models.ssd_poser.blocks import BlockState, EncoderBlock, FrequencyAware
from engine.models.ssd_poser.config import FEATURES, JOINTS, SSDPoserConfig
from engine.ssm.diagonal import Rate

AT_REST, UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
"""In 6D: no rotation, and the root of somebody who stands in a world that is Z up."""


class CausalState(NamedTuple):
    """What a causal stream remembers. window: of the decoder's convolution; None without one."""

    blocks: tuple[BlockState, ...]
    window: Tensor | None


class LatestWindow(NamedTuple):
    """The latest frames (B, n <= T, 54) of a sliding window, and the time before each (n,)."""

    inputs: Tensor
    rates: Tensor


State = CausalState | LatestWindow


class SSDPoser(CausalNetwork):
    """(B, F, 54) of a headset -> (B, F, 132): 22 rotations in 6D (`engine.models.smpl_form`)."""

    reads, answers = (FEATURES,), (6 * JOINTS,)

    def __init__(self, config: SSDPoserConfig) -> None:
        super().__init__()
        self.config, self.causal = config, config.causal
        self.max_frames = None if config.causal else config.frames
        self.embed = nn.Linear(FEATURES, config.width)
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.depth))
        self.decoder = FrequencyAware(config.width, causal=config.causal) if config.frequency_aware else None
        self.head = nn.Linear(config.width, 6 * JOINTS)
        with torch.no_grad():  # begins near a person at rest who faces -Y
            self.head.weight.mul_(0.1)
            self.head.bias.copy_(torch.tensor([*UPRIGHT, *(JOINTS - 1) * AT_REST]))

    @property
    def streams(self) -> Streams:
        return "step" if self.causal else "sliding window"

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """u (B, F, 54) -> (B, F, 132), as one window. rate: a float, or (F,) the time before each frame."""
        x = self.embed(u)
        for block in self.blocks:
            x = block(x, rate)
        return self.head(x if self.decoder is None else self.decoder(x))

    def over_windows(self, run: Run, u: Tensor, rate: Rate = 1.0, *, begin: Begin = nobody) -> Tensor:
        """As the published test cuts a recording."""
        longest, frames = self.max_frames, u.shape[1]
        if longest is None:
            return run(u, rate)
        lacking = max(longest - frames, 0)
        if lacking:
            u = torch.cat([u[:, :1].expand(-1, lacking, *u.shape[2:]), u], 1)
            rate = torch.cat([rate[:1].expand(lacking), rate]) if isinstance(rate, Tensor) and rate.ndim else rate
            frames = longest
        stops = [*range(longest, frames, longest), frames]
        parts, done = [], 0
        for number, stop in enumerate(stops):
            begin(number, len(stops))
            window = slice(stop - longest, stop)
            given = rate[window] if isinstance(rate, Tensor) and rate.ndim else rate
            parts.append(run(u[:, window], given)[:, done - stop :])
            done = stop
        return torch.cat(parts, 1)[:, lacking:]

    def init_state(self, batch: int = 1) -> State:
        """Nothing seen yet."""
        if not self.causal:
            like = self.head.weight
            return LatestWindow(like.new_zeros(batch, 0, FEATURES), like.new_zeros(0))
        window = None if self.decoder is None else self.decoder.init_window(batch)
        return CausalState(tuple(block.init_state(batch) for block in self._blocks()), window)

    def chunk(self, u: Tensor, state: State, rate: Rate = 1.0) -> tuple[Tensor, State]:
        """Frames u (B, n, 54) after those that led to `state` -> (B, n, 132) and the new state."""
        if isinstance(state, LatestWindow):
            return self._slide(u, state, rate)
        x, states = self.embed(u), []
        for block, own in zip(self._blocks(), state.blocks, strict=True):
            x, after = block.chunk(x, own, rate)
            states.append(after)
        window = state.window
        if self.decoder is not None:
            assert window is not None
            x, window = self.decoder.chunk(x, window)
        return self.head(x), CausalState(tuple(states), window)

    def ssm_layers(self) -> list[SSMLayer]:
        return [
            layer
            for number, block in enumerate(self._blocks())
            for layer in block.ssm_layers(f"blocks.{number}", f"Block {number + 1}")
        ]

    def ssm_parameters(self) -> Iterator[nn.Parameter]:
        for block in self._blocks():
            yield from (block.ssm.A_log, block.ssm.dt_bias, block.ssm.D)

    def macs_per_frame(self, frames: int) -> int:
        """With the attention's two products, over the frames of a window, and the SSDs' recurrences."""
        c = self.config
        attention = 2 * c.width * min(frames, c.frames)
        scans = sum(block.ssm.macs_per_place for block in self._blocks())
        return super().macs_per_frame(frames) + c.depth * attention + scans

    def _slide(self, u: Tensor, state: LatestWindow, rate: Rate) -> tuple[Tensor, LatestWindow]:
        """Run the latest T frames again for every one of u."""
        rates = torch.as_tensor(rate).to(u).expand(u.shape[1])
        inputs, times = torch.cat([state.inputs.to(u), u], 1), torch.cat([state.rates.to(u), rates])
        outputs = []
        for stop in range(len(state.rates) + 1, len(times) + 1):
            latest = slice(max(stop - self.config.frames, 0), stop)
            outputs.append(self.over_windows(self, inputs[:, latest], times[latest])[:, -1])
        return torch.stack(outputs, 1), LatestWindow(inputs[:, -self.config.frames :], times[-self.config.frames :])

    def _blocks(self) -> list[EncoderBlock]:
        return [block for block in self.blocks if isinstance(block, EncoderBlock)]
