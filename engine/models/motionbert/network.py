"""MotionBERT's network DSTformer: two streams of spatial and temporal attention (ICCV 2023, arXiv 2210.06551).

Layers, sizes, names of the parameters and initialisation follow the released model (specification baselines.md,
section 1). The causal variant is HumMUSS's baseline: the temporal attention is masked, nothing else changes.

Frames have places in a table of `max_frames`, so a sequence is at most that long, and `rate` has nothing to act on.
A stream that goes on beyond the table starts again on its latest frames: window k covers the frames from k·hop on
(`engine.models.lifting.windows.hop_of`), so that every frame but the first few sees at least half a window of the past.
Whole sequences are cut in the same way, which makes streamed equal to whole.

Shapes: B batch, F frames, J joints, d width.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from engine.models.lifting.windows import hop_of
from engine.models.motionbert.blocks import Block, KeyValueCache, Representation
from engine.models.motionbert.config import MotionBERTConfig
from engine.models.network import CausalNetwork
from engine.ssm.diagonal import Rate


@dataclass
class StreamState:
    """What a causal stream remembers: a cache per temporal attention, and the inputs of its present window."""

    caches: list[KeyValueCache]
    inputs: list[Tensor] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """Of the caches, beside which the inputs are nothing: 51 numbers a frame."""
        tensors = [t for cache in self.caches for t in (cache.keys, cache.values)]
        return sum(t.numel() * t.element_size() for t in tensors)


class MotionBERT(CausalNetwork):
    """The lifting network: (B, F, J, 3) = (x, y, confidence) -> (B, F, J, 3) root-relative positions."""

    def __init__(self, config: MotionBERTConfig) -> None:
        super().__init__()
        self.config, self.causal, self.max_frames = config, config.causal, config.max_frames
        width = config.width
        self.joints_embed = nn.Linear(3, width)
        self.pos_embed = nn.Parameter(torch.zeros(1, config.joints, width))
        self.temp_embed = nn.Parameter(torch.zeros(1, config.max_frames, 1, width))
        self.blocks_st = nn.ModuleList(Block(config, space_first=True) for _ in range(config.depth))
        self.blocks_ts = nn.ModuleList(Block(config, space_first=False) for _ in range(config.depth))
        self.ts_attn = nn.ModuleList(nn.Linear(2 * width, 2) for _ in range(config.depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pre_logits = Representation(width, config.representation)
        self.head: nn.Module = nn.Linear(config.representation, 3)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.trunc_normal_(self.temp_embed, std=0.02)
        for mix in self.ts_attn:
            assert isinstance(mix, nn.Linear)
            nn.init.zeros_(mix.weight)
            nn.init.constant_(mix.bias, 0.5)

    def forward(self, u: Tensor, rate: Rate = 1.0, *, return_representation: bool = False) -> Tensor:
        """u (B, F, J, 3) -> (B, F, J, 3), or (B, F, J, representation); F at most `max_frames`. rate is not used."""
        if u.shape[1] > self.config.max_frames:
            raise ValueError(f"{u.shape[1]} frames exceed the position table of {self.config.max_frames}")
        return self._run(u, 0, None, return_representation)

    def init_state(self, batch: int = 1) -> StreamState:
        """An empty stream; causal networks only."""
        if not self.causal:
            raise ValueError("a bidirectional MotionBERT sees the future and cannot be streamed; use a causal one")
        c = self.config
        size = c.width // c.heads
        caches = [
            KeyValueCache(batch * c.joints, c.heads, c.max_frames, size, self.pos_embed.detach())
            for _ in range(2 * c.depth)
        ]
        return StreamState(caches)

    def chunk(self, u: Tensor, state: StreamState, rate: Rate = 1.0) -> tuple[Tensor, StreamState]:
        """Some frames u (B, n, J, 3) after those in `state`, which is changed and returned -> (B, n, J, 3)."""
        outputs = []
        while u.shape[1]:
            if state.caches[0].length == self.config.max_frames:
                self._start_again(state)
            first = state.caches[0].length
            piece, u = u[:, : self.config.max_frames - first], u[:, self.config.max_frames - first :]
            state.inputs.append(piece)
            outputs.append(self._run(piece, first, state.caches))
        return torch.cat(outputs, 1), state

    def macs_per_frame(self, frames: int) -> int:
        """Of attention: queries with keys and weights with values, over joints and over frames, in every block."""
        c = self.config
        attention = 2 * c.width * (c.joints + frames)
        return super().macs_per_frame(frames) + 2 * c.depth * c.joints * attention

    def rerun_step(self, u_t: Tensor, window: Tensor | None) -> tuple[Tensor, Tensor]:
        """`step` without a cache: the whole window (B, n, J, 3) is run again; the reference, and what others do.

        Returns (B, J, 3) and the window to pass on.
        """
        window = u_t[:, None] if window is None else torch.cat([window, u_t[:, None]], 1)
        if window.shape[1] > self.config.max_frames:
            window = window[:, hop_of(self.config.max_frames) :]
        return self(window)[:, -1], window

    def _start_again(self, state: StreamState) -> None:
        kept = torch.cat(state.inputs, 1)[:, hop_of(self.config.max_frames) :]
        for cache in state.caches:
            cache.length = 0
        state.inputs = [kept]
        self._run(kept, 0, state.caches)

    def _run(
        self, u: Tensor, first: int, caches: list[KeyValueCache] | None, return_representation: bool = False
    ) -> Tensor:
        x = self.joints_embed(u) + self.pos_embed + self.temp_embed[:, first : first + u.shape[1]]
        for index, (space_time, time_space, mix) in enumerate(
            zip(self.blocks_st, self.blocks_ts, self.ts_attn, strict=True)
        ):
            own = caches[2 * index : 2 * index + 2] if caches else (None, None)
            a, b = space_time(x, own[0]), time_space(x, own[1])
            weight = torch.softmax(mix(torch.cat([a, b], -1)), -1)
            x = weight[..., :1] * a + weight[..., 1:] * b
        representation = self.pre_logits(self.norm(x))
        return representation if return_representation else self.head(representation)
