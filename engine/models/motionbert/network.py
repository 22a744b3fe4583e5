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

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.lifting.windows import hop_of
from engine.ssm.diagonal import Rate

FUSED_FROM = 64
"""Places from which torch's fused CPU attention is the faster one outside training (at 243: three times)."""


@dataclass(frozen=True)
class MotionBERTConfig:
    """Sizes of one DSTformer: width d, depth, mlp_ratio, heads, representation; max_frames of the position table."""

    width: int = 256
    depth: int = 5
    mlp_ratio: int = 4
    heads: int = 8
    representation: int = 512
    joints: int = 17
    max_frames: int = 243
    causal: bool = False


class KeyValueCache:
    """Keys and values of the frames that one temporal attention has seen: (B * J, heads, max_frames, d / heads)."""

    def __init__(self, sequences: int, heads: int, frames: int, size: int, like: Tensor) -> None:
        self.keys = like.new_zeros(sequences, heads, frames, size)
        self.values = torch.zeros_like(self.keys)
        self.length = 0

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append (B * J, heads, n, size) and return everything so far."""
        stop = self.length + keys.shape[2]
        self.keys[:, :, self.length : stop] = keys
        self.values[:, :, self.length : stop] = values
        self.length = stop
        return self.keys[:, :, :stop], self.values[:, :, :stop]


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


class Attention(nn.Module):
    """Multi-head self-attention over L places."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, *, causal: bool = False, cache: KeyValueCache | None = None) -> Tensor:
        """x (S, L, d) of S sequences -> the same; with a cache, x continues the frames in it."""
        sequences, length, width = x.shape
        q, k, v = self.qkv(x).view(sequences, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if cache is not None:
            k, v = cache.extend(k, v)
        y = attend(q, k, v, causal=causal)
        return self.proj(y.transpose(1, 2).reshape(sequences, length, width))


def attend(q: Tensor, k: Tensor, v: Tensor, *, causal: bool) -> Tensor:
    """Softmax attention of the last q.shape[-2] places over all of k and v: (S, heads, L, size) each."""
    mask = None
    if causal and q.shape[-2] > 1:
        mask = q.new_ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril(k.shape[-2] - q.shape[-2])
    if q.device.type != "cpu" or (q.shape[-2] >= FUSED_FROM and not torch.is_grad_enabled()):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    # torch's fused CPU attention is up to four times slower in bfloat16 training than the plain product
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return torch.softmax(scores, -1).to(v.dtype) @ v


class MLP(nn.Module):
    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, ratio * width)
        self.fc2 = nn.Linear(ratio * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Spatial and temporal attention with an MLP each, on (B, F, J, d), in either order."""

    attn_s: Attention
    attn_t: Attention

    def __init__(self, config: MotionBERTConfig, *, space_first: bool) -> None:
        super().__init__()
        self.space_first, self.causal = space_first, config.causal
        for axis in "st":
            setattr(self, f"norm1_{axis}", nn.LayerNorm(config.width, eps=1e-6))
            setattr(self, f"norm2_{axis}", nn.LayerNorm(config.width, eps=1e-6))
            setattr(self, f"attn_{axis}", Attention(config.width, config.heads))
            setattr(self, f"mlp_{axis}", MLP(config.width, config.mlp_ratio))

    def forward(self, x: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        if self.space_first:
            return self._time(self._space(x), cache)
        return self._space(self._time(x, cache))

    def _space(self, x: Tensor) -> Tensor:
        def attend(h: Tensor) -> Tensor:
            return self.attn_s(h.flatten(0, 1)).view(h.shape)

        return self._residual(x, attend, "s")

    def _time(self, x: Tensor, cache: KeyValueCache | None) -> Tensor:
        def attend(h: Tensor) -> Tensor:
            batch, frames, joints, width = h.shape
            sequences = h.transpose(1, 2).reshape(batch * joints, frames, width)
            y = self.attn_t(sequences, causal=self.causal, cache=cache)
            return y.view(batch, joints, frames, width).transpose(1, 2)

        return self._residual(x, attend, "t")

    def _residual(self, x: Tensor, attend: Callable[[Tensor], Tensor], axis: str) -> Tensor:
        x = x + attend(getattr(self, f"norm1_{axis}")(x))
        return x + getattr(self, f"mlp_{axis}")(getattr(self, f"norm2_{axis}")(x))


class Representation(nn.Module):
    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.fc = nn.Linear(width, size)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.fc(x))


class MotionBERT(nn.Module):
    """The lifting network: (B, F, J, 3) = (x, y, confidence) -> (B, F, J, 3) root-relative positions."""

    def __init__(self, config: MotionBERTConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.joints_embed = nn.Linear(3, width)
        self.pos_embed = nn.Parameter(torch.zeros(1, config.joints, width))
        self.temp_embed = nn.Parameter(torch.zeros(1, config.max_frames, 1, width))
        self.blocks_st = nn.ModuleList(Block(config, space_first=True) for _ in range(config.depth))
        self.blocks_ts = nn.ModuleList(Block(config, space_first=False) for _ in range(config.depth))
        self.ts_attn = nn.ModuleList(nn.Linear(2 * width, 2) for _ in range(config.depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pre_logits = Representation(width, config.representation)
        self.head = nn.Linear(config.representation, 3)
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

    @property
    def causal(self) -> bool:
        return self.config.causal

    @property
    def max_frames(self) -> int:
        return self.config.max_frames

    def forward(self, u: Tensor, rate: Rate = 1.0, *, return_representation: bool = False) -> Tensor:
        """u (B, F, J, 3) -> (B, F, J, 3), or (B, F, J, representation); F at most `max_frames`. rate is not used."""
        if u.shape[1] > self.max_frames:
            raise ValueError(f"{u.shape[1]} frames exceed the position table of {self.max_frames}")
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
            if state.caches[0].length == self.max_frames:
                self._start_again(state)
            first = state.caches[0].length
            piece, u = u[:, : self.max_frames - first], u[:, self.max_frames - first :]
            state.inputs.append(piece)
            outputs.append(self._run(piece, first, state.caches))
        return torch.cat(outputs, 1), state

    def step(self, u_t: Tensor, state: StreamState, rate: Rate = 1.0) -> tuple[Tensor, StreamState]:
        """One frame u_t (B, J, 3) -> (B, J, 3) and the state."""
        y, state = self.chunk(u_t[:, None], state, rate)
        return y[:, 0], state

    def rerun_step(self, u_t: Tensor, window: Tensor | None) -> tuple[Tensor, Tensor]:
        """`step` without a cache: the whole window (B, n, J, 3) is run again; the reference, and what others do.

        Returns (B, J, 3) and the window to pass on.
        """
        window = u_t[:, None] if window is None else torch.cat([window, u_t[:, None]], 1)
        if window.shape[1] > self.max_frames:
            window = window[:, hop_of(self.max_frames) :]
        return self(window)[:, -1], window

    def _start_again(self, state: StreamState) -> None:
        kept = torch.cat(state.inputs, 1)[:, hop_of(self.max_frames) :]
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
